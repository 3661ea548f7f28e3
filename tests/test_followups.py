"""The questions offered after an answer: each fits it, and the real assistant answers each."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.answer import Reply
from assistant.pages.followups import FULL, SURE, UNKNOWN, followups
from assistant.wiring import Assistant

ON = date(2026, 1, 1)
ASKED = [
    "买了3000万元的核心检测仪器，能补多少",
    "贷款8000万，利率4%，能贴息多少",
    "技改补几个点",
    "并购了关联公司，6000万，奖多少",
    "要准备哪些材料",
    "深圳的技改补贴是多少",
    "今年首次突破5亿元奖多少",
    "领导小组组长是谁",
]


@pytest.mark.parametrize("message", ASKED)
def test_every_question_offered_has_an_answer_about_the_same(assistant: Assistant, message: str) -> None:
    first = assistant.reply([message], ON)
    offered = followups(first)
    assert len(offered) <= 4
    about = {citation.clause for citation in first.citations} - {"0"}
    for question in offered:
        reply = assistant.reply([message, question], ON)
        assert reply.status in ("answered", "needs_input", "not_covered"), question
        assert reply.text != first.text or question == UNKNOWN, question
        clauses = {citation.clause for citation in reply.citations} - {"0"}
        assert not about or not clauses or about & clauses, question


def test_an_upper_bound_offers_whether_it_is_sure_and_what_it_takes_to_reach_the_cap(assistant: Assistant) -> None:
    offered = followups(assistant.reply([ASKED[0]], ON))
    assert offered[:2] == (SURE, FULL)


def test_who_is_asked_for_a_figure_may_say_he_does_not_know(assistant: Assistant) -> None:
    assert UNKNOWN in followups(assistant.reply([ASKED[1]], ON))


def test_after_a_refusal_nothing_is_offered() -> None:
    assert followups(Reply(status="refused", text="没有看懂。")) == ()
