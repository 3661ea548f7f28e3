"""A request → let through, or refused in one sentence: too long, too often, too many at once, too slow."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from dataclasses import dataclass
from math import ceil

from cachetools import TTLCache
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.pages.surface import Area, area_of

MINUTE = 60.0
_CLIENTS = 20_000  # clients counted in one minute; of more, those longest unseen are forgotten
_BODY_SECONDS = 20.0  # within which a body has to arrive
_CROWDED = "现在用的人太多，没有处理。您的内容还在，请过一会儿再试。"


@dataclass(frozen=True)
class Limit:
    """What one client, and all of them together, may do in an area."""

    per_minute: int  # requests of one client
    of_one: int  # requests of one client at once
    of_all: int
    body: int  # bytes


class Limits:
    """ASGI middleware: holds each client, by its address, to the limits of the area it asks for.

    Time is counted by a clock that no one can set. Each area has its own counts, so that a flood of one leaves the
    others alone. A client that shares an address with others shares its limits.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app = app
        self.limits: dict[Area, Limit] = {
            # A question carries its conversation as it is drawn.
            "ask": Limit(per_minute, of_one=16, of_all=200, body=2_097_152),
            "page": Limit(10 * per_minute, of_one=200, of_all=800, body=16_000),  # an open page holds a stream or two
            "feedback": Limit(20, of_one=2, of_all=4, body=16_000),
            "login": Limit(20, of_one=2, of_all=4, body=16_000),  # a password costs 64 MiB to compare
            "desk": Limit(10 * per_minute, of_one=16, of_all=24, body=256_000),
        }
        self._asked: TTLCache[tuple[Area, str], _Count] = TTLCache(_CLIENTS, MINUTE, time.monotonic)
        self._under_way: Counter[tuple[Area, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        area = area_of(scope) if scope["type"] == "http" else None
        if area is None or area == "probe":
            await self.app(scope, receive, send)
            return
        client = _client(scope)
        limit, both = self.limits[area], ((area, client), (area, ""))
        if refusal := self._refusal(area, client, limit):
            await refusal(scope, receive, send)
            return
        self._under_way.update(both)
        try:
            receive, refusal = await _arrived(scope, receive, limit.body)
            await (refusal or self.app)(scope, receive, _in_chinese(send) if area == "ask" else send)
        finally:
            self._under_way -= Counter(both)  # what comes to nothing is forgotten

    def _refusal(self, area: Area, client: str, limit: Limit) -> JSONResponse | None:
        if self._under_way[area, ""] >= limit.of_all:
            return _refused(429, _CROWDED, 5)
        if self._under_way[area, client] >= limit.of_one:
            return _refused(429, "您同时发出的请求太多，没有处理。请等前面的完成后再试。", 1)
        count = self._asked.setdefault((area, client), _Count(time.monotonic()))
        count.requests += 1
        if count.requests > limit.per_minute:
            wait = max(1, ceil(count.since + MINUTE - time.monotonic()))
            return _refused(429, f"请求太频繁，没有处理。请 {wait} 秒后再试。", wait)
        return None


@dataclass
class _Count:
    since: float
    requests: int = 0


async def _arrived(scope: Scope, receive: Receive, most: int) -> tuple[Receive, JSONResponse | None]:
    """The whole body, to be received again at once by whoever reads it, or the refusal of one too long or too slow."""
    too_long = _refused(413, "内容太长，没有处理。请缩短后再试，或开始新的对话。")
    if int(Headers(scope=scope).get("content-length", "0")) > most:
        return receive, too_long
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return receive, _refused(400, "内容没有收全，没有处理。请再试一次。")
                body += message.get("body", b"")
                if len(body) > most:
                    return receive, too_long
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        late = _refused(408, "等了太久，内容没有收全，没有处理。请再试一次。")
        late.headers["connection"] = "close"  # it is waited for no longer, not even for its next request
        return receive, late
    held: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_again() -> Message:
        return held.pop() if held else await receive()

    return receive_again, None


def _in_chinese(send: Send) -> Send:
    """`send`, with Gradio's answer that its queue is full in the words of this page."""
    is_full = False

    async def send_chinese(message: Message) -> None:
        nonlocal is_full
        if message["type"] == "http.response.start" and message["status"] == 503:
            is_full = True
            refusal = _refused(429, _CROWDED, 5)
            await send({"type": "http.response.start", "status": 429, "headers": refusal.raw_headers})
            await send({"type": "http.response.body", "body": refusal.body})
        elif not is_full:
            await send(message)

    return send_chinese


def _client(scope: Scope) -> str:
    """The address a request comes from; of an IPv6 address the network, which is one household's or office's."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else host


def _refused(status: int, message: str, wait: int | None = None) -> JSONResponse:
    # `detail` is what Gradio's page shows.
    headers = {"retry-after": str(wait)} if wait else None
    return JSONResponse({"message": message, "detail": message}, status, headers)
