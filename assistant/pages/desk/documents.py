"""A template and what it shows → a document that may load nothing but itself and is kept nowhere."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from assistant.answer import Reply
from assistant.desk import schema
from assistant.desk.accounts import Member
from assistant.desk.cards import KINDS, cut, plain_words
from assistant.desk.cases import LABELS
from assistant.desk.schema import OFFICE
from assistant.desk.supervision import STATUSES
from assistant.pages.render import render

_HERE = Path(__file__).parent
_STYLES = "\n".join(path.read_text("utf-8") for path in (_HERE.parent / "style.css", _HERE / "desk.css"))
_SCRIPT = (_HERE / "desk.js").read_text("utf-8")


class Documents:
    """The desk's templates; all that is put into them is escaped."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"moment": _moment, "reply": _reply, "plain": plain_words, "aloud": _aloud}
        self._templates.globals |= {
            "KINDS": KINDS, "OUTCOMES": schema.OUTCOMES, "VOICES": schema.VOICES, "ROLES": schema.ROLES,
            "JUDGEMENTS": schema.JUDGEMENTS, "FAULTS": schema.FAULTS, "CASE_LABELS": LABELS, "STATUSES": STATUSES,
        }  # fmt: skip

    def show(self, template: str, member: Member | None, status: int = 200, **shown: Any) -> HTMLResponse:
        """The template filled in, in the desk's frame (a fragment has none)."""
        nonce = secrets.token_urlsafe(16)
        frame = {"member": member, "nonce": nonce, "styles": Markup(_STYLES), "script": Markup(_SCRIPT)}
        html = self._templates.get_template(template).render(**frame, **shown)
        return HTMLResponse(html, status, headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    return {
        "content-security-policy": (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def _moment(at: datetime) -> str:
    return at.astimezone(OFFICE).strftime("%Y-%m-%d %H:%M")


def _aloud(reply: Reply) -> str:
    """The line of an answer to read aloud: its first, in plain words."""
    return cut(plain_words(reply.text.split("\n\n")[0]))


def _reply(reply: Reply, question: str) -> Markup:
    return Markup(render(reply, question))  # escaped piece by piece there
