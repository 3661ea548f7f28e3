"""What visitors said and what went unanswered, judged; and answers that staff write."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from assistant.desk import curation, export, inbox
from assistant.desk.accounts import Member
from assistant.desk.answers import find_answer
from assistant.desk.schema import FAULTS, JUDGEMENTS, Fault, Judgement
from assistant.desk.store import Store, note
from assistant.errors import UnusableInput
from assistant.pages.desk.calls import ready
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.files import as_lines, kept_under
from assistant.pages.desk.forms import RowNumber, read, read_number
from assistant.pages.desk.gate import Gate, read_form
from assistant.pages.opening import Opening


def build(documents: Documents, gate: Gate, opening: Opening, store: Store, embedding_model: str) -> APIRouter:
    """The queue and the curated answers."""
    routes = APIRouter()

    @routes.get("/inbox")
    def waiting(member: Member = Depends(gate.admit)) -> Response:
        groups = inbox.waiting(store)
        receipts = {group.signals[0].receipt for group in groups}
        kept = {receipt: found for receipt in receipts if (found := find_answer(store, receipt))}
        return documents.show("inbox.html", member, groups=groups, kept=kept, judged=inbox.judged(store))

    @routes.post("/inbox/judge")
    def judge(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        judgement: Judgement | None = next((j for j in JUDGEMENTS if j == form.get("judgement")), None)
        fault: Fault | None = next((f for f in FAULTS if f == form.get("fault")), None)
        ids = [read_number(part) for part in form.get("signals", "")[:2000].split(",")]
        if judgement is None or not any(ids):
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
            expected = read(export.Expectation, form)
        said = f"反馈 {signal_id}：坐席判为{JUDGEMENTS[signal.judgement]}"
        with store.write() as session:
            note(session, gate.now(), member.name, "导出评测题", f"反馈 {signal_id}")
        line = export.as_question(f"signal-{signal_id}", kept_under(store, signal.receipt), expected, said)
        return as_lines(line, f"signal-{signal_id}")

    @routes.get("/curated")
    def curated(member: Member = Depends(gate.admit), clause: str = "") -> Response:
        policy = ready(opening).policy
        answers = curation.curated_answers(store, policy)
        form = {"clause": clause, "question": "", "answer": ""}
        return documents.show("curated.html", member, answers=answers, form=form, message="")

    @routes.post("/curated")
    def curate(form: dict[str, str] = Depends(read_form), member: Member = Depends(gate.admit)) -> Response:
        policy = ready(opening).policy
        try:
            curation.curate(store, policy, read(curation.CuratedForm, form), member.name, gate.now())
        except UnusableInput as error:
            answers = curation.curated_answers(store, policy)
            shown = {key: form.get(key, "") for key in ("clause", "question", "answer")}
            return documents.show("curated.html", member, 422, answers=answers, form=shown, message=str(error))
        return RedirectResponse("/desk/curated", 303)

    @routes.post("/curated/{curated_id}/withdraw")
    def withdraw(curated_id: RowNumber, member: Member = Depends(gate.admit)) -> Response:
        curation.withdraw(store, curated_id, member.name, gate.now())
        return RedirectResponse("/desk/curated", 303)

    return routes
