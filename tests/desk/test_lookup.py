"""What staff type → what may answer it; and what each result says, asks and warns of."""

from __future__ import annotations

from datetime import date

import pytest
from databases import NOON

from assistant.audit import LONGEST_LINE
from assistant.desk import curation
from assistant.desk.cards import KINDS, Cards, bound
from assistant.desk.cases import CaseForm, open_case
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.lookup import Lookup
from assistant.desk.store import Store
from assistant.errors import UnusableInput
from assistant.guard import figures
from assistant.policies import Policy
from assistant.wiring import Assistant

ON = date(2026, 3, 2)


@pytest.fixture
def keeping(assistant: Assistant, store: Store) -> KeepingAssistant:
    return KeepingAssistant(assistant, store, lambda: NOON)


@pytest.fixture
def lookup(keeping: KeepingAssistant) -> Lookup:
    return keeping.lookup


@pytest.fixture
def cards(keeping: KeepingAssistant) -> Cards:
    return keeping.cards


@pytest.mark.parametrize(
    ("typed", "kind", "id"),
    [
        ("5.9", "measure", "revenue"),
        ("5-9", "measure", "revenue"),
        ("5。9", "measure", "revenue"),
        ("五、（九）", "measure", "revenue"),
        ("第九条", "measure", "revenue"),
        ("第五条第九项", "measure", "revenue"),
        ("3.8", "clause", "3.8"),
        ("贴息", "measure", "interest"),
        ("技改", "measure", "upgrade"),
        ("共性工厂", "measure", "shared-factory"),
        ("買設備", "measure", "equipment-purchase"),
        ("搬厂", "measure", "equipment-transfer"),
        ("房租", "measure", "transitional-rent"),
        ("龙头企业", "measure", "leading-upgrade"),
        ("招技师", "measure", "skilled-workers"),
        ("电话", "silence", "phone"),
        ("什么时候到账", "silence", "payment"),
        ("迁走要退吗", "silence", "clawback"),
        ("税收", "silence", "tax"),
        ("要不要在中山注册", "silence", "registration"),
        ("过期了吗", "clause", "0"),
        ("有效期", "clause", "0"),
        ("5000元", "measure", "skilled-workers"),
        ("70%", "measure", "interest"),
        ("大面积光刻", "clause", "3.4"),
    ],
)
def test_what_is_typed_finds_first_what_it_names(lookup: Lookup, typed: str, kind: str, id: str) -> None:
    assert (lookup.find(typed)[0].kind, lookup.find(typed)[0].id) == (kind, id)


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("房租", {"transitional-rent", "platform-rent"}),
        ("1000万", {"startup", "merger", "innovation-platform", "equipment-purchase", "leading-upgrade", "revenue"}),
        ("财政局", {"equity", "6.2"}),
        ("工信局", {"startup", "upgrade"}),
        ("3.8", {"3.8.1", "3.8.2", "3.8.3", "3.8.4"}),
        ("技改", {"5.8", "smart-manufacturing", "leading-upgrade"}),
    ],
)
def test_what_stands_beside_it_is_among_the_results(lookup: Lookup, typed: str, ids: set[str]) -> None:
    assert ids <= {hit.id for hit in lookup.find(typed)}


@pytest.mark.parametrize("typed", ["贴息", "贴息 上限", "贴息上限多少", "贴息上限多少钱一年"])
def test_the_first_result_stays_first_as_more_is_typed(lookup: Lookup, typed: str) -> None:
    assert lookup.find(typed)[0].id == "interest"


@pytest.mark.parametrize("typed", ["", "   ", "㊙㊙㊙", "zzzz", "众创空间", "专精特新", "8元", "石岐区"])
def test_nothing_is_found_for_nothing(lookup: Lookup, typed: str) -> None:
    assert lookup.find(typed) == []


def test_every_measure_and_clause_has_a_line_short_enough_to_read_aloud(cards: Cards, policy: Policy) -> None:
    for kind, names in (("measure", [m.id for m in policy.measures]), ("clause", [c.id for c in policy.clauses[:-1]])):
        for name in names:
            hit = cards.open(kind, name, ON).hit  # type: ignore[arg-type]
            assert 0 < len(hit.aloud) <= LONGEST_LINE, (kind, name)


