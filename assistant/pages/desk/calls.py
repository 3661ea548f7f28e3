"""While somebody waits: looking up as one types, asking the assistant, an answer again by its receipt."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from assistant.answer import Reply
from assistant.desk import cases
from assistant.desk.accounts import Member
from assistant.desk.answers import Kept
from assistant.desk.cards import Kind
from assistant.desk.keeping import KeepingAssistant
from assistant.errors import StoreUnusable, UnusableInput
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.forms import read_turns
from assistant.pages.desk.gate import Gate, read_form
from assistant.pages.opening import Opening


def build(documents: Documents, gate: Gate, opening: Opening) -> APIRouter:
    """The page of a call and its fragments."""
    routes = APIRouter()

    @routes.get("")
    def call(member: Member = Depends(gate.admit)) -> Response:
        return documents.show(
            "call.html", member, form=cases.CaseForm.model_construct(question=""), message=opening.problem
        )

    @routes.post("/lookup")  # not GET: what callers say must not stand in a proxy's log
    def lookup(form: dict[str, str] = Depends(read_form)) -> Response:
        words = form.get("q", "")[:200]
        return documents.show("hits.html", None, hits=ready(opening).lookup.find(words), words=words)

    @routes.get("/card")
    def card(kind: str, id: str) -> Response:
        chosen = next((k for k in get_args(Kind) if k == kind), None)
        if chosen is None:
            raise UnusableInput("没有这一项，请重新查找。")
        assistant = ready(opening)
        found = assistant.cards.open(chosen, id, gate.today())
        now = answered_now(assistant, found.kept) if found.kept else None
        return documents.show("card.html", None, card=found, again=now, versions=assistant.versions)

    @routes.post("/ask")
    def ask(form: dict[str, str] = Depends(read_form)) -> Response:
        turns = read_turns(form.get("turns", ""))
        assistant = ready(opening)
        reply = assistant.at("desk").reply(turns, gate.today())
        return documents.show("answer.html", None, reply=reply, turns=turns)

    return routes


def ready(opening: Opening) -> KeepingAssistant:
    """The assistant, once it is there."""
    if not isinstance(opening.assistant, KeepingAssistant):
        raise StoreUnusable(opening.problem or "政策索引还在准备，请稍候再试。")
    return opening.assistant


def answered_now(assistant: KeepingAssistant, kept: Kept) -> Reply | None:
    """What the same question is answered now; None where the versions are still those."""
    return None if kept.versions == assistant.versions else assistant.answer_now(kept.turns, kept.as_of)
