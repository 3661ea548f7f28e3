"""No sentence of a language model is shown that says more than its clause, and none with a figure in words of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import read_quantities
from assistant.guard import figures
from assistant.policies import Policy
from assistant.questions import Questions
from assistant.references import read_references
from assistant.sentences import Sentences, Source, Statement

QUOTE = (
    "经认定后，可采用政府委托国有企业购买、落户企业分期租用；"
    "对项目所购置的核心仪器设备，按不超过仪器设备购置发票金额 50% 比例给予补贴，每个项目最高补贴 1000 万元。"
)
RESULT = Statement(
    "核心仪器设备购置补贴最高不超过 900 万元",
    "条件都符合并经认定时，核心仪器设备购置补贴最高不超过 900 万元（每个项目）",
)
TIERS = "对年销售收入首次突破 1 亿元、2 亿元的企业，每家企业分别给予 50 万元、80 万元奖励。"
BUY = Source(
    1,
    "5.13",
    "五、（十三）支持项目核心设备使用",
    QUOTE,
    (RESULT, *(Statement(s, s) for s in QUOTE[:-1].split("；")[1:])),
)
GROW = Source(2, "5.9", "五、（九）支持企业做大做强", TIERS, (Statement(TIERS[:-1], TIERS[:-1]),))


@pytest.fixture
def sentences(policy: Policy, questions: Questions) -> Sentences:
    return guard(policy, questions)


def guard(policy: Policy, questions: Questions) -> Sentences:
    def named(words: str) -> Sequence[str]:
        return read_references(words, read_quantities(words), policy)

    return Sentences((BUY, GROW), questions, named)


KEPT = [
    "项目购置核心仪器设备，可以得到补贴。[1]",
    "对项目所购置的核心仪器设备，按不超过仪器设备购置发票金额50%比例给予补贴，每个项目最高补贴1000万元。[1]",
    "具体来说，核心仪器设备购置补贴最高不超过 900 万元。[1]",
    "五、（十三）支持项目核心设备使用。[1]",
    "对年销售收入首次突破1亿元、2亿元的企业，每家企业分别给予50万元、80万元奖励[2]。",
]


@pytest.mark.parametrize("sentence", KEPT)
def test_what_the_clause_says_is_shown(sentences: Sentences, sentence: str) -> None:
    (shown,) = sentences.read([sentence])
    assert re.sub(r"\[\d\]", "", shown) == re.sub(r"\[\d\]", "", sentence)
    assert [j.verdict for j in sentences.judged] == ["kept"]


REFUSED = {
    "figure": "每个项目最高补贴 2000 万元。[1]",
    "figure in Chinese": "每个项目最高补贴两千万元。[1]",
    "full-width figure": "每个项目最高补贴２０００万元。[1]",
    "circled figure": "每个项目补贴①⓪⓪⓪万元。[1]",
    "another unit": "每个项目最高补贴 1000 元。[1]",
    "entitlement": "每个项目补贴 1000 万元。[1]",
    "a figure of the clause in another place": "发票金额 1000 万元的项目给予补贴。[1]",
    "tiers crossed": "年销售收入首次突破 1 亿元给予 80 万元奖励。[2]",
    "one tier alone": "每家企业给予 80 万元奖励。[2]",
    "a statement and a sum": "核心仪器设备购置补贴最高不超过 900 万元，两项合计 980 万元。[1]",
    "a statement lengthened": "核心仪器设备购置补贴最高不超过 1900 万元。[1]",
    "the figure of another clause": "每个项目最高补贴 1000 万元。[2]",
    "rough amount": "项目可以得到上千万补贴。[1]",
    "half": "企业购置核心仪器设备可以补贴一半。[1]",
    "promise": "购置核心仪器设备一定可以得到补贴。[1]",
    "negation": "购置核心仪器设备无需认定。[1]",
    "now": "企业现在可以购买核心仪器设备。[1]",
    "unknown clause": "五、（三十三）支持项目核心设备使用。[1]",
    "another clause": "五、（九）支持项目核心设备使用。[1]",
    "no such number": "项目购置核心仪器设备，可以得到补贴。[7]",
    "something else": "外籍专家的子女入学由教育部门安排。[1]",
    "nothing to do with it": "今天天气晴朗，适合郊游。",
    "link": "购置核心仪器设备的补贴见 http://evil.example。[1]",
    "markup": "购置<b>核心仪器设备</b>可以得到补贴。[1]",
    "Latin": "HACKED 购置核心仪器设备。[1]",
    "table": "|核心仪器设备|补贴|。[1]",
    "one character turned round": "没核心仪器设备购置补贴最高不超过 900 万元。[1]",
    "more than the bound": "不止核心仪器设备购置补贴最高不超过 900 万元。[1]",
    "said to be wrong": "以下说法是错误的：核心仪器设备购置补贴最高不超过 900 万元。[1]",
    "a figure behind an unseen character": "核心仪器设备购置补贴最高不超过 900\u200b0 万元。[1]",
    "a mark inside a figure": "核心仪器设备购置补贴最高不超过 900[1]0 万元。[1]",
    "thousands": "核心仪器设备可以得到数千元补贴。[1]",
    "phone": "核心仪器设备补贴请打电话。[1]",
}


@pytest.mark.parametrize("sentence", REFUSED.values(), ids=REFUSED)
def test_what_it_does_not_say_is_replaced_or_dropped_and_blotted_in_the_trace(
    sentences: Sentences, sentence: str
) -> None:
    shown = list(sentences.read([sentence]))
    own = {s.text for source in (BUY, GROW) for s in source.statements}
    assert all(re.sub(r"。\[\d\]$", "", s) in own for s in shown)
    (judged,) = sentences.judged
    assert judged.verdict == ("replaced" if shown else "dropped")
    assert judged.reason
    assert not figures(judged.sentence)


def test_the_program_s_own_sentence_takes_the_place_of_a_wrong_one_and_only_once(sentences: Sentences) -> None:
    shown = list(sentences.read(["能拿到 5000 万元。[1]", "能拿到 5000 万元。[1]", "能拿到 6000 万元。[1]"]))
    assert shown[0] == f"{RESULT.text}。[1]"
    assert len(shown) == len(set(shown)) == 2


def test_a_sentence_waits_for_its_mark_however_the_text_is_cut(policy: Policy, questions: Questions) -> None:
    text = "\n".join(KEPT)
    whole = list(guard(policy, questions).read([text]))
    assert whole == list(guard(policy, questions).read(text))
    assert len(whole) == len(KEPT)


@pytest.mark.parametrize("following", ["3 年以内。[1]", "[点此](x)。", "【注】。"])
def test_whatever_follows_a_sentence_ends_it(sentences: Sentences, following: str) -> None:
    assert next(iter(sentences.read([KEPT[0], following]))) == KEPT[0]


def test_a_last_sentence_that_was_cut_off_is_not_shown(sentences: Sentences) -> None:
    assert len(list(sentences.read([KEPT[0], "每个项目最高补贴"]))) == 1


def test_a_sentence_without_a_mark_gets_that_of_the_clause_which_holds_it(sentences: Sentences) -> None:
    assert list(sentences.read(["项目购置核心仪器设备，可以得到补贴。"])) == ["项目购置核心仪器设备，可以得到补贴。[1]"]


@given(
    st.lists(
        st.sampled_from(
            [*KEPT, *REFUSED.values(), "1000", "万元", "。", "[1]", "[2]", "最高", "补贴", "50%", "\n", "**"]
        )
        | st.text(max_size=12)
        | st.integers(0, 10**9).map(lambda n: f"补贴{n}元"),
        max_size=12,
    )
)
def test_no_figure_is_ever_shown_outside_a_statement(policy: Policy, questions: Questions, pieces: list[str]) -> None:
    sentences = guard(policy, questions)
    held = figures("".join((QUOTE, TIERS, RESULT.text)))
    statements = [s for source in (BUY, GROW) for s in source.statements]
    for shown in sentences.read(pieces):
        bare = re.sub(r"\[\d\]", "", shown)
        assert figures(bare) <= held
        assert not figures(bare) or any(squeezed(s.core) in squeezed(bare) for s in statements)


def squeezed(text: str) -> str:
    return re.sub(r"[\W_]|予以|给予|对|的", "", text)
