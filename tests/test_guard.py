"""No line whose figure the evidence does not hold is ever shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import format_yuan
from assistant.guard import guard

CLAUSE = "每个项目最高补贴 1000 万元，按不超过 50% 给予，补助期限最长为 3 年。"


@pytest.mark.parametrize(
    "line",
    [
        "最高 1000 万元",
        "最高1000万",
        "10,000,000 元",
        "不超过 50%",
        "不超过五成",
        "最长 3 年",
        "没有数的一行",
        "依据五、（十三）与 5.13 条",
    ],
)
def test_a_line_the_evidence_holds_stays(line: str) -> None:
    assert guard(line, [CLAUSE], frozenset({"5.13"})) == (line, ())


@pytest.mark.parametrize(
    "line", ["最高 2000 万元", "1100 万元", "100 万元", "51%", "最长 5 年", "两千万元", "0.1 亿又 1 元", "共 37 项"]
)
def test_a_line_with_any_other_figure_is_dropped(line: str) -> None:
    assert guard(f"好的\n{line}", [CLAUSE]) == ("好的", (line,))


@given(st.decimals(min_value="0.01", max_value=10**12, places=2))
def test_an_invented_amount_as_the_program_writes_it_is_dropped(value: Decimal) -> None:
    line = f"最高补贴 {format_yuan(value)}，以此为准"
    assert guard(line, [CLAUSE], frozenset({"5.13", "9.9"}))[1] == (() if value == 10_000_000 else (line,))


@pytest.mark.parametrize(
    "line", ["最高补贴 12.5 万元", "最高 99.9 亿元", "利率 4.35 %", "37.5，", "奖励[500]万元", "5.9 万元"]
)
def test_a_decimal_is_no_clause_id(line: str) -> None:
    assert guard(line, ["无"], frozenset({"5.9"}))[1] == (line,)


def test_the_same_amount_in_another_unit_is_the_same_figure() -> None:
    assert guard("最高 0.1 亿元", [CLAUSE])[0] == "最高 0.1 亿元"


@given(st.text(max_size=200))
def test_what_is_kept_holds_no_figure_beyond_the_evidence(text: str) -> None:
    kept, dropped = guard(text, [CLAUSE])
    assert guard(kept, [CLAUSE])[1] == ()
    assert sorted([*kept.split("\n"), *dropped]) == sorted(text.split("\n")) or not kept
