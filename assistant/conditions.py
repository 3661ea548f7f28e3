"""What users say → verdicts on the conditions of measures: met, not met, or nothing said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise

from assistant.answer import State
from assistant.calculators import Verdict
from assistant.measures import Condition, Measure

_CLAUSE = re.compile("[，。；！？]")
_TELLING = 2  # pairs of characters that are not shared by chance
_DIGIT = re.compile(r"[\d.一二两三四五六七八九十百千万亿]")


def verdicts_in(text: str, measures: Iterable[Measure]) -> dict[tuple[str, str], Verdict]:
    """(measure, condition) → the verdict, for each condition that the simplified `text` decides."""
    return {
        (measure.id, condition.name): verdict
        for measure in measures
        for condition in measure.conditions
        if (verdict := verdict_in(text, condition))
    }


def verdict_in(text: str, condition: Condition) -> Verdict | None:
    """Whether the simplified `text` says that a condition holds; None when it says nothing of it."""
    wording = condition.wording
    steps: tuple[tuple[State, tuple[str, ...]], ...] = (
        ("meets", wording.settles), ("fails", wording.fails), ("meets", wording.meets),
    )  # fmt: skip
    for state, patterns in steps:
        if patterns and (match := _any(patterns).search(text)):
            return Verdict(state, _whole(text, match))
    return None


def replied(
    is_yes: bool, words: str, question: str, measures: Sequence[Measure], known: Mapping[tuple[str, str], Verdict],
    *, only_asked: bool = False,
) -> dict[tuple[str, str], Verdict]:  # fmt: skip
    """What a bare yes or no in `words` says: of the conditions that the `question` before repeats, else of the open.

    `only_asked`: only of the repeated ones. A no that may be to any one of several says nothing.
    """
    listed = {(m.id, c.name): c for m in measures for c in m.conditions if not c.input}
    asked = _asked_about(question, listed)
    meant = asked or [key for key in listed if key not in known and not only_asked]
    if not (is_yes or asked) and len(meant) > 1 and "都" not in words:
        return {}
    return dict.fromkeys(meant, Verdict("meets" if is_yes else "fails", words))


def _asked_about(question: str, conditions: Mapping[tuple[str, str], Condition]) -> list[tuple[str, str]]:
    """The conditions whose words a question repeats most of (要在本市结算吗), by pairs of characters."""
    said = set(pairwise(question))
    shared = {key: len(said & set(pairwise(c.text))) for key, c in conditions.items()}
    most = max((_TELLING, *shared.values()))
    return [key for key in conditions if shared[key] == most]


def prepare(measures: Iterable[Measure]) -> None:
    """Compile every pattern now, so that no question waits for it."""
    verdicts_in("", measures)


@cache
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


def _whole(text: str, match: re.Match[str]) -> str:
    """The clause that decides, without the half of a figure that it may begin or end in."""
    words = match[0]
    if _DIGIT.match(text[match.end() : match.end() + 1]):
        words = re.sub(f"{_DIGIT.pattern}+$", "", words)
    if _DIGIT.match(text[max(match.start() - 1, 0) : match.start()]):
        words = re.sub(f"^{_DIGIT.pattern}+", "", words)
    clauses = [clause for clause in _CLAUSE.split(words) if clause.strip()]
    return (clauses[-1] if clauses else words).strip("，。；、 ")
