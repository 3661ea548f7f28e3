"""A language model's text and numbered sources → its sentences, each shown, replaced by the program's own, or dropped.

A figure reaches the reader only inside a statement: the clause's own words or a sentence the program worded. The model
may repeat a statement letter for letter; it may never put a figure into words of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answer import Judged
from assistant.guard import figures
from assistant.questions import Questions

_NUMBER = r"[\[【［]\s*(\d+)\s*[\]】］]"
_MARK = re.compile(_NUMBER)
# A sentence with the marks behind it; what may still get one waits for something else to begin.
_WHOLE = re.compile(
    r"[^。！？!?\n]*[。！？!?\n](?:\s*[\[【［]\s*\d+\s*[\]】］])*。?(?=\s*(?:[^\s\[【［]|[\[【［]\s*[^\s\d]))"
)
_ENDED = re.compile(r"[。！？!?\n]|[\]】］]\s*$")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·]|\d{1,2}[.、)）])\s*")
# Links, tags, tables, commands, and characters that are not seen.
_MARKUP = re.compile(
    r"[<>`|#\\${}\[\]@\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|https?:|www\.|!\(|\]\(", re.IGNORECASE
)
_BROKEN = re.compile(r"[、，,：:]{2,}")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_NUMERAL = r"[一二三四五六七八九十百\d]+"
_PLACE = re.compile(rf"第{_NUMERAL}[条款项章]|{_NUMERAL}、?[（(]{_NUMERAL}[）)]")
_SAYS_NOTHING = re.compile(r"[\W_]|予以|给予|对|的", re.UNICODE)
_BETWEEN = re.compile(r"(?<=\d)\W+(?=\d)")
_BOUND = re.compile(r"最高不超过|不超过|不高于|不少于")
# Figures, and what an address or a tag is made of.
_BLOTTED = re.compile(r"[A-Za-z<>@\d一二三四五六七八九十百千万亿两零]")
_REMEMBERED = 80  # characters of a refused sentence
# The share of a sentence's character pairs that its source, the question or plain joining words must hold.
_KNOWN = 0.6
_ABOUT = 0.3
_SHORTEST = 4  # characters of a sentence that says something
_JOINING = "这一项的政策主要是支持企业可以得到也可以简单来说也就是说如果符合条件经认定后具体内容包括以及其中另外此外"


@dataclass(frozen=True)
class Statement:
    """Words of the program's that hold figures: `core` is what a sentence must repeat, `text` what is shown instead."""

    core: str
    text: str


@dataclass(frozen=True)
class Source:
    """A clause that an answer cites, under the number it has there, with the words shown of it and its statements."""

    number: int
    clause: str
    label: str
    quote: str
    statements: tuple[Statement, ...]

    @property
    def words(self) -> str:
        return "\n".join((self.label, self.quote, *(s.text for s in self.statements)))


