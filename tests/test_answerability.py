"""Whether a policy's own words can answer a question: by what is left of it without them, and what is new in it."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.answerability import Answerability
from assistant.classifier import learn
from assistant.wiring import Assistant

DAY = date(2026, 11, 22)
TEXTS = ("租用厂房的企业给予3年租金补贴，每年最高300万元。",)
EXAMPLES = {
    "measure:rent": ("租金补贴给多少", "厂房租金补贴几年", "租用厂房补多少", "租金补贴一年最高多少"),
    "silence:other": ("水电费包不包", "装修的钱算不算进去", "押金能不能算"),
    "outside": ("今天天气怎么样", "写一首诗", "股票会涨吗"),
}


@pytest.fixture(scope="module")
def answerability() -> Answerability:
    return Answerability(TEXTS, learn(EXAMPLES, str))


def test_a_matter_named_in_the_texts_words_and_asked_of_in_others_is_open(answerability: Answerability) -> None:
    asked, stated = "租金补贴包不包物业费", "租金补贴一年给多少"
    assert answerability.openness(asked).lead > answerability.openness(stated).lead
    assert answerability.openness(asked).kind == "silence"


def test_what_is_not_of_the_policy_at_all_is_outside(answerability: Answerability) -> None:
    assert answerability.openness("明天股票怎么样").kind == "outside"


def test_new_words_open_a_question_further(answerability: Answerability) -> None:
    assert answerability.openness("租金补贴给熊猫").lead > answerability.openness("租金补贴给多少").lead


def test_without_examples_of_what_is_not_answered_nothing_is_open() -> None:
    only = Answerability(TEXTS, learn({"measure:rent": EXAMPLES["measure:rent"]}, str))
    assert only.openness("水电费包不包").lead < 0


@pytest.mark.parametrize(
    "question",
    [
        "贴息用的基准是季度浮动的还是固定挂钩的，按哪家网点的报价",
        "厂房租金补贴含不含保洁费和垃圾清运？",
        "WiFi7和蓝牙哪个更省电",
        "拿完并购的奖，名下股份几年不许转手？",
    ],
)
def test_a_detail_that_no_clause_settles_is_said_not_to_be_in_the_file(assistant: Assistant, question: str) -> None:
    reply = assistant.reply((question,), DAY)
    assert reply.status == "not_covered"
    assert not reply.calculations


@pytest.mark.parametrize("question", ["厂房租金补贴最多补几年？", "并购奖励按交易额的几个点？", "技师奖补归哪个局管"])
def test_what_a_clause_states_stays_answered_however_it_is_put(assistant: Assistant, question: str) -> None:
    assert assistant.reply((question,), DAY).status == "answered"
