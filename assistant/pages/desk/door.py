"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from assistant.desk.accounts import Member
from assistant.desk.store import Store
from assistant.errors import AccessRefused
from assistant.pages.desk.documents import Documents
from assistant.pages.desk.gate import (
    COOKIE,
    Gate,
    forget,
    read_form,
    refuse_foreign,
    refuse_open_wire,
    remember,
)


def build(documents: Documents, gate: Gate, store: Store) -> APIRouter:
    """The only pages outside the gate."""
    routes = APIRouter(prefix="/desk")

    @routes.get("/login")
    def sign_in_page() -> Response:
        return documents.show("login.html", None, message=store.trouble(), name="")

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
