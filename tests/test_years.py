"""Years: which year each of several figures is told of."""

from __future__ import annotations

import pytest

from assistant.amounts import read_quantities
from assistant.labels import Labels
from assistant.policies import Policy
from assistant.questions import Questions
from assistant.years import THIS_YEAR, years_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("去年4亿今年6亿", [-1, 0]),
        ("前年9700万，去年1.34亿", [-2, -1]),
        ("近三年分别是3.1亿、4.4亿、6.2亿", [-2, -1, 0]),
        ("今年突破2亿，销售收入做到5.1亿", [0, 0]),
        ("2020年4亿，2021年6亿", [2020 - THIS_YEAR, 2021 - THIS_YEAR]),
        ("销售收入6亿", []),
    ],
)
def test_a_figure_is_of_the_year_said_before_it(
    text: str, expected: list[int], policy: Policy, questions: Questions
) -> None:
    measure = policy.measure("revenue")
    quantities = read_quantities(text)
    labels = Labels(measure.inputs, questions.other_amounts, questions.link).find(text, quantities)
    base, earlier = measure.input("revenue"), measure.input("previous_revenue")
    found = years_of(text, quantities, labels, base, earlier)
    assert [year - THIS_YEAR for year in found.values()] == expected
    assert list(found) == sorted(found, key=lambda q: q.start)
