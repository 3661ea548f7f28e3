"""Cases: masked, found, filtered, and handed out so that no cell runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from databases import NOON
from openpyxl import load_workbook
from pydantic import ValidationError

from assistant.desk.cards import case_hit
from assistant.desk.cases import CaseForm, Filter, as_csv, as_xlsx, change_case, find_case, find_cases, open_case
from assistant.desk.store import Store
from assistant.errors import UnusableInput


def form(question: str = "技改补多少", **fields: object) -> CaseForm:
    return CaseForm.model_validate({"question": question, **fields})


def test_who_called_is_masked_before_it_is_kept(store: Store) -> None:
    said = form("我是腾讯公司的，电话13812345678", caller="明阳公司 王先生 13912345678", follow_up="回电 0760-88321234")
    case, _ = find_case(store, open_case(store, said, "lin", NOON).id)
    assert (case.caller, case.question, case.follow_up) == (
        "［单位］公司 王先生 139****5678",
        "我是［单位］公司的，电话［电话］",
        "回电 ［电话］",
    )


def test_cases_are_found_by_words_number_receipt_and_each_filter(store: Store) -> None:
    first = open_case(store, form("技改补多少", receipt="b1886dc957", outcome="resolved"), "lin", NOON)
    second = open_case(store, form("贴息最高多少", due=date(2026, 3, 5)), "chen", NOON + timedelta(days=2))
    for wanted, found in [
        (Filter(), [second.id, first.id]),
        (Filter(words="技改"), [first.id]),
        (Filter(words="技改 多少"), [first.id]),
        (Filter(words="技改 贴息"), []),
        (Filter(words="B1886DC957"), [first.id]),
        (Filter(words=f"#{second.id}"), [second.id]),
        (Filter(asked="技改"), [first.id]),
        (Filter(words="%"), []),
        (Filter(outcome="resolved"), [first.id]),
        (Filter(who="chen"), [second.id]),
        (Filter(opened_from=NOON + timedelta(days=1)), [second.id]),
        (Filter(opened_before=NOON + timedelta(days=1)), [first.id]),
        (Filter(due_until=date(2026, 3, 4)), []),
        (Filter(due_until=date(2026, 3, 5)), [second.id]),
    ]:
        assert [case.id for case in find_cases(store, wanted)] == found, wanted


def test_a_case_found_again_shows_its_day_at_the_office(store: Store) -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert "2026-03-02" in case_hit(open_case(store, form(), "lin", late)).place


def test_a_change_without_a_change_leaves_no_history(store: Store) -> None:
    case = open_case(store, form(), "lin", NOON)
    assert change_case(store, case.id, case.version, form(), "chen", NOON).version == case.version
    assert find_case(store, case.id)[1] == []


def test_a_case_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(UnusableInput, match="没有第 7 号案件"):
        find_case(store, 7)


@pytest.mark.parametrize("begins", ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_of_an_export_is_a_formula(store: Store, begins: str) -> None:
    open_case(store, form(begins, answer=begins, caller=begins), "lin", NOON)
    found = find_cases(store, Filter(), limit=None)
    written = list(csv.reader(io.StringIO(as_csv(found).decode("utf-8-sig"))))
    assert written[1][4] == f"'{begins}"
    sheet = load_workbook(io.BytesIO(as_xlsx(found))).active
    assert sheet is not None
    assert "f" not in {cell.data_type for cell in sheet[2]}
    assert sheet.cell(2, 5).value == f"'{begins}"


def test_an_export_holds_every_field_in_the_time_of_the_office(store: Store) -> None:
    open_case(
        store,
        form(caller="王先生", answer="最高不超过 300 万元", outcome="callback", due=date(2026, 3, 5)),
        "lin",
        NOON,
    )
    row = list(csv.reader(io.StringIO(as_csv(find_cases(store, Filter())).decode("utf-8-sig"))))[1]
    assert row[1:] == [
        "2026-03-02 20:00", "lin", "王先生", "技改补多少", "最高不超过 300 万元", "", "待回电", "", "2026-03-05",
        "2026-03-02 20:00", "lin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "kept"), [("回执 B1886 DC957", "b1886dc957"), ("", ""), (" b1886dc957 ", "b1886dc957")]
)
def test_a_receipt_is_kept_as_it_is_printed(typed: str, kept: str) -> None:
    assert form(receipt=typed).receipt == kept


@pytest.mark.parametrize("typed", ["13800138000", "\x07abc", "b1886dc95", "王先生"])
def test_what_is_no_receipt_is_not_taken_for_one(typed: str) -> None:
    with pytest.raises(ValidationError):
        form(receipt=typed)
