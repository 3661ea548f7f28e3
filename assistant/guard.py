"""A drafted text and its evidence → the text with every line dropped whose figures the evidence does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from assistant.amounts import read_quantities

# A list mark at the start of a line is a place, not a figure.
_LIST_MARK = re.compile(r"^\s*\d{1,2}\.\s", re.MULTILINE)
_DOTTED = re.compile(r"(?<![\d.])\d{1,2}(?:\.\d{1,2}){1,2}(?![\d.])")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")

Figure = tuple[str, Decimal]


@lru_cache(maxsize=4096)
def figures(text: str, places: frozenset[str] = frozenset()) -> frozenset[Figure]:
    """Every figure of `text`: (kind, value) for what reads as a quantity, ("digits", value) for any other number.

    `places` are clause ids: 5.9 standing alone is one, 5.9 万元 is an amount.
    """
    text = _LIST_MARK.sub(" ", text)
    found: set[Figure] = set()
    rest = list(text)
    for q in read_quantities(text):
        if q.kind != "number":
            found |= {(q.kind, q.low), (q.kind, q.high)}
            rest[q.start : q.end] = " " * (q.end - q.start)
    left = _DOTTED.sub(lambda m: " " if m[0] in places else m[0], "".join(rest))
    return frozenset(found | {("digits", Decimal(m[0].replace(",", ""))) for m in _DIGITS.finditer(left)})


def guard(text: str, evidence: Iterable[str], places: frozenset[str] = frozenset()) -> tuple[str, tuple[str, ...]]:
    """The lines of `text` whose figures all stand in `evidence`, and the lines that were dropped."""
    held: set[Figure] = set()
    for piece in evidence:
        held |= figures(piece)
    kept: list[str] = []
    dropped: list[str] = []
    for line in text.split("\n"):
        (kept if figures(line, places) <= held else dropped).append(line)
    return "\n".join(kept), tuple(dropped)