class Sentences:
    """Judges one text's sentences in order; `references` reads the clauses that words name by number.

    `judged` is what became of each so far, `used` the sources of those shown, by their numbers.
    """

    def __init__(self, sources: Sequence[Source], rules: Questions, references: Callable[[str], Sequence[str]]) -> None:
        self.sources = tuple(sources)
        self._by_number = {source.number: source for source in sources}
        self._rules, self._references = rules, references
        self._places = frozenset(source.clause for source in sources)
        self._said: set[str] = set()
        self._used: set[Source] = set()
        self.judged: list[Judged] = []

    @property
    def used(self) -> tuple[Source, ...]:
        return tuple(source for source in self.sources if source in self._used)

    def read(self, pieces: Iterable[str]) -> Iterator[str]:
        """The sentences to show, each as soon as it is whole; what is left without an end is cut off and not shown."""
        text = ""
        for piece in pieces:
            text += piece
            while found := _WHOLE.match(text):
                text = text[found.end() :]
                yield from self._shown(found[0])
        if _ENDED.search(text):
            yield from self._shown(text)

    def _shown(self, raw: str) -> Iterator[str]:
        sentence = _LIST_MARK.sub("", raw).replace("**", "").strip()
        bare, cited = _MARK.sub("", sentence).strip(), [int(n) for n in _MARK.findall(sentence)]
        if len(_core(bare)) < _SHORTEST and not figures(bare):
            return
        fault, sources = self._fault(unicodedata.normalize("NFKC", bare), cited)
        if not fault and self._is_new(bare, sources):
            self.judged.append(Judged(sentence=bare, verdict="kept"))
            yield self._marked(bare, sources)
            return
        meant = [self._by_number[n] for n in cited if n in self._by_number] or self._nearest(bare)
        own = self._own(meant) if fault else None
        self.judged.append(
            Judged(
                sentence=_BLOTTED.sub("□", unicodedata.normalize("NFKC", bare))[:_REMEMBERED],
                verdict="replaced" if own else "dropped",
                reason=fault or "说过了",
            )
        )
        if own:
            yield own

    def _is_new(self, bare: str, sources: Sequence[Source]) -> bool:
        """Whether a sentence, or a statement that it repeats, has not been shown; from now on it counts as shown."""
        said = _core(bare)
        statements = [core for source in sources for s in source.statements if (core := _core(s.core)) in said]
        news = {core for core in statements or [said] if not any(core in shown for shown in self._said)}
        self._said |= {said, *news}
        return bool(news)

    def _own(self, sources: Sequence[Source]) -> str | None:
        """A statement of these sources that has not been shown yet."""
        for source in sources:
            for statement in source.statements:
                core = _core(statement.core)
                if not any(core in said for said in self._said):
                    self._said.add(core)
                    return self._marked(statement.text.rstrip("。；") + "。", [source])
        return None

    def _marked(self, sentence: str, sources: Sequence[Source]) -> str:
        self._used |= set(sources)
        return sentence + "".join(f"[{source.number}]" for source in sources)

    def _fault(self, bare: str, cited: Sequence[int]) -> tuple[str, Sequence[Source]]:
        """Why a sentence may not be shown ("" when it may), and the sources it rests on."""
        if _MARKUP.search(bare):
            return "有链接或标记", ()
        if _BROKEN.search(bare):
            return "不成句", ()
        everything = "".join(source.words for source in self.sources).lower()
        if any(word.lower() not in everything for word in _LATIN.findall(bare)):
            return "有依据里没有的外文", ()
        if any(n not in self._by_number for n in cited):
            return "所注的编号不存在", ()
        sources = [self._by_number[n] for n in dict.fromkeys(cited)] or self._bearing(bare)
        if not sources:
            return "没有注明依据", ()
        held = "".join(source.words for source in sources)
        for place in _PLACE.findall(bare):
            named = self._references(place)
            if not named or not set(named) <= {source.clause for source in sources}:
                return "所提的条款不存在，或不是所注的依据", sources
        rest = self._without_statements(bare, sources)
        if self._rules.promises.search(rest):
            return "有作保证的话", sources
        if figures(rest, self._places):
            return "带数字的句子与依据里的事实不一致", sources
        if any(word in _BOUND.sub("", rest) and word not in _BOUND.sub("", held) for word in self._rules.limits):
            return "有依据里没有的限定词", sources
        if _known(rest, held + _JOINING) < _KNOWN:
            return "有依据里没有的内容", sources
        return "", sources

    def _without_statements(self, bare: str, sources: Sequence[Source]) -> str:
        """What a sentence says beside the statements that it repeats, without marks and spaces."""
        rest = _PLACE.sub("", bare)
        said = _core(rest)
        cores = sorted((_core(s.core) for source in sources for s in source.statements), key=len, reverse=True)
        repeated = [core for core in cores if core in said]
        for core in repeated:
            said = said.replace(core, "")
        return said if repeated else rest

    def _bearing(self, bare: str) -> list[Source]:
        """The sources that hold a sentence without a mark, the fewest found; none where they do not."""
        if figures(bare, self._places):
            said = _core(bare)
            return [x for x in self.sources if any(_core(s.core) in said for s in x.statements)]
        bearing: list[Source] = []
        left = list(self.sources)
        while left:
            held = "".join(source.words for source in bearing) + _JOINING
            best = max(left, key=lambda source: _known(bare, held + source.words))
            bearing.append(best)
            left.remove(best)
            if _known(bare, held + best.words) >= _KNOWN:
                return sorted(bearing, key=lambda source: source.number)
        return []

    def _nearest(self, bare: str) -> list[Source]:
        """The source that a sentence without a mark is most likely about; none when it is about something else."""
        best = max(self.sources, key=lambda source: _known(bare, source.words), default=None)
        return [best] if best and _known(bare, best.words) >= _ABOUT else []


def _core(text: str) -> str:
    """A text without space, punctuation and words that say nothing, to compare what is said; figures stay apart."""
    text = unicodedata.normalize("NFKC", text).replace("%", "百分号")
    text = _BETWEEN.sub(lambda m: "点" if m[0] == "." else "与", text)
    return _SAYS_NOTHING.sub("", text)


def _known(text: str, held: str) -> float:
    """The share of a text's character pairs that `held` holds; 1 for an empty text."""
    said = _SAYS_NOTHING.sub("", text)
    pairs = ["".join(pair) for pair in pairwise(said)] or list(said)
    where = _SAYS_NOTHING.sub("", unicodedata.normalize("NFKC", held))
    return sum(pair in where for pair in pairs) / len(pairs) if pairs else 1.0
