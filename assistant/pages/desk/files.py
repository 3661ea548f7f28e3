"""Cases: kept, found, changed with their history, handed out."""

from __future__ import annotations

from urllib.parse import unquote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from assistant.desk import cases, export
from assistant.desk.accounts import Member
from assistant.desk.answers import Kept, find_answer
from assistant.desk.store import Store, note
from assistant.errors import EditConflict, StoreUnusable, UnusableInput
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.forms import RowNumber, attached, read, read_filter, read_number
from assistant.pages.desk.gate import Gate, read_form, status_of

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def build(documents: Documents, gate: Gate, store: Store) -> APIRouter:
    """The pages of cases."""
    routes = APIRouter()

    @routes.get("/cases")
    def listed(request: Request, member: Member = Depends(gate.admit)) -> Response:
        wanted = dict(request.query_params)
        number = max(1, read_number(wanted.pop("page", "")))
        chosen = read_filter(wanted, gate.today())
        found = cases.find_cases(store, chosen, cases.PAGE + 1, (number - 1) * cases.PAGE)
        return documents.show(
            "cases.html", member, cases=found[: cases.PAGE], wanted=wanted, query=urlencode(wanted), number=number,
            has_older=len(found) > cases.PAGE,
        )  # fmt: skip

    @routes.post("/cases")
    def keep(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        case = cases.open_case(store, read(cases.CaseForm, form), member.name, gate.now())
        return JSONResponse({"message": f"已记下，案件 {case.id}。", "id": case.id})

    @routes.get("/cases.csv")
    def as_csv(request: Request, member: Member = Depends(gate.admit)) -> Response:
        return _handed_out(request, member, "csv")

    @routes.get("/cases.xlsx")
    def as_xlsx(request: Request, member: Member = Depends(gate.admit)) -> Response:
        return _handed_out(request, member, "xlsx")

    def _handed_out(request: Request, member: Member, kind: str) -> Response:
        found = cases.find_cases(store, read_filter(dict(request.query_params), gate.today()), limit=None)
        chosen = unquote(request.url.query) or "全部"
        with store.write() as session:
            note(session, gate.now(), member.name, "导出案件", f"{kind}，{len(found)} 件，{chosen}")
        if kind == "csv":
            return attached(cases.as_csv(found), "text/csv; charset=utf-8", "cases.csv")
        return attached(cases.as_xlsx(found), _XLSX, "cases.xlsx")

    @routes.get("/cases/{case_id}")
    def shown(case_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        case, revisions = cases.find_case(store, case_id)
        return documents.show("case.html", member, case=case, form=case, revisions=revisions, message="")

    @routes.post("/cases/{case_id}")
    def change(
        case_id: RowNumber, form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)
    ) -> Response:
        version = read_number(form.pop("version", ""))
        try:
            cases.change_case(store, case_id, version, read(cases.CaseForm, form), member.name, gate.now())
        except (EditConflict, UnusableInput, StoreUnusable) as error:
            case, revisions = cases.find_case(store, case_id)
            return documents.show(
                "case.html",
                member,
                status_of(error),
                case=case,
                form=dict.fromkeys(cases.LABELS, "") | form,
                revisions=revisions,
                message=str(error),
            )
        return RedirectResponse(f"/desk/cases/{case_id}", 303)

    @routes.post("/cases/{case_id}/question")
    def as_question(case_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        case, _ = cases.find_case(store, case_id)
        kept = kept_under(store, case.receipt)
        with store.write() as session:
            note(session, gate.now(), member.name, "导出评测题", f"案件 {case_id}")
        line = export.as_question(f"case-{case_id}", kept, None, f"热线案件 {case_id}")
        return as_lines(line, f"case-{case_id}")

    return routes


def kept_under(store: Store, receipt: str) -> Kept:
    """The answer an evaluation question is made of."""
    kept = find_answer(store, receipt)
    if kept is None:
        raise UnusableInput("没有这个回执的回答，导不出评测题。")
    return kept


def as_lines(line: str, name: str) -> Response:
    """One evaluation question as a file."""
    return attached(f"{line}\n".encode(), "application/x-ndjson", f"{name}.jsonl")
