"""A drafted text and its evidence → the text with every line dropped whose figures the evidence does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from assistant.amounts import read_quantities

# Numbers that are places, not figures: list marks, clause ids and labels, terms such as 5G.
_NOT_FIGURES = re.compile(
    r"^\s*\d{1,2}\.\s|\[\d+\]|(?<![\d.])\d{1,2}(?:\.\d{1,2}){1,2}(?=\s*(?:条|款|项|、|，|。|\s|$))|[45]G|[48]K|3D|IPv6|500\s*强",
    re.MULTILINE,
)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")

Figure = tuple[str, Decimal]


@lru_cache(maxsize=4096)
def figures(text: str) -> frozenset[Figure]:
    """Every figure of `text`: (kind, value) for what reads as a quantity, ("digits", value) for any other number."""
    text = _NOT_FIGURES.sub(" ", text)
    found: set[Figure] = set()
    rest = list(text)
    for q in read_quantities(text):
        found |= {(q.kind, q.low), (q.kind, q.high)}
        rest[q.start : q.end] = " " * (q.end - q.start)
    return frozenset(found | {("digits", Decimal(m[0].replace(",", ""))) for m in _DIGITS.finditer("".join(rest))})


def guard(text: str, evidence: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The lines of `text` whose figures all stand in `evidence`, and the lines that were dropped."""
    held: set[Figure] = set()
    for piece in evidence:
        held |= figures(piece)
    kept: list[str] = []
    dropped: list[str] = []
    for line in text.split("\n"):
        (kept if figures(line) <= held else dropped).append(line)
    return "\n".join(kept), tuple(dropped)
