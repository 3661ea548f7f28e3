"""What users say → verdicts on the conditions of measures: met, not met, or nothing said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from assistant.answer import State
from assistant.calculators import Verdict
from assistant.measures import Condition, Measure

_CLAUSE = re.compile("[，。；！？]")
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
        if patterns and (match := _found(patterns, text)):
            return Verdict(state, _whole(text, match))
    return None


def prepare(measures: Iterable[Measure]) -> None:
    """Compile every pattern now, so that no question waits for it."""
    verdicts_in("", measures)


@cache
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


@lru_cache(maxsize=4096)
def _found(patterns: tuple[str, ...], text: str) -> re.Match[str] | None:
    """Where one of the patterns stands; of one question the same is asked for each subject it may be about."""
    return _any(patterns).search(text)


def _whole(text: str, match: re.Match[str]) -> str:
    """The clause that decides, without the half of a figure that it may begin or end in."""
    words = match[0]
    if _DIGIT.match(text[match.end() : match.end() + 1]):
        words = re.sub(f"{_DIGIT.pattern}+$", "", words)
    if _DIGIT.match(text[max(match.start() - 1, 0) : match.start()]):
        words = re.sub(f"^{_DIGIT.pattern}+", "", words)
    clauses = [clause for clause in _CLAUSE.split(words) if clause.strip()]
    return (clauses[-1] if clauses else words).strip("，。；、 ")
