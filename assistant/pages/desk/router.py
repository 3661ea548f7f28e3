"""An assistant being opened, a store and the time → the desk's routes, each behind the gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar, get_args

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from assistant.desk import cases, curation, export, inbox, supervision
from assistant.desk.accounts import Accounts, Member
from assistant.desk.answers import Kept, find_answer
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.lookup import Kind
from assistant.desk.schema import FAULTS, JUDGEMENTS, OUTCOMES, Fault, Judgement
from assistant.desk.store import Store, note
from assistant.errors import AccessRefused, AssistantError, EditConflict, StoreUnusable, UnusableInput
from assistant.pages.desk.documents import OFFICE, Documents
from assistant.pages.desk.gate import (
    COOKIE,
    Gate,
    NotSignedIn,
    forget,
    read_form,
    refuse_foreign,
    refuse_open_wire,
    remember,
)
from assistant.pages.opening import Opening

RowNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
_Form = TypeVar("_Form", bound=BaseModel)
_STATUS: tuple[tuple[type[AssistantError], int], ...] = (
    (NotSignedIn, 401), (AccessRefused, 403), (EditConflict, 409), (UnusableInput, 422), (StoreUnusable, 503),
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DEFAULT_DAYS = 30


def add_desk(app: FastAPI, opening: Opening, store: Store, embedding_model: str, now: Callable[[], datetime]) -> None:
    """Add every route of the desk to `app`, and how it says what went wrong."""
    documents = Documents()
    gate = Gate(Accounts(store), now)
    app.include_router(_door(documents, gate))
    behind = [Depends(gate.admit)]
    app.include_router(_calls(documents, gate, opening, store), prefix="/desk", dependencies=behind)
    app.include_router(_case_files(documents, gate, store), prefix="/desk", dependencies=behind)
    app.include_router(
        _knowledge(documents, gate, opening, store, embedding_model), prefix="/desk", dependencies=behind
    )
    app.include_router(_figures(documents, gate, store), prefix="/desk", dependencies=[Depends(gate.admit_supervisor)])
    app.include_router(_nowhere(), prefix="/desk", dependencies=behind)

    @app.exception_handler(AssistantError)
    def refused(request: Request, error: AssistantError) -> Response:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        if "x-csrf" in request.headers or not request.url.path.startswith("/desk"):
            return JSONResponse({"message": str(error)}, status)
        if isinstance(error, NotSignedIn) and request.method == "GET":
            return RedirectResponse("/desk/login", 303)
        return documents.show("problem.html", None, status, message=str(error))


def _door(documents: Documents, gate: Gate) -> APIRouter:
    """Signing in and out: the only pages outside the gate."""
    routes = APIRouter(prefix="/desk")

    @routes.get("/login")
    def sign_in_page() -> Response:
        return documents.show("login.html", None, message="", name="")

    @routes.post("/login")
    def sign_in(request: Request, form: dict[str, str] = Depends(read_form)) -> Response:
        name = form.get("name", "").strip()
        address = request.client.host if request.client else ""
        try:
            refuse_foreign(request)
            refuse_open_wire(request)
            token = gate.accounts.sign_in(name, form.get("password", ""), address, gate.now())
        except AccessRefused as error:
            return documents.show("login.html", None, 403, message=str(error), name=name)
        response = RedirectResponse("/desk", 303)
        remember(request, response, token)
        return response

    @routes.post("/logout")
    def sign_out(request: Request, member: Member = Depends(gate.admit)) -> Response:
        gate.accounts.sign_out(request.cookies[COOKIE], member.name, gate.now())
        response = RedirectResponse("/desk/login", 303)
        forget(response)
        return response

    return routes


def _calls(documents: Documents, gate: Gate, opening: Opening, store: Store) -> APIRouter:
    """While somebody waits: looking up as one types, asking the assistant, an answer again by its receipt."""
    routes = APIRouter()

    @routes.get("")
    def call(member: Member = Depends(gate.admit)) -> Response:
        return documents.show(
            "call.html", member, form=cases.CaseForm.model_construct(question=""), message=opening.problem
        )

    @routes.get("/lookup")
    def lookup(q: str = "") -> Response:
        return documents.show("hits.html", None, hits=_ready(opening).lookup.find(q[:200]), words=q)

    @routes.get("/card")
    def card(kind: str, id: str) -> Response:
        chosen = next((k for k in get_args(Kind) if k == kind), None)
        if chosen is None:
            raise UnusableInput("没有这一项，请重新查找。")
        assistant = _ready(opening)
        found = assistant.lookup.open(chosen, id, _today(gate))
        again = _again(assistant, found.kept) if found.kept else None
        return documents.show("card.html", None, card=found, again=again, versions=assistant.versions)

    @routes.post("/ask")
    def ask(form: dict[str, str] = Depends(read_form)) -> Response:
        turns = _turns(form.get("turns", ""))
        assistant = _ready(opening)
        reply = assistant.at("desk").reply(turns, _today(gate))
        return documents.show("answer.html", None, reply=reply, question=turns[-1])

    return routes


def _case_files(documents: Documents, gate: Gate, store: Store) -> APIRouter:
    """Cases: kept, found, changed with their history, handed out."""
    routes = APIRouter()

    @routes.get("/cases")
    def listed(request: Request, member: Member = Depends(gate.admit)) -> Response:
        wanted = dict(request.query_params)
        found = cases.find_cases(store, _filter(wanted, _today(gate)))
        return documents.show("cases.html", member, cases=found, wanted=wanted, query=str(request.url.query))

    @routes.post("/cases")
    def keep(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        case = cases.open_case(store, _read(cases.CaseForm, form), member.name, gate.now())
        return JSONResponse({"message": f"已记下，案件 {case.id}。", "id": case.id})

    @routes.get("/cases.csv")
    def as_csv(request: Request, member: Member = Depends(gate.admit)) -> Response:
        return _handed_out(request, member, "csv")

    @routes.get("/cases.xlsx")
    def as_xlsx(request: Request, member: Member = Depends(gate.admit)) -> Response:
        return _handed_out(request, member, "xlsx")

    def _handed_out(request: Request, member: Member, kind: str) -> Response:
        found = cases.find_cases(store, _filter(dict(request.query_params), _today(gate)), limit=None)
        with store.write() as session:
            note(session, gate.now(), member.name, "导出案件", f"{kind}，{len(found)} 件")
        if kind == "csv":
            return _attached(cases.as_csv(found, OFFICE), "text/csv; charset=utf-8", "cases.csv")
        return _attached(cases.as_xlsx(found, OFFICE), _XLSX, "cases.xlsx")

    @routes.get("/cases/{case_id}")
    def shown(case_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        case, revisions = cases.find_case(store, case_id)
        return documents.show("case.html", member, case=case, form=case, revisions=revisions, message="")

    @routes.post("/cases/{case_id}")
    def change(
        case_id: RowNumber, form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)
    ) -> Response:
        try:
            version = int(form.pop("version", "0"))
            cases.change_case(store, case_id, version, _read(cases.CaseForm, form), member.name, gate.now())
        except (EditConflict, UnusableInput, StoreUnusable) as error:
            status = next(code for kind, code in _STATUS if isinstance(error, kind))
            case, revisions = cases.find_case(store, case_id)
            return documents.show(
                "case.html",
                member,
                status,
                case=case,
                form=dict.fromkeys(cases.LABELS, "") | form,
                revisions=revisions,
                message=str(error),
            )
        return RedirectResponse(f"/desk/cases/{case_id}", 303)

    @routes.post("/cases/{case_id}/question")
    def as_question(case_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        case, _ = cases.find_case(store, case_id)
        kept = _kept(store, case.receipt)
        with store.write() as session:
            note(session, gate.now(), member.name, "导出评测题", f"案件 {case_id}")
        line = export.as_question(f"case-{case_id}", kept, None, f"热线案件 {case_id}")
        return _attached(f"{line}\n".encode(), "application/x-ndjson", f"case-{case_id}.jsonl")

    return routes


def _knowledge(documents: Documents, gate: Gate, opening: Opening, store: Store, embedding_model: str) -> APIRouter:
    """What visitors said and what went unanswered, judged; and answers that staff write."""
    routes = APIRouter()

    @routes.get("/inbox")
    def waiting(member: Member = Depends(gate.admit)) -> Response:
        groups = inbox.waiting(store)
        receipts = {s.receipt for group in groups for s in group.signals}
        kept = {receipt: found for receipt in receipts if (found := find_answer(store, receipt))}
        return documents.show("inbox.html", member, groups=groups, kept=kept, judged=inbox.judged(store))

    @routes.post("/inbox/judge")
    def judge(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        judgement: Judgement | None = next((j for j in JUDGEMENTS if j == form.get("judgement")), None)
        fault: Fault | None = next((f for f in FAULTS if f == form.get("fault")), None)
        ids = [int(part) for part in form.get("signals", "").split(",") if part.isdecimal()]
        if judgement is None or not ids:
            raise UnusableInput("请选“答得对”“答得不对”或“不属于本政策”。")
        inbox.judge(store, ids, judgement, fault, member.name, gate.now())
        return RedirectResponse("/desk/inbox", 303)

    @routes.post("/inbox/group")
    def group(member: Member = Depends(gate.admit)) -> Response:
        inbox.group_apart(store.url, embedding_model)
        return RedirectResponse("/desk/inbox", 303)

    @routes.post("/inbox/{signal_id}/question")
    def as_question(
        signal_id: RowNumber, form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)
    ) -> Response:
        signal = inbox.find_signal(store, signal_id)
        if signal.judgement is None:
            raise UnusableInput("还没有判定，请先判定再导出。")
        expected: export.Expectation | None = None
        if signal.judgement == "outside":
            expected = export.Expectation(status="not_covered")
        elif signal.judgement == "wrong":
            expected = _read(export.Expectation, form)
        said = f"反馈 {signal_id}：坐席判为{JUDGEMENTS[signal.judgement]}"
        with store.write() as session:
            note(session, gate.now(), member.name, "导出评测题", f"反馈 {signal_id}")
        line = export.as_question(f"signal-{signal_id}", _kept(store, signal.receipt), expected, said)
        return _attached(f"{line}\n".encode(), "application/x-ndjson", f"signal-{signal_id}.jsonl")

    @routes.get("/curated")
    def curated(member: Member = Depends(gate.admit), clause: str = "") -> Response:
        policy = _ready(opening).policy
        answers = curation.curated_answers(store, policy)
        form = {"clause": clause, "question": "", "answer": ""}
        return documents.show("curated.html", member, answers=answers, policy=policy, form=form, message="")

    @routes.post("/curated")
    def curate(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        policy = _ready(opening).policy
        try:
            curation.curate(store, policy, _read(curation.CuratedForm, form), member.name, gate.now())
        except UnusableInput as error:
            answers = curation.curated_answers(store, policy)
            shown = {key: form.get(key, "") for key in ("clause", "question", "answer")}
            return documents.show(
                "curated.html", member, 422, answers=answers, policy=policy, form=shown, message=str(error)
            )
        return RedirectResponse("/desk/curated", 303)

    @routes.post("/curated/{curated_id}/withdraw")
    def withdraw(curated_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        curation.withdraw(store, curated_id, member.name, gate.now())
        return RedirectResponse("/desk/curated", 303)

    return routes


def _figures(documents: Documents, gate: Gate, store: Store) -> APIRouter:
    """For supervisors: what happened in a period, and who did what."""
    routes = APIRouter()

    @routes.get("/figures")
    def figures(start: str = "", end: str = "", member: Member = Depends(gate.admit)) -> Response:
        last = _day(end, "end") or _today(gate)
        first = _day(start, "start") or last - timedelta(days=_DEFAULT_DAYS - 1)
        if not timedelta(0) <= last - first < timedelta(days=supervision.LONGEST_PERIOD):
            raise UnusableInput(f"时间段应从早到晚、不超过 {supervision.LONGEST_PERIOD} 天。")
        period = supervision.Period(first, last, OFFICE)
        return documents.show("figures.html", member, period=period, overview=supervision.overview(store, period))

    @routes.get("/audit")
    def audit(member: Member = Depends(gate.admit)) -> Response:
        return documents.show("audit.html", member, lines=supervision.audit_trail(store))

    return routes


def _nowhere() -> APIRouter:
    """Whatever else is asked of the desk: it is not there, and only members hear so."""
    routes = APIRouter()

    @routes.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def nowhere(rest: str) -> Response:
        return JSONResponse({"message": "没有这一页。"}, 404)

    return routes


def _ready(opening: Opening) -> KeepingAssistant:
    if not isinstance(opening.assistant, KeepingAssistant):
        raise StoreUnusable(opening.problem or "政策索引还在准备，请稍候再试。")
    return opening.assistant


def _again(assistant: KeepingAssistant, kept: Kept) -> Any:
    """What the same question is answered now; None where the versions are still those."""
    return None if kept.versions == assistant.versions else assistant.answer_now(kept.turns, kept.as_of)


def _kept(store: Store, receipt: str) -> Kept:
    kept = find_answer(store, receipt)
    if kept is None:
        raise UnusableInput("没有这个回执的回答，导不出评测题。")
    return kept


def _read(model: type[_Form], form: dict[str, str]) -> _Form:
    """The form as its model; empty fields are left to their defaults; `UnusableInput` names the fields at fault."""
    try:
        return model.model_validate({k: v.strip() for k, v in form.items() if k in model.model_fields and v.strip()})
    except ValidationError as error:
        names = "、".join(dict.fromkeys(_LABELS.get(str(e["loc"][0]), str(e["loc"][0])) for e in error.errors()))
        raise UnusableInput(f"没有记下：请检查{names}（没有填、太长或格式不对）。") from error


_LABELS = cases.LABELS | {"status": "应有的状态", "clause": "条款", "words": "应有的字"}


def _turns(text: str) -> list[str]:
    try:
        turns = json.loads(text)
    except json.JSONDecodeError:
        turns = None
    if not isinstance(turns, list) or not turns or not all(isinstance(t, str) for t in turns):
        raise UnusableInput("请先写下问题。")
    return turns


def _filter(wanted: dict[str, str], today: date) -> cases.Filter:
    first, last = _day(wanted.get("start", ""), "start"), _day(wanted.get("end", ""), "end")
    return cases.Filter(
        words=wanted.get("words", "")[:200],
        outcome=wanted.get("outcome", "") if wanted.get("outcome", "") in OUTCOMES else "",
        who=wanted.get("who", ""),
        opened_from=datetime.combine(first, time(), OFFICE) if first else None,
        opened_before=datetime.combine(last + timedelta(days=1), time(), OFFICE) if last else None,
        due_until=today if wanted.get("due") else None,
    )


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnusableInput(f"日期 {name}={text[:20]} 应写成 2026-01-31 这样。") from error


def _today(gate: Gate) -> date:
    return gate.now().astimezone(OFFICE).date()


def _attached(body: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)
