"""Quantities are taken as their words mean them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import read_quantities
from assistant.quantities import as_meant, prices_alone, without_parts, without_words_of_parts

WAN = 10_000


def money(text: str) -> list[tuple[Decimal, Decimal]]:
    return [(q.low, q.high) for q in as_meant(text, read_quantities(text)) if q.kind in ("money", "area", "rate")]


def same(*values: float) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(str(v)), Decimal(str(v))) for v in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("贴片机8台，每台净值96万；回流焊3台，每台净值41万", same(768 * WAN, 123 * WAN)),
        ("设备两台，净值各1100万", same(2200 * WAN)),
        ("租了三层，每层1150平", same(3450)),
        ("30个工程师，一人一年18万", same(540 * WAN)),
        ("买一台设备500万", same(500 * WAN)),
        ("实际完成4500万（厂房2800万、设备1700万）", same(4500 * WAN)),
        ("研发300万、工具50万、设备100万，合计450万", same(300 * WAN, 50 * WAN, 100 * WAN)),
        ("原值6800万、折旧2300万、净值4500万", same(6800 * WAN, 2300 * WAN, 4500 * WAN)),
        ("销售可能9000万也可能1.1亿", [(Decimal(9000 * WAN), Decimal(11000 * WAN))]),
        ("总投1950万，差50万到2000万", same(1950 * WAN)),
        ("今年9700万，四舍五入也算一个亿", same(9700 * WAN)),
        ("月利率千分之四", same(0.048)),
        ("三张票，一张票215万", same(645 * WAN)),
        ("今年上半年8.7亿，下半年12.1亿", same(20.8 * 10**8)),
        ("没过2000万，是2050万", same(2050 * WAN)),
        ("去年9800万，离一个亿只差200万", same(9800 * WAN)),
        ("投入嘛分三块，研发四百一十万", same(410 * WAN)),
        ("净值一条520万一条1180万", same(520 * WAN, 1180 * WAN)),
        ("两台光刻机，一台800万一台600万", same(800 * WAN, 600 * WAN)),
        ("发票210、340和95万", same(210 * WAN, 340 * WAN, 95 * WAN)),
        ("3台，单价260万", same(780 * WAN)),
        ("每个月30万，一共14个月，团队12个人", same(420 * WAN)),
        ("四个季度各13亿", same(52 * 10**8)),
        ("两台各净值310万，一台净值480万", same(620 * WAN, 480 * WAN)),
        ("前三张每张66万，后两张每张95万", same(198 * WAN, 190 * WAN)),
        ("分三期实缴，每期300万", same(900 * WAN)),
        ("月均1000万，全年都差不多", same(12000 * WAN)),
        ("每月租金13万，租了36个月", same(13 * WAN)),
        ("示波器三台每台42万，分析仪一台198万", same(126 * WAN, 198 * WAN)),
        ("12台，每台25万，其中2台退货了", same(250 * WAN)),
        ("前三季度9.1亿，四季度2亿", same(11.1 * 10**8)),
        ("甲项目1500万，乙项目2600万，乙项目最多补多少", same(2600 * WAN)),
        ("上半年平均每月1500万，下半年平均每月2000万", same(21000 * WAN)),
        ("前六个月月均900万，后六个月月均1100万", same(12000 * WAN)),
        ("上半年9800万，下半年比上半年多做了1500万", same(21100 * WAN)),
        ("厂房15000平方米，每平米造价1600元，设备1800万", same(2400 * WAN, 1800 * WAN)),
        ("车间12000平，1250元一平", same(1500 * WAN)),
        ("85万一台，一共买了12台，软件180万", same(1020 * WAN, 180 * WAN)),
        ("12台机床，85万/台", same(1020 * WAN)),
        ("12台机床，均价85万", same(1020 * WAN)),
        ("光刻机500万一台，检测仪3台每台20万", same(500 * WAN, 60 * WAN)),
        ("甲公司固投7200万；乙公司3100万；丙公司1.4亿。只问甲公司", same(7200 * WAN)),
    ],
)
def test_the_figures_are_those_meant(text: str, expected: list[tuple[Decimal, Decimal]]) -> None:
    assert money(text) == expected


@pytest.mark.parametrize("text", ["没有一个高级工", "一个月每平米付42块"])
def test_what_only_seems_a_figure_is_none(text: str) -> None:
    assert not [q for q in as_meant(text, read_quantities(text)) if q.kind in ("count", "months")]


def test_a_price_of_one_piece_is_no_sum_while_their_number_is_not_known() -> None:
    open_, known = "机器每台45万，台数还没告诉我", "机器每台45万，能补多少"
    assert [q.text for q in prices_alone(open_, read_quantities(open_))] == ["45万"]
    assert prices_alone(known, read_quantities(known)) == []


def test_a_price_of_a_square_metre_alone_is_no_sum() -> None:
    text = "每平米造价1600元，设备1800万"
    assert [q.text for q in prices_alone(text, read_quantities(text))] == ["1600元"]
    assert prices_alone(text, read_quantities(text), is_rented=True) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("设备4200万，其中700万那批本来就在本市，不是市外的", [3500]),
        ("设备1900万，其中250万跟技改无关", [1650]),
        ("设备2750万，其中250万是家具，不算核心设备，其余都是", [2500]),
        ("设备7000万，其中流动资金1800万，其余都是设备", [5200]),
        ("设备7000万，其中1800万是设备，不是软件", [7000, 1800]),
        ("设备一共2000万，比预算省了300万", [2000, 300]),
        ("设备预算2600万，最后比预算省了400万", [2200]),
        ("设备7000万，其中设备1800万，其余都是软件", [7000, 1800]),
    ],
)
def test_a_part_told_to_be_something_else_is_taken_off(text: str, left: list[int]) -> None:
    def is_named(start: int, end: int) -> bool:
        return "设备" in text[start:end]

    quantities = as_meant(text, read_quantities(text))
    found = without_parts(text, quantities, lambda whole, part: False, lambda whole, rest: False, is_named)
    assert [q.high for q in found] == [value * WAN for value in left]


def test_what_is_said_of_a_part_taken_off_is_not_said_of_the_whole() -> None:
    text = "净值2750万，其中250万是家具，不算核心设备，其余都是核心设备"
    assert without_words_of_parts(text, read_quantities(text)) == "净值2750万，，其余都是核心设备"


def test_what_is_told_by_the_year_is_not_multiplied_where_each_year_stands_for_itself() -> None:
    text = "每年买设备500万，三年加起来"
    told = read_quantities(text)
    assert [q.high for q in as_meant(text, told) if q.kind == "money"] == [1500 * WAN]
    assert [q.high for q in as_meant(text, told, by_year=True) if q.kind == "money"] == [500 * WAN]


@given(st.text(alphabet="一二三四0123456789万亿元台每各，。；差合计只问（）平层个人%月", max_size=40))
def test_any_text_keeps_its_quantities_in_order_and_inside_the_text(text: str) -> None:
    meant = as_meant(text, read_quantities(text))
    assert [q.start for q in meant] == sorted(q.start for q in meant)
    assert all(0 <= q.start < q.end <= len(text) for q in meant)
