"""A measure and an enterprise's facts → a drawing of what it comes to as one figure grows, showing where it stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from html import escape

from assistant.amounts import format_yuan
from assistant.answer import plain
from assistant.boundaries import boundaries
from assistant.calculators import calculate
from assistant.facts import Fact
from assistant.measures import Input, Measure

_WIDTH, _HEIGHT = 560, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 16, 34, 30
_POINTS = 60
Point = tuple[Decimal, Decimal]


def chart(measure: Measure, facts: Mapping[str, Fact]) -> str:
    """An SVG of the amount (yuan, upwards) against the measure's own figure (to the right), the figure told marked.

    "" while the measure cannot be worked out on these facts, or is of no single figure.
    """
    item = _figure_of(measure)
    told = facts.get(item.name) if item else None
    if item is None or told is None or told.high <= 0:
        return ""
    amount = _amount(measure, facts, item, told.high)
    if amount is None:
        return ""
    right = _right_end(measure, item, told.high)
    curve = _curve(measure, facts, item, right)
    top = max(*(y for _, y in curve), amount)
    if top <= 0:
        return ""
    return _svg(measure, item, curve, (told.high, amount), right, top)


def _figure_of(measure: Measure) -> Input | None:
    name = measure.formula.base or measure.formula.area
    return measure.input(name) if name else None


def _amount(measure: Measure, facts: Mapping[str, Fact], item: Input, value: Decimal) -> Decimal | None:
    """What it comes to when the figure is `value`, all else as told; nothing below a limit is 0."""
    at = replace(facts[item.name], low=value, high=value, words="", parts=(), bound="")
    found = calculate(measure, {**facts, item.name: at}, {})
    if found.missing:
        return None
    return found.amount_yuan or Decimal(0)


def _right_end(measure: Measure, item: Input, value: Decimal) -> Decimal:
    """Twice the figure, or beyond the next limit."""
    above = [b.value for b in boundaries(measure) if b.item is item and b.value >= value]
    return max(value * 2, min(above) * Decimal("1.25")) if above else value * 2


def _curve(measure: Measure, facts: Mapping[str, Fact], item: Input, right: Decimal) -> list[Point]:
    """Points of the curve from left to right; a step has one on either side."""
    whole = Decimal(1) if item.kind == "count" else Decimal("0.01")
    at = {(right * n / _POINTS).quantize(whole) for n in range(1, _POINTS + 1)}
    for limit in (b.value for b in boundaries(measure) if b.item is item and b.value <= right):
        at |= {limit, limit - Decimal("0.01")}
    found = [(x, _amount(measure, facts, item, x)) for x in sorted(at) if x > 0]
    return [(Decimal(0), Decimal(0)), *((x, y) for x, y in found if y is not None)]


def _svg(measure: Measure, item: Input, curve: Sequence[Point], told: Point, right: Decimal, top: Decimal) -> str:
    def x(value: Decimal) -> float:
        return round(_LEFT + float(value / right) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: Decimal) -> float:
        return round(_HEIGHT - _BOTTOM - float(value / top) * (_HEIGHT - _TOP - _BOTTOM), 1)

    cap = measure.formula.cap
    binds = cap is not None and any(amount == cap.value for _, amount in curve)
    said = f"{item.label} {_shown(item, told[0])}时，{_most(measure)}{format_yuan(told[1])}"
    if cap and binds:
        said += f"；到 {format_yuan(cap.value)} 封顶"
    line = " ".join(f"{x(a)},{y(b)}" for a, b in curve)
    floor, side = _HEIGHT - _BOTTOM, "end" if told[0] > right / 2 else "start"
    parts = [
        f'<line class="axis" x1="{_LEFT}" y1="{floor}" x2="{_WIDTH - _RIGHT}" y2="{floor}"/>',
        f'<line class="here" x1="{x(told[0])}" y1="{y(told[1])}" x2="{x(told[0])}" y2="{floor}"/>',
        f'<polyline class="curve" points="{line}"/>',
        f'<circle class="here" cx="{x(told[0])}" cy="{y(told[1])}" r="5"/>',
        f'<text class="here" x="{x(told[0])}" y="{floor + 20}" text-anchor="{side}">'
        f"{escape(_shown(item, told[0]))}</text>",
    ]
    if cap and binds:
        parts.insert(
            0, f'<line class="cap" x1="{_LEFT}" y1="{y(cap.value)}" x2="{_WIDTH - _RIGHT}" y2="{y(cap.value)}"/>'
        )
        parts.append(f'<text class="cap" x="{_LEFT}" y="{y(cap.value) - 8}">上限 {format_yuan(cap.value)}</text>')
    return (
        f'<figure class="chart"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said)}">'
        f"{''.join(parts)}</svg><figcaption>{escape(said)}。</figcaption></figure>"
    )


def _most(measure: Measure) -> str:
    return "最高不超过 " if measure.modality == "at_most" else ""


def _shown(item: Input, value: Decimal) -> str:
    return f"{plain(value)} 平方米" if item.kind == "area" else format_yuan(value)
