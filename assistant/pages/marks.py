"""Words of an answer and of its question → the places of a clause's text that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from assistant.answer import Reply

Span = tuple[int, int]

_FIGURE = re.compile(r"\d[\d,.]*\s*(?:%|万元|亿元|元|年|㎡|平方米|个月|人)")
_SHORTEST = 4  # characters of a run that question and clause share
_RUN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]+")


def phrases(reply: Reply, question: str = "") -> tuple[str, ...]:
    """What in a cited clause the answer rests on: the words of its conditions, its figures, and the question's own."""
    quotes = [check.quote for c in reply.calculations for check in c.conditions if check.quote]
    figures = [f for c in reply.calculations for step in c.steps for f in _FIGURE.findall(step)]
    return tuple(dict.fromkeys([*quotes, *figures, *_RUN.findall(question)]))


def marked(text: str, words: Iterable[str]) -> str:
    """The text as safe HTML with `<mark>` around those words, whatever white space stands in them; of a long run of
    the question's also the parts that the text holds."""
    spots: set[int] = set()
    for word in words:
        for run in _held(text, word):
            pattern = r"\s*".join(re.escape(c) for c in re.sub(r"\s", "", run))
            bounded = rf"(?<![\d.,]){pattern}(?![\d.,]\d)" if run[0].isdigit() else pattern
            for match in re.finditer(bounded, text):
                spots.update(range(*match.span()))
    edges = [at for at in range(len(text) + 1) if (at in spots) != (at - 1 in spots)]
    return with_marks(text, list(zip(edges[::2], edges[1::2], strict=True)), (0, len(text)))


def with_marks(text: str, spans: Sequence[Span], part: Span) -> str:
    """One part of the text as safe HTML, what of it lies in `spans` (in order, apart) marked."""
    at, end = part
    html = ""
    for low, high in spans:
        low, high = max(low, at), min(high, end)
        if low < high:
            html += f"{escape(text[at:low])}<mark>{escape(text[low:high])}</mark>"
            at = high
    return html + escape(text[at:end])


def _held(text: str, word: str) -> list[str]:
    """The word, or where the text does not hold it whole the longest runs of it that the text holds."""
    tight, wanted = re.sub(r"\s", "", text), re.sub(r"\s", "", word)
    if not wanted or wanted in tight:
        return [wanted] if wanted else []
    runs, at = [], 0
    while at + _SHORTEST <= len(wanted):
        size = next((n for n in range(len(wanted) - at, _SHORTEST - 1, -1) if wanted[at : at + n] in tight), 0)
        if size:
            runs.append(wanted[at : at + size])
        at += size or 1
    return runs
