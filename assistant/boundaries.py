"""A measure's limits (thresholds, tiers, where a cap binds) → what it comes to just below, at and just above each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from assistant.amounts import format_yuan
from assistant.answer import Calculation
from assistant.calculators import calculate
from assistant.facts import Fact
from assistant.measures import Input, Measure

_STEP = Decimal(10_000)  # yuan to either side of a limit: the unit people speak in
# A figure this near to a limit is shown with it, asked for or not.
_NEAR = Decimal("0.02")


@dataclass(frozen=True)
class Boundary:
    """A value (yuan) of an input at which the measure changes."""

    item: Input
    value: Decimal

    @property
    def around(self) -> tuple[Decimal, Decimal, Decimal]:
        """Just below, the limit itself and just above."""
        return self.value - _STEP, self.value, self.value + _STEP


def boundaries(measure: Measure) -> tuple[Boundary, ...]:
    """Every limit of a measure, lowest first of each input."""
    formula = measure.formula
    found = [Boundary(measure.input(c.input), c.at_least.value) for c in measure.conditions if c.input and c.at_least]
    if formula.thresholds and formula.base:
        found += [Boundary(measure.input(formula.base), value) for value in formula.thresholds.values]
    if formula.name == "share" and formula.cap and formula.rate and formula.base:
        found.append(Boundary(measure.input(formula.base), formula.cap.value / formula.rate.value))
    return tuple(found)


def either_side(measure: Measure, boundary: Boundary, facts: Mapping[str, Fact]) -> tuple[Calculation, ...]:
    """The measure just below, at and just above a limit, all else as told."""
    item = boundary.item
    return tuple(
        calculate(measure, {**facts, item.name: Fact(item.name, value, value, "", item.kind)}, {})
        for value in boundary.around
    )


def with_limits(measure: Measure, calculation: Calculation, facts: Mapping[str, Fact], *, always: bool) -> Calculation:
    """The calculation, and as further steps either side of the limits that a figure comes near (`always`: of all)."""
    limited = {c.text for c in measure.conditions if c.input}
    if any(check.text not in limited for check in calculation.failed):
        return calculation
    chosen = [b for b in boundaries(measure) if _is_near(b, facts) or (always and not b.item.part_of)]
    if always and len(chosen) > 1:  # of many tiers the one in question
        fact = facts.get(chosen[0].item.name)
        chosen = sorted(chosen, key=lambda b: abs(b.value - fact.high))[:1] if fact else chosen
    lines = tuple(_line(measure, boundary, facts) for boundary in chosen)
    return calculation.model_copy(update={"steps": (*calculation.steps, *lines), "limits": lines})


def _is_near(boundary: Boundary, facts: Mapping[str, Fact]) -> bool:
    fact = facts.get(boundary.item.name)
    return fact is not None and fact.low == fact.high and abs(fact.low - boundary.value) <= boundary.value * _NEAR


def _line(measure: Measure, boundary: Boundary, facts: Mapping[str, Fact]) -> str:
    points = zip(boundary.around, either_side(measure, boundary, facts), strict=True)
    return f"{boundary.item.label}，{'；'.join(f'{format_yuan(value)}：{_outcome(point)}' for value, point in points)}"


def _outcome(calculation: Calculation) -> str:
    if calculation.failed:
        return "不符合"
    if calculation.amount_yuan is not None:
        return f"{calculation.most}{format_yuan(calculation.amount_yuan)}"
    return "达到" if calculation.missing else "没有金额"