def test_every_figure_on_a_card_stands_in_the_clause(cards: Cards, policy: Policy) -> None:
    for measure in policy.measures:
        card = cards.open("measure", measure.id, ON)
        held = figures(policy.clause(measure.clause).text)
        assert figures(card.hit.aloud) <= held, measure.id
        assert {f for f in figures(bound(measure)) if f[0] != "digits"} <= held, measure.id


def test_an_upper_bound_is_read_aloud_and_shown_as_one(cards: Cards, policy: Policy) -> None:
    for measure in policy.measures:
        card = cards.open("measure", measure.id, ON)
        if measure.modality == "at_most":
            assert any(word in card.hit.aloud for word in ("最高", "不超过")), measure.id
            assert "最高不超过" in card.bound or "不超过" in card.bound, measure.id
            assert any("只说“最高不超过”" in line for line in card.not_promised)


def test_a_card_asks_warns_and_names_the_twin_and_the_department(cards: Cards, policy: Policy) -> None:
    card = cards.open("measure", "equipment-purchase", ON)
    assert card.asks == ("核心仪器设备的购置发票金额是多少？",)
    assert card.bound == "不超过 50%，最高不超过 1000 万元（每个项目）"
    assert {t.id for t in card.twins} == {"equipment-transfer", "equipment-lease", "shared-factory"}
    assert card.departments == policy.clause("5.13").departments
    assert any("已经结束" in line for line in card.not_promised)
    assert not any("已经结束" in line for line in cards.open("measure", "revenue", date(2020, 1, 1)).not_promised)


def test_answered_calls_curated_answers_and_receipts_are_found_and_open(
    assistant: Assistant, store: Store, policy: Policy
) -> None:
    keeping = KeepingAssistant(assistant, store, lambda: NOON)
    receipt = keeping.reply(["技改投3000万最高补多少"], ON).receipt
    open_case(store, CaseForm(question="搬厂能补什么", answer="**最高 500 万元**", outcome="resolved"), "lin", NOON)
    open_case(store, CaseForm(question="搬厂还没答", outcome="open"), "lin", NOON)
    form = curation.CuratedForm(clause="5.4", question="搬厂怎么答", answer="按净值的 10%，最高不超过 500 万元。")
    curation.curate(store, policy, form, "lin", NOON)
    policy_first, *hits = keeping.lookup.find("搬厂")
    assert policy_first.id == "equipment-transfer"
    assert [(h.kind, h.title) for h in hits[:2]] == [("curated", "搬厂怎么答"), ("case", "搬厂能补什么")]
    assert keeping.cards.open("case", hits[1].id, ON).hit.aloud == "最高 500 万元"
    assert keeping.cards.open("curated", hits[0].id, ON).clauses[0].id == "5.4"
    assert keeping.cards.open("clause", "5.4", ON).curated == (("搬厂怎么答", "按净值的 10%，最高不超过 500 万元。"),)
    for typed in (receipt, f"回执{receipt}", f"回执 {receipt[:5]} {receipt[5:]}", receipt[:6].upper()):
        assert [(h.kind, h.id) for h in keeping.lookup.find(typed)] == [("answer", receipt)]
    (found,) = keeping.lookup.find(receipt)
    kept = keeping.cards.open("answer", found.id, ON).kept
    assert kept is not None
    assert kept.receipt == receipt


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_told(cards: Cards, kind: str) -> None:
    for name in ("nothing", "999999999999", "-1"):
        with pytest.raises(UnusableInput):
            cards.open(kind, name, ON)  # type: ignore[arg-type]


def test_a_case_opened_shows_the_answer_it_rests_on(keeping: KeepingAssistant, store: Store) -> None:
    receipt = keeping.reply(["技改投3000万最高补多少"], ON).receipt
    case = open_case(store, CaseForm(question="技改", answer="答", receipt=receipt, outcome="resolved"), "lin", NOON)
    kept = keeping.cards.open("case", str(case.id), ON).kept
    assert kept is not None
    assert kept.receipt == receipt


def test_tiers_and_grades_are_shown_with_what_each_gives(policy: Policy) -> None:
    assert "5 亿元奖 100 万元" in bound(policy.measure("revenue"))
    assert "技师人数 8000 元" in bound(policy.measure("skilled-workers"))


def test_the_line_read_aloud_is_followed_by_the_ended_term_while_it_is_over(cards: Cards) -> None:
    assert cards.open("measure", "upgrade", ON).ended == "文件期限 2018—2022 年，已经到期。"
    assert cards.open("measure", "upgrade", date(2022, 12, 31)).ended == ""
