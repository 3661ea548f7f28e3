"""Figures told by another figure are worked out, and only where the other is told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import read_quantities
from assistant.ratios import with_told_by_others

WAN, YI = 10_000, 10**8


def figures(text: str) -> list[Decimal]:
    return [q.high for q in with_told_by_others(text, read_quantities(text)) if q.kind in ("money", "count")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("去年完成1.1亿，今年又完成了去年的一半", [1.1 * YI, 0.55 * YI]),
        ("总额9000万，完成的正好是总额的三分之一", [9000 * WAN, 3000 * WAN]),
        ("总投资9000万，固投完成了八成", [9000 * WAN, 7200 * WAN]),
        ("注册资本3000万，实缴了60%", [3000 * WAN, 1800 * WAN]),
        ("注册资本4000万，实缴到位三成五", [4000 * WAN, 1400 * WAN]),
        ("去年9600万，今年翻一番", [9600 * WAN, 19200 * WAN]),
        ("去年18亿，今年同比增长25%", [18 * YI, 22.5 * YI]),
        ("去年2.4亿，今年下降了10%", [2.4 * YI, 2.16 * YI]),
        ("今年是去年的三倍，去年4000万", [12000 * WAN, 4000 * WAN]),
        ("去年4.2亿，今年比去年多三成", [4.2 * YI, 5.46 * YI]),
        ("去年4.7亿，今年比去年多了6000万", [4.7 * YI, 5.3 * YI]),
        ("一笔1500万，另一笔多500万", [1500 * WAN, 2000 * WAN]),
        ("技师5名，高级工是技师的两倍", [5, 10]),
        ("头一笔2200万，第二笔是它的一半", [2200 * WAN, 1100 * WAN]),
        ("开支1.2亿，其中三分之一投在技改上", [12000 * WAN, 4000 * WAN]),
        ("总投资1.5亿，固投占六成", [15000 * WAN, 9000 * WAN]),
        ("60人，三分之一是技师，六分之一是高级技师", [60, 20, 10]),
        ("24个人，一半技师一半高级工", [24, 12, 12]),
        ("20个人，四成技师，六成高级工", [20, 8, 12]),
        ("去年4亿，今年增长25%，技改花了今年的4%", [4 * YI, 5 * YI, 2000 * WAN]),
        ("上半年4600万，下半年比上半年多卖了1000万", [4600 * WAN, 5600 * WAN]),
    ],
)
def test_a_share_a_multiple_and_a_growth_are_of_the_figure_they_name(text: str, expected: list[float]) -> None:
    assert figures(text) == [Decimal(str(round(value))) for value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "今年比去年增长了30%",
        "投资2000万，按投资额的10%补",
        "净值800万，补贴是净值的10%吗",
        "股本8000万，财政最多占总股本的30%股份",
        "股本8000万，第一大股东占55%",
        "6000万买下一家公司，股权我们占51%",
        "固投9100万，一成是按哪个数算",
        "今年首次突破10亿，增长25%",
    ],
)
def test_a_rate_of_a_benefit_and_a_growth_of_nothing_told_make_no_figure(text: str) -> None:
    assert figures(text) == [q.high for q in read_quantities(text) if q.kind in ("money", "count")]


@given(st.text(alphabet="去今年的是比多增长了一半三分之倍番翻占总额完成0123456789%成万亿，。", max_size=40))
def test_any_text_keeps_its_quantities_in_order(text: str) -> None:
    told = with_told_by_others(text, read_quantities(text))
    assert [q.start for q in told] == sorted(q.start for q in told)
    assert all(0 <= q.start < q.end <= len(text) for q in told)
