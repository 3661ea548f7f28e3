"""One profile against every measure: what may apply, what does not, what is missing, and never a total."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assistant.answer import Reply
from assistant.policies import Policy
from assistant.wiring import Assistant

PROFILE = "我们是新设立的芯片封装企业，租厂房3000平，贷款5000万，买核心设备2000万，能拿哪些补贴"


def ask(assistant: Assistant, *turns: str) -> Reply:
    return assistant.reply(turns, date(2026, 11, 22))


@pytest.fixture(scope="module")
def reply(assistant: Assistant) -> Reply:
    return ask(assistant, PROFILE)


def rows(reply: Reply) -> dict[str, list[str]]:
    lines = [line for line in reply.text.splitlines() if line.startswith("| ")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def test_every_measure_has_one_row(reply: Reply, policy: Policy) -> None:
    assert set(rows(reply)) == {m.name for m in policy.measures}


def test_what_can_be_worked_out_comes_first_with_its_bound(reply: Reply) -> None:
    assert next(iter(rows(reply))) == "核心仪器设备购置补贴"
    assert rows(reply)["核心仪器设备购置补贴"][2] == "**最高不超过 1000 万元**（每个项目）"
    assert {c.clause: c.amount_yuan for c in reply.calculations} == {"5.13": Decimal(10_000_000)}


def test_what_is_missing_is_named(reply: Reply) -> None:
    assert rows(reply)["项目融资利息补贴"][1] == "可能适用，缺数"
    assert "贷款年利率" in rows(reply)["项目融资利息补贴"][3]
    assert "当地同类平均租金" in rows(reply)["过渡性用房租金补贴"][3]


def test_what_was_not_spoken_of_says_so_and_still_shows_its_bound(reply: Reply) -> None:
    assert rows(reply)["兼并重组奖励"][1] == "没有说到"
    assert "1000 万元" in rows(reply)["兼并重组奖励"][2]


def test_no_total_is_given_and_stacking_is_said_to_be_open(reply: Reply) -> None:
    assert "不能把各项金额相加" in reply.text
    assert any("叠加" in notice for notice in reply.notices)


def test_every_support_clause_is_cited(reply: Reply, policy: Policy) -> None:
    assert {m.clause for m in policy.measures} <= {c.clause for c in reply.citations}


def test_another_trade_qualifies_for_nothing_it_spoke_of(assistant: Assistant) -> None:
    reply = ask(assistant, "我们是开餐馆的，技改投了3000万，能享受哪些补贴")
    assert rows(reply)["技术改造项目补助"][1].startswith("不适用")
    assert reply.calculations == ()


def test_a_profile_told_over_several_messages_is_swept_as_one(assistant: Assistant) -> None:
    reply = ask(assistant, "做光模块的", "普通技改投资2200万能补多少", "还能享受哪些政策")
    assert rows(reply)["技术改造项目补助"][2] == "**最高不超过 220 万元**（单个项目）"
