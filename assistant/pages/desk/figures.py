"""For supervisors: what happened in a period, and who did what."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from assistant.desk import supervision
from assistant.desk.accounts import Member
from assistant.desk.schema import OFFICE
from assistant.desk.store import Store
from assistant.errors import UnusableInput
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.forms import read_day
from assistant.pages.desk.gate import Gate

_DEFAULT_DAYS = 30


def build(documents: Documents, gate: Gate, store: Store) -> APIRouter:
    """The supervisors' pages."""
    routes = APIRouter()

    @routes.get("/figures")
    def figures(start: str = "", end: str = "", member: Member = Depends(gate.admit)) -> Response:
        last = read_day(end, "end") or gate.today()
        first = read_day(start, "start") or last - timedelta(days=_DEFAULT_DAYS - 1)
        if not timedelta(0) <= last - first < timedelta(days=supervision.LONGEST_PERIOD):
            raise UnusableInput(f"时间段应从早到晚、不超过 {supervision.LONGEST_PERIOD} 天。")
        period = supervision.Period(first, last, OFFICE)
        return documents.show("figures.html", member, period=period, overview=supervision.overview(store, period))

    @routes.get("/audit")
    def audit(member: Member = Depends(gate.admit)) -> Response:
        return documents.show("audit.html", member, lines=supervision.audit_trail(store))

    return routes
