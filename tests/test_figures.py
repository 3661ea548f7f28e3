"""Figures: which quantities of a message are the user's own, which a benefit spoken of, and which are taken back."""

from __future__ import annotations

import pytest

from assistant.amounts import read_quantities
from assistant.figures import corrected
from assistant.wiring import Assistant


def own(text: str) -> list[str]:
    return [q.text for q in corrected(text, read_quantities(text))]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("3000万，不对，是5000万", ["5000万"]),
        ("是1.01亿，不是1.1亿", ["1.01亿"]),
        ("1900万、2260万、1480万，打错了，第三批是1840万", ["1900万", "2260万", "1840万"]),
        ("3000万和5000万", ["3000万", "5000万"]),
    ],
)
def test_a_figure_that_is_taken_back_is_gone(text: str, left: list[str]) -> None:
    assert own(text) == left


@pytest.mark.parametrize(
    ("text", "claimed", "told"),
    [
        ("听说最高能补2000万元，我买了3000万的检测仪器能补多少", ["2000万元"], ["3000万"]),
        ("不是说补贴30%吗，技改投了3000万", ["30%"], ["3000万"]),
        ("营收1.5亿，想问首破1亿的奖励能拿吗", [], ["1.5亿"]),
        ("今年营收6亿，5亿那一档能拿多少", [], ["6亿"]),
        ("几百万的技改项目能不能报", [], []),
    ],
)
def test_a_benefit_a_tier_and_what_is_only_asked_are_nothing_of_the_user_s_own(
    text: str, claimed: list[str], told: list[str], assistant: Assistant
) -> None:
    found = assistant.understander.read([text])
    assert [q.text for q in found.claims] == claimed
    assert [fact.words for fact in found.facts.values()] == told
