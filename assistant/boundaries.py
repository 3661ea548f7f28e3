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

STEP = Decimal(10_000)  # yuan to either side of a limit: the unit people speak in
# A figure this near to a limit is shown with it, asked for or not.
_NEAR = Decimal("0.02")


@dataclass(frozen=True)
class Boundary:
    """A value (yuan) of an input at which the measure changes."""

    item: Input
    value: Decimal


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
    values = (boundary.value - STEP, boundary.value, boundary.value + STEP)
    return tuple(
        calculate(measure, {**facts, item.name: Fact(item.name, value, value, "", item.kind)}, {}) for value in values
    )


def with_limits(measure: Measure, calculation: Calculation, facts: Mapping[str, Fact], *, always: bool) -> Calculation:
    """The calculation, and as further steps either side of the limits that a figure comes near (`always`: of all)."""
    limited = {c.text for c in measure.conditions if c.input}
    if any(check.state == "fails" and check.text not in limited for check in calculation.conditions):
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
    item, points = boundary.item, either_side(measure, boundary, facts)
    values = (boundary.value - STEP, boundary.value, boundary.value + STEP)
    outcomes = "；".join(f"{format_yuan(v)}：{_outcome(measure, p)}" for v, p in zip(values, points, strict=True))
    return f"{item.label}，{outcomes}"


def _outcome(measure: Measure, calculation: Calculation) -> str:
    if any(check.state == "fails" for check in calculation.conditions):
        return "不符合"
    if calculation.amount_yuan is not None:
        most = "最高不超过 " if measure.modality == "at_most" else ""
        return f"{most}{format_yuan(calculation.amount_yuan)}"
    return "达到" if calculation.missing else "没有金额"
