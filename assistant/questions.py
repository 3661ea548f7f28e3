"""`corpus/lexicon/questions.toml` → compiled patterns of how people ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus import Data, read_corpus
from assistant.errors import CorpusError
from assistant.fragments import Pattern


class _Words(Data):
    words: tuple[str, ...]


class _OtherAmounts(Data):
    link: Pattern
    words: dict[str, tuple[Pattern, ...]]


class _Benefit(Data):
    before: Pattern
    standard: Pattern
    rate: Pattern
    tier: Pattern
    after: Pattern


class _Outside(Data):
    no_places: Pattern
    place_policy: Pattern
    also: Pattern
    alone: Pattern
    leaving: Pattern
    moving: Pattern
    neighbours: Pattern
    tasks: tuple[Pattern, ...]
    topics: tuple[Pattern, ...]


class _Several(Data):
    former: Pattern
    latter: Pattern
    only: Pattern
    each: Pattern
    besides: Pattern
    tiers: Pattern
    apart: Pattern


class _Denial(Data):
    words: Pattern
    aside: Pattern
    left_out: Pattern
    required: tuple[Pattern, ...]
    supposed: Pattern
    hearsay: Pattern
    recast: Pattern
    forgotten: Pattern


class _Unusable(Data):
    noise: Pattern
    filler: Pattern


class _Wording(Data):
    free: Pattern
    promises: Pattern
    limits: tuple[str, ...]


class _File(Data):
    intents: dict[str, tuple[Pattern, ...]]
    other_amounts: _OtherAmounts
    benefit: _Benefit
    outside: _Outside
    several: _Several
    denial: _Denial
    unusable: _Unusable
    generic: _Words
    wording: _Wording


Span = tuple[int, int]
_SENTENCE = re.compile(r"[^。；;！!？?\n]+")
_CLAUSE, _ITEM = re.compile(r"[^。；;！!？?\n，,]+"), re.compile(r"[^。；;！!？?\n，,、和跟与]+")


def weight(spans: Sequence[Span]) -> int:
    """How many characters the spans take up, each at least one."""
    return sum(max(end - start, 1) for start, end in spans)


@dataclass(frozen=True)
class Cue:
    """Parts that must all occur: `a|b + c` asks for a or b, and c, anywhere in the text."""

    parts: tuple[re.Pattern[str], ...]

    def spans(self, text: str) -> tuple[Span, ...]:
        """Where each part first occurs in `text`; nothing when one is missing."""
        matches = [part.search(text) for part in self.parts]
        return tuple(match.span() for match in matches if match) if all(matches) else ()


class Cues:
    """The cues of one thing, and the words that say another is meant."""

    def __init__(self, cues: Iterable[str], unless: Iterable[str] = ()) -> None:
        self._cues = tuple(Cue(tuple(re.compile(part) for part in cue.split(" + "))) for cue in cues)
        self._unless = tuple(re.compile(pattern) for pattern in unless)

    def spans(self, text: str, *, apart: bool = False) -> tuple[Span, ...]:
        """Where the heaviest cue that `text` holds stands; nothing when none does or an `unless` speaks.

        Of several sentences (`apart`: of several clauses, or things named in one) one may ask for what another's words
        speak against.
        """
        if not (spans := self.named(text)) or not self.is_barred(text):
            return spans
        for size in (_CLAUSE, _ITEM) if apart else (_SENTENCE,):
            parts = list(size.finditer(text))
            for part in parts if len(parts) > 1 else ():
                if (found := self.named(part[0])) and not self.is_barred(part[0]):
                    return tuple((start + part.start(), end + part.start()) for start, end in found)
        return ()

    def named(self, text: str) -> tuple[Span, ...]:
        """Where the heaviest cue stands, whatever speaks against it."""
        return max((cue.spans(text) for cue in self._cues), key=weight, default=())

    def is_barred(self, text: str) -> bool:
        """Whether a word says that another is meant."""
        return any(pattern.search(text) for pattern in self._unless)

    def weight(self, text: str) -> int:
        """How much of `text` its heaviest cue takes up, in characters; 0 when there is none."""
        return weight(self.spans(text))


@dataclass(frozen=True)
class Questions:
    """How people ask, whatever the policy."""

    intents: dict[str, re.Pattern[str]]
    other_amounts: dict[str, tuple[str, ...]]
    link: str
    benefit_before: re.Pattern[str]
    benefit_after: re.Pattern[str]
    tier_after: re.Pattern[str]
    standard_before: re.Pattern[str]
    rate_before: re.Pattern[str]
    no_places: re.Pattern[str]
    place_policy: re.Pattern[str]
    elsewhere: re.Pattern[str]
    alone: re.Pattern[str]
    moving: re.Pattern[str]
    neighbours: re.Pattern[str]
    tasks: re.Pattern[str]
    outside: re.Pattern[str]
    former: re.Pattern[str]
    latter: re.Pattern[str]
    only: re.Pattern[str]
    each: re.Pattern[str]
    besides: re.Pattern[str]
    tiers: re.Pattern[str]
    apart: re.Pattern[str]
    denial: re.Pattern[str]
    aside: re.Pattern[str]
    left_out: re.Pattern[str]
    required: re.Pattern[str]
    supposed: re.Pattern[str]
    hearsay: re.Pattern[str]
    recast: re.Pattern[str]
    forgotten: re.Pattern[str]
    noise: re.Pattern[str]
    filler: re.Pattern[str]
    generic: frozenset[str]
    free: re.Pattern[str]
    promises: re.Pattern[str]
    limits: tuple[str, ...]

    def intents_of(self, text: str) -> frozenset[str]:
        return frozenset(name for name, pattern in self.intents.items() if pattern.search(text))


def read_questions(path: Path) -> Questions:
    """Read and compile the file; `CorpusError` names it and the key at fault."""
    data = read_corpus(path, _File)
    try:
        return Questions(
            intents={name: re.compile("|".join(patterns)) for name, patterns in data.intents.items()},
            other_amounts=data.other_amounts.words,
            link=data.other_amounts.link,
            benefit_before=re.compile(data.benefit.before),
            benefit_after=re.compile(data.benefit.after),
            standard_before=re.compile(data.benefit.standard),
            rate_before=re.compile(data.benefit.rate),
            tier_after=re.compile(data.benefit.tier),
            no_places=re.compile(data.outside.no_places),
            place_policy=re.compile(data.outside.place_policy),
            elsewhere=re.compile(f"{data.outside.also}|{data.outside.leaving}"),
            alone=re.compile(data.outside.alone),
            moving=re.compile(data.outside.moving),
            neighbours=re.compile(data.outside.neighbours),
            tasks=re.compile("|".join(data.outside.tasks)),
            outside=re.compile("|".join(data.outside.topics)),
            former=re.compile(data.several.former),
            latter=re.compile(data.several.latter),
            only=re.compile(data.several.only),
            each=re.compile(data.several.each),
            besides=re.compile(data.several.besides),
            tiers=re.compile(data.several.tiers),
            apart=re.compile(data.several.apart),
            denial=re.compile(data.denial.words),
            aside=re.compile(data.denial.aside),
            left_out=re.compile(data.denial.left_out),
            required=re.compile("|".join(data.denial.required)),
            supposed=re.compile(data.denial.supposed),
            hearsay=re.compile(data.denial.hearsay),
            recast=re.compile(data.denial.recast),
            forgotten=re.compile(data.denial.forgotten),
            noise=re.compile(data.unusable.noise, re.DOTALL),
            filler=re.compile(data.unusable.filler),
            generic=frozenset(data.generic.words),
            free=re.compile(data.wording.free),
            promises=re.compile(data.wording.promises),
            limits=data.wording.limits,
        )
    except re.error as error:
        raise CorpusError(f"{path} 有误：{error}。请改正后重试。") from error
