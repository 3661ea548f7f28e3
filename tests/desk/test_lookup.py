"""What staff type → what may answer it; and what each result says, asks and warns of."""

from __future__ import annotations

from datetime import date

import pytest
from desk.conftest import NOON

from assistant.desk import curation
from assistant.desk.cases import CaseForm, open_case
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.lookup import KINDS, LONGEST_LINE, Lookup, bound
from assistant.desk.store import Store
from assistant.errors import UnusableInput
from assistant.guard import figures
from assistant.policies import Policy
from assistant.wiring import Assistant

ON = date(2026, 3, 2)


@pytest.fixture
def lookup(assistant: Assistant, store: Store) -> Lookup:
    return KeepingAssistant(assistant, store, lambda: NOON).lookup


@pytest.mark.parametrize(
    ("typed", "kind", "id"),
    [
        ("5.9", "measure", "revenue"),
        ("五、（九）", "clause", "5.9"),
        ("第九条", "measure", "revenue"),
        ("贴息", "measure", "interest"),
        ("技改", "measure", "upgrade"),
        ("共性工厂", "measure", "shared-factory"),
        ("買設備", "measure", "equipment-purchase"),
        ("电话", "silence", "phone"),
        ("什么时候到账", "silence", "payment"),
        ("科技局", "clause", "5.14"),
        ("1000万", "measure", "equipment-purchase"),
        ("5000元", "measure", "skilled-workers"),
        ("70%", "measure", "interest"),
        ("大面积光刻", "clause", "3.4"),
    ],
)
def test_words_numbers_departments_and_amounts_find_what_they_name(
    lookup: Lookup, typed: str, kind: str, id: str
) -> None:
    assert (kind, id) in [(hit.kind, hit.id) for hit in lookup.find(typed)]


@pytest.mark.parametrize("typed", ["贴息", "贴息 上限", "贴息上限多少", "贴息上限多少钱一年"])
def test_the_first_result_stays_first_as_more_is_typed(lookup: Lookup, typed: str) -> None:
    assert lookup.find(typed)[0].id == "interest"


@pytest.mark.parametrize("typed", ["", "   ", "㊙㊙㊙", "zzzz"])
def test_nothing_is_found_for_nothing(lookup: Lookup, typed: str) -> None:
    assert lookup.find(typed) == []


def test_every_measure_and_clause_has_a_line_short_enough_to_read_aloud(lookup: Lookup, policy: Policy) -> None:
    for kind, names in (("measure", [m.id for m in policy.measures]), ("clause", [c.id for c in policy.clauses[:-1]])):
        for name in names:
            hit = lookup.open(kind, name, ON).hit  # type: ignore[arg-type]
            assert 0 < len(hit.aloud) <= LONGEST_LINE, (kind, name)


def test_every_figure_on_a_card_stands_in_the_clause(lookup: Lookup, policy: Policy) -> None:
    for measure in policy.measures:
        card = lookup.open("measure", measure.id, ON)
        held = figures(policy.clause(measure.clause).text)
        assert figures(card.hit.aloud) <= held, measure.id
        assert {f for f in figures(bound(measure)) if f[0] != "digits"} <= held, measure.id


def test_an_upper_bound_is_read_aloud_and_shown_as_one(lookup: Lookup, policy: Policy) -> None:
    for measure in policy.measures:
        card = lookup.open("measure", measure.id, ON)
        if measure.modality == "at_most":
            assert any(word in card.hit.aloud for word in ("最高", "不超过")), measure.id
            assert "最高不超过" in card.bound or "不超过" in card.bound, measure.id
            assert any("只说“最高不超过”" in line for line in card.not_promised)


def test_a_card_asks_warns_and_names_the_twin_and_the_department(lookup: Lookup, policy: Policy) -> None:
    card = lookup.open("measure", "equipment-purchase", ON)
    assert card.asks == ("核心仪器设备的购置发票金额是多少？",)
    assert card.bound == "不超过 50%，最高不超过 1000 万元（每个项目）"
    assert [t.id for t in card.twins] == list(policy.measure("equipment-purchase").twins) != []
    assert card.departments == policy.clause("5.13").departments
    assert any("已经结束" in line for line in card.not_promised)
    assert not any("已经结束" in line for line in lookup.open("measure", "revenue", date(2020, 1, 1)).not_promised)


def test_answered_calls_curated_answers_and_receipts_are_found_and_open(
    assistant: Assistant, store: Store, policy: Policy
) -> None:
    keeping = KeepingAssistant(assistant, store, lambda: NOON)
    receipt = keeping.reply(["技改投3000万最高补多少"], ON).receipt
    open_case(store, CaseForm(question="搬厂能补什么", answer="**最高 500 万元**", outcome="resolved"), "lin", NOON)
    open_case(store, CaseForm(question="搬厂还没答", outcome="open"), "lin", NOON)
    form = curation.CuratedForm(clause="5.4", question="搬厂怎么答", answer="按净值的 10%，最高不超过 500 万元。")
    curation.curate(store, policy, form, "lin", NOON)
    hits = keeping.lookup.find("搬厂")
    assert [(h.kind, h.title) for h in hits[:2]] == [("curated", "搬厂怎么答"), ("case", "搬厂能补什么")]
    assert keeping.lookup.open("case", hits[1].id, ON).hit.aloud == "最高 500 万元"
    assert keeping.lookup.open("curated", hits[0].id, ON).clauses[0].id == "5.4"
    assert keeping.lookup.open("clause", "5.4", ON).curated == (("搬厂怎么答", "按净值的 10%，最高不超过 500 万元。"),)
    (found,) = [h for h in keeping.lookup.find(receipt) if h.kind == "answer"]
    kept = keeping.lookup.open("answer", found.id, ON).kept
    assert kept is not None
    assert kept.receipt == receipt


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_told(lookup: Lookup, kind: str) -> None:
    for name in ("nothing", "999999999999", "-1"):
        with pytest.raises(UnusableInput):
            lookup.open(kind, name, ON)  # type: ignore[arg-type]
