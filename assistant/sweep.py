"""A profile's calculations → one row for every measure: may apply, does not, or lacks which fact, and its bound."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answer import Calculation
from assistant.measures import Input, Measure

Standing = Literal["worked_out", "lacks", "unmentioned", "fails"]
_ORDER: tuple[Standing, ...] = ("worked_out", "lacks", "unmentioned", "fails")


@dataclass(frozen=True)
class Row:
    """How one measure stands for an enterprise; `missing` are the inputs still needed, most decisive first."""

    measure: Measure
    calculation: Calculation
    standing: Standing
    missing: tuple[Input, ...]


def sweep(pairs: Sequence[tuple[Measure, Calculation]], mentioned: Collection[str]) -> tuple[Row, ...]:
    """A row for every measure, the most settled first; `mentioned` are the ids of those the enterprise spoke of."""
    rows = [_row(measure, calculation, measure.id in mentioned) for measure, calculation in pairs]
    return tuple(sorted(rows, key=lambda row: _ORDER.index(row.standing)))


def _row(measure: Measure, calculation: Calculation, is_mentioned: bool) -> Row:
    missing = tuple(measure.input(name) for name in calculation.missing)
    standing: Standing
    if calculation.failed:
        standing = "fails"
    elif not is_mentioned:
        standing = "unmentioned"
    elif missing:
        standing = "lacks"
    else:
        standing = "worked_out"
    return Row(measure, calculation, standing, missing)
