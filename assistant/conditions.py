"""What users say → verdicts on the conditions of measures: met, not met, or nothing said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from assistant.answer import State
from assistant.calculators import Verdict
from assistant.measures import Condition, Measure

_CLAUSE = re.compile("[，。；！？]")
_WHETHER = re.compile(r"([\u4e00-\u9fff])[不唔]\1")  # 包不包, 算不算: a question, and no denial
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
            if state == "fails" and _is_asked(text, match):
                return None
            return Verdict(state, _whole(text, match))
    return None


def replied(
    is_yes: bool, words: str, measures: Sequence[Measure], known: Mapping[tuple[str, str], Verdict]
) -> dict[tuple[str, str], Verdict]:
    """What a bare yes or no in `words` says of the conditions still open; a no to any one of several says nothing."""
    listed = (((m.id, c.name), c) for m in measures for c in m.conditions)
    meant = [key for key, condition in listed if not condition.input and key not in known]
    if not is_yes and len(meant) > 1 and "都" not in words:
        return {}
    return dict.fromkeys(meant, Verdict("meets" if is_yes else "fails", words))


def asked_about(question: str, measures: Sequence[Measure]) -> tuple[tuple[str, str], ...]:
    """The conditions whose own words a question repeats most of (要在本市结算吗), by pairs of characters."""
    conditions = {(m.id, c.name): set(pairwise(c.text)) for m in measures for c in m.conditions if not c.input}
    held = Counter(pair for pairs in conditions.values() for pair in pairs)
    said = {pair for pair in pairwise(question) if held[pair] == 1}
    most = max((1, *(len(said & pairs) for pairs in conditions.values())))
    return tuple(key for key, pairs in conditions.items() if len(said & pairs) == most)


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


def _is_asked(text: str, match: re.Match[str]) -> bool:
    """Whether in the clause that would deny stands a question (不算 of 算不算)."""
    start = match.start() + max(match[0].rfind(mark) + 1 for mark in "，。；！？!?")
    return any(asked.start() < match.end() and start < asked.end() for asked in _WHETHER.finditer(text))


def _whole(text: str, match: re.Match[str]) -> str:
    """The clause that decides, without the half of a figure that it may begin or end in."""
    words = match[0]
    if _DIGIT.match(text[match.end() : match.end() + 1]):
        words = re.sub(f"{_DIGIT.pattern}+$", "", words)
    if _DIGIT.match(text[max(match.start() - 1, 0) : match.start()]):
        words = re.sub(f"^{_DIGIT.pattern}+", "", words)
    clauses = [clause for clause in _CLAUSE.split(words) if clause.strip()]
    return (clauses[-1] if clauses else words).strip("，。；、 ")
