"""A request → the member it comes from, or a refusal; the one way into every page of the desk."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date, datetime

from fastapi import Depends, Request
from fastapi.responses import Response

from assistant.desk.accounts import LONGEST, Accounts, Member, is_genuine
from assistant.desk.cases import LABELS
from assistant.desk.masking import clean
from assistant.desk.schema import OFFICE
from assistant.errors import AccessRefused, AssistantError, EditConflict, StoreUnusable, UnusableInput

COOKIE = "desk"
_LARGEST_FORM = 200_000  # bytes
_SAFE = ("GET", "HEAD")


class NotSignedIn(AccessRefused):
    """Nobody is signed in with this browser (any more)."""


_STATUS: tuple[tuple[type[AssistantError], int], ...] = (
    (NotSignedIn, 401), (AccessRefused, 403), (EditConflict, 409), (UnusableInput, 422), (StoreUnusable, 503),
)  # fmt: skip


def status_of(error: AssistantError) -> int:
    """The HTTP status that goes with what went wrong."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; files and forms too large are refused."""
    if request.method in _SAFE:
        return {}
    unsaid = _LARGEST_FORM + 1 if "transfer-encoding" in request.headers else 0
    if int(request.headers.get("content-length") or unsaid) > _LARGEST_FORM:
        raise UnusableInput("写得太长，没有记下。请缩短后再试。")
    form = await request.form(max_files=0, max_fields=100)
    fields = {key: clean(value) for key, value in form.items() if isinstance(value, str)}
    request.state.written = {key: fields[key] for key in LABELS if fields.get(key)}  # shown again if it is refused
    return fields


class Gate:
    """Lets members in. A form must also come from this site and carry the token its page was given."""

    def __init__(self, accounts: Accounts, now: Callable[[], datetime]) -> None:
        self.accounts, self.now = accounts, now

    def today(self) -> date:
        """The day it is at the office."""
        return self.now().astimezone(OFFICE).date()

    def admit(self, request: Request, form: dict[str, str] = Depends(read_form)) -> Member:
        member = self.accounts.member(request.cookies.get(COOKIE, ""), self.now())
        if member is None:
            raise NotSignedIn("请先登录。")
        if request.method not in _SAFE:
            refuse_foreign(request)
            if not is_genuine(member, request.headers.get("x-csrf") or form.get("csrf", "")):
                raise AccessRefused("这个页面已经过期，没有记下。请刷新后再试。")
        return member

    def admit_supervisor(self, request: Request, form: dict[str, str] = Depends(read_form)) -> Member:
        member = self.admit(request, form)
        if not member.is_supervisor:
            raise AccessRefused("这一页只有主管能看。")
        return member


def refuse_foreign(request: Request) -> None:
    """Refuse what another site had the browser send."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise AccessRefused("这个请求不是从本站发出的，没有处理。")


def refuse_open_wire(request: Request) -> None:
    """Refuse a password that would cross a network in the clear."""
    if request.url.scheme != "https" and not _is_loopback(request.client.host if request.client else ""):
        raise AccessRefused("请用 https 打开这个页面再登录：这里的连接没有加密，密码会被别人看到。")


def remember(request: Request, response: Response, token: str) -> None:
    """Give the browser its token: for this site's own requests only, out of reach of scripts."""
    response.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/desk", secure=request.url.scheme == "https",
        httponly=True, samesite="lax",
    )  # fmt: skip


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/desk")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
