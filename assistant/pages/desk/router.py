"""An assistant being opened, a store and the time → the desk's routes, each behind the gate."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from assistant.desk.accounts import Accounts
from assistant.desk.store import Store
from assistant.errors import AssistantError, StoreAway, UnusableInput
from assistant.pages.desk import calls, door, figures, files, knowledge
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.gate import Gate, NotSignedIn, status_of
from assistant.pages.opening import Opening

log = logging.getLogger(__name__)


def add_desk(app: FastAPI, opening: Opening, store: Store, embedding_model: str, now: Callable[[], datetime]) -> None:
    """Add every route of the desk to `app`, and how it says what went wrong."""
    documents = Documents()
    gate = Gate(Accounts(store), now)
    behind, above = [Depends(gate.admit)], [Depends(gate.admit_supervisor)]
    app.include_router(door.build(documents, gate, store))
    app.include_router(calls.build(documents, gate, opening), prefix="/desk", dependencies=behind)
    app.include_router(files.build(documents, gate, store), prefix="/desk", dependencies=behind)
    app.include_router(
        knowledge.build(documents, gate, opening, store, embedding_model), prefix="/desk", dependencies=behind
    )
    app.include_router(figures.build(documents, gate, store), prefix="/desk", dependencies=above)
    app.include_router(_nowhere(), prefix="/desk", dependencies=behind)

    @app.exception_handler(AssistantError)
    def refused(request: Request, error: AssistantError) -> Response:
        message = str(error)
        if isinstance(error, StoreAway):
            log.warning("%s", error)
            message = error.SHOWN
        if "x-csrf" in request.headers or not request.url.path.startswith("/desk"):
            return JSONResponse({"message": message}, status_of(error))
        if isinstance(error, NotSignedIn) and request.method == "GET":
            return RedirectResponse("/desk/login", 303)
        written = getattr(request.state, "written", {})
        return documents.show("problem.html", None, status_of(error), message=message, written=written)


def _nowhere() -> APIRouter:
    """Whatever else is asked of the desk: it is not there, and only members hear so."""
    routes = APIRouter()

    @routes.api_route("/{rest:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    def nowhere(rest: str) -> Response:
        if not rest:
            return RedirectResponse("/desk", 303)
        raise UnusableInput("没有这一页。")

    return routes
