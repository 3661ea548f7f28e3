"""Calls → cases: opened, found, changed with their history, and handed out as CSV or Excel."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from openpyxl import Workbook
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from assistant.desk.masking import mask
from assistant.desk.schema import OFFICE, OUTCOMES, Case, Outcome, Revision
from assistant.desk.store import Store, note
from assistant.errors import EditConflict, UnusableInput

PAGE = 100  # cases shown at a time
_LONG = 20_000
LABELS = {
    "caller": "来电人", "question": "问题", "answer": "答复", "receipt": "回执", "outcome": "结果",
    "follow_up": "后续", "due": "到期日",
}  # fmt: skip
_HEADS = ("编号", "时间", "坐席", "来电人", "问题", "答复", "回执", "结果", "后续", "到期日", "最后修改", "修改人")
_NUMBERED = re.compile(r"(?:#|案件)(\d{1,9})")
# Spreadsheets take a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def _bare(text: str) -> str:
    return re.sub(r"回执|\s", "", text).lower()


Receipt = Annotated[str, BeforeValidator(_bare), Field(pattern=r"^([0-9a-f]{10})?$")]


class CaseForm(BaseModel):
    """What staff write down of a call; names and numbers of people are masked when it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caller: str = Field("", max_length=100)
    question: str = Field(min_length=1, max_length=2000)
    answer: str = Field("", max_length=_LONG)
    receipt: Receipt = ""
    outcome: Outcome = "open"
    follow_up: str = Field("", max_length=2000)
    due: date | None = None


@dataclass(frozen=True)
class Filter:
    """Which cases are wanted; "" and None leave a field open.

    All of `words` must occur somewhere (#12 is a case's number), all of `asked` in the question.
    """

    words: str = ""
    asked: str = ""
    outcome: str = ""
    who: str = ""
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    due_until: date | None = None


def open_case(store: Store, form: CaseForm, who: str, at: datetime) -> Case:
    """Keep a new case."""
    with store.write() as session:
        case = Case(opened_at=at, opened_by=who, changed_at=at, changed_by=who, **_masked(form))
        session.add(case)
        session.flush()
        note(session, at, who, "记下来电", f"案件 {case.id}")
        return case


def change_case(store: Store, case_id: int, version: int, form: CaseForm, who: str, at: datetime) -> Case:
    """Change a case as it was at `version`; `EditConflict` when somebody else has changed it since."""
    try:
        with store.write() as session:
            case = _case(session, case_id)
            if case.version != version:
                raise StaleDataError
            changed = {field: value for field, value in _masked(form).items() if getattr(case, field) != value}
            if not changed:
                return case
            changes = {name: [str(getattr(case, name) or ""), str(value or "")] for name, value in changed.items()}
            for field, value in changed.items():
                setattr(case, field, value)
            case.changed_at, case.changed_by = at, who
            session.flush()
            session.add(Revision(case_id=case.id, version=case.version, at=at, who=who, changes=changes))
            note(session, at, who, "修改案件", f"案件 {case.id}：{'、'.join(changes)}")
            return case
    except StaleDataError:
        raise EditConflict("这个案件刚被别人改过。您写的还在下面，请对照最新内容后再保存。") from None


def find_case(store: Store, case_id: int) -> tuple[Case, list[Revision]]:
    """A case and its changes, the newest first; `UnusableInput` when there is none."""
    with store.read() as session:
        case = _case(session, case_id)
        made = select(Revision).where(Revision.case_id == case_id).order_by(Revision.version.desc())
        return case, list(session.scalars(made))


def find_cases(store: Store, wanted: Filter, limit: int | None = PAGE, skip: int = 0) -> list[Case]:
    """The cases that fit, the newest first, `skip` of them left out."""
    with store.read() as session:
        chosen = _narrowed(wanted).order_by(Case.opened_at.desc(), Case.id.desc())
        return list(session.scalars(chosen.limit(limit).offset(skip)))


def as_csv(cases: Sequence[Case]) -> bytes:
    """The cases as CSV that Excel opens in Chinese; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADS)
    writer.writerows(_row(case) for case in cases)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(cases: Sequence[Case]) -> bytes:
    """The cases as an Excel workbook; every cell is text."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "来电案件"
    sheet.append(_HEADS)
    for case in cases:
        sheet.append(_row(case))
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.data_type = "s"
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _masked(form: CaseForm) -> dict[str, object]:
    fields = form.model_dump()
    masked = {
        name: mask(fields[name], is_name=name in ("caller", "follow_up"))
        for name in ("caller", "question", "answer", "follow_up")
    }
    return fields | masked


def _case(session: Session, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise UnusableInput(f"没有第 {case_id} 号案件，可能已经清理。")
    return case


def _narrowed(wanted: Filter) -> Select[Case]:
    chosen = select(Case)
    for word in wanted.words.split():
        columns = (Case.caller, Case.question, Case.answer, Case.follow_up, Case.receipt)
        matches = [column.icontains(word, autoescape=True) for column in columns]
        if (number := _NUMBERED.fullmatch(word)) is not None:
            matches.append(Case.id == int(number[1]))
        chosen = chosen.where(or_(*matches))
    for word in wanted.asked.split():
        chosen = chosen.where(Case.question.icontains(word, autoescape=True))
    if wanted.outcome:
        chosen = chosen.where(Case.outcome == wanted.outcome)
    if wanted.who:
        chosen = chosen.where(Case.opened_by == wanted.who)
    if wanted.opened_from:
        chosen = chosen.where(Case.opened_at >= wanted.opened_from)
    if wanted.opened_before:
        chosen = chosen.where(Case.opened_at < wanted.opened_before)
    if wanted.due_until:
        chosen = chosen.where(Case.due <= wanted.due_until, Case.outcome != "resolved")
    return chosen


def _row(case: Case) -> list[str]:
    def when(at: datetime) -> str:
        return at.astimezone(OFFICE).strftime("%Y-%m-%d %H:%M")

    outcome = OUTCOMES[case.outcome]
    cells = (
        str(case.id), when(case.opened_at), case.opened_by, case.caller, case.question, case.answer, case.receipt,
        outcome, case.follow_up, str(case.due or ""), when(case.changed_at), case.changed_by,
    )  # fmt: skip
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
