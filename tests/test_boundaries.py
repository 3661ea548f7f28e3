"""Just below, at and just above every limit, by hand from the clauses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.boundaries import boundaries, either_side, with_limits
from assistant.calculators import calculate
from assistant.facts import Fact
from assistant.policies import Policy

WAN = 10_000


def fact(name: str, yuan: int) -> Fact:
    return Fact(name, Decimal(yuan), Decimal(yuan), "", "money")


@pytest.mark.parametrize(
    ("name", "limit", "amounts"),
    [
        ("equipment-purchase", 2000 * WAN, (9_995_000, 10_000_000, 10_000_000)),  # 五、（十三）：50%，1000 万元
        ("upgrade", 5000 * WAN, (4_999_000, 5_000_000, 5_000_000)),  # 五、（八）：10%，500 万元
        ("revenue", 5 * 10**8, (800_000, 1_000_000, 1_000_000)),  # 五、（九）：2 亿元档、5 亿元档
        ("revenue", 10**8, (None, 500_000, 500_000)),
        ("equipment-transfer", 5000 * WAN, (4_999_000, 5_000_000, 5_000_000)),  # 五、（四）：10%，500 万元
    ],
)
def test_either_side_of_a_limit(
    policy: Policy, name: str, limit: int, amounts: tuple[int | None, int | None, int | None]
) -> None:
    measure = policy.measure(name)
    boundary = next(b for b in boundaries(measure) if b.value == limit)
    assert [p.amount_yuan for p in either_side(measure, boundary, {})] == [a and Decimal(a) for a in amounts]


def test_a_threshold_is_met_by_the_limit_itself_and_not_below(policy: Policy) -> None:
    measure = policy.measure("fixed-asset-investment")
    (boundary,) = boundaries(measure)
    below, at, above = either_side(
        measure, boundary, {"completed_investment": fact("completed_investment", 1500 * WAN)}
    )
    assert below.amount_yuan is None
    assert at.amount_yuan == above.amount_yuan == 150 * WAN


def test_a_figure_near_a_limit_is_shown_with_it_and_a_far_one_is_not(policy: Policy) -> None:
    measure = policy.measure("upgrade")
    for yuan, shown in ((4950 * WAN, 1), (4000 * WAN, 0)):
        facts = {"project_investment": fact("project_investment", yuan)}
        calculation = with_limits(measure, calculate(measure, facts, {}), facts, always=False)
        assert len(calculation.limits) == shown
        assert calculation.steps[len(calculation.steps) - shown :] == calculation.limits


def test_asked_for_the_limit_is_shown_whatever_the_figure(policy: Policy) -> None:
    measure = policy.measure("upgrade")
    calculation = with_limits(measure, calculate(measure, {}, {}), {}, always=True)
    assert "4999 万元" in calculation.limits[0]
    assert "5001 万元" in calculation.limits[0]


def test_every_measure_with_a_limit_on_one_figure_has_it(policy: Policy) -> None:
    limited = {m.id for m in policy.measures if boundaries(m)}
    shares = {m.id for m in policy.measures if m.formula.name == "share" and m.formula.cap}
    assert limited == shares | {"fixed-asset-investment", "revenue"}
