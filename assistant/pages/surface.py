"""A request → the area of the surface it asks for; whatever is in no area is not there, and every answer is guarded.

Gradio brings some sixty routes: files by path, uploads, proxies, streams, recordings, a code editor. The pages need
those below.
"""

from __future__ import annotations

import re
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Area = Literal["probe", "page", "ask", "feedback", "login", "desk"]

_READ, _SEND = ("GET", "HEAD"), ("POST",)
_NAME = r"[\w-]+"
# Method and whole path of each request that is answered, the first that fits counting.
_AREAS: tuple[tuple[Area, tuple[str, ...], str], ...] = (
    ("probe", _READ, "/(healthz|livez|metrics)"),
    ("feedback", _SEND, "/feedback"),
    ("login", _SEND, "/desk/login"),
    ("desk", (*_READ, *_SEND, "PUT", "PATCH", "DELETE"), "/desk(/.*)?"),
    ("ask", _SEND, "/gradio_api/queue/join"),
    ("ask", _SEND, rf"/gradio_api/(call|call/v2|run|api)/{_NAME}/?"),
    ("ask", (*_SEND, "DELETE"), "/gradio_api/mcp/?"),
    ("page", _READ, "/|/config/?|/source.txt|/theme.css|/favicon.ico|/robots.txt|/gradio_api/(info|theme.css)/?"),
    ("page", _READ, r"/(static|assets|svelte)/[\w./@~+-]+"),
    ("page", _READ, rf"/gradio_api/(queue/data|startup-events|heartbeat/{_NAME}|call/(v2/)?{_NAME}/{_NAME})"),
    ("page", _READ, "/gradio_api/mcp/?(schema)?"),
    ("page", _SEND, "/gradio_api/(cancel|reset/?)"),
)
_PATTERNS = [(area, methods, re.compile(pattern, re.ASCII)) for area, methods, pattern in _AREAS]

# A document brings a stricter or a wider rule of its own.
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ENCRYPTED = {"strict-transport-security": "max-age=31536000"}


def area_of(scope: Scope) -> Area | None:
    """The area of an HTTP request; None for what is not there."""
    path = scope["path"]
    if ".." in path:
        return None
    return next(
        (area for area, methods, pattern in _PATTERNS if scope["method"] in methods and pattern.fullmatch(path)), None
    )


class Surface:
    """ASGI middleware: refuses what is in no area, and gives every answer the headers that guard it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = _HEADERS | (_ENCRYPTED if scope["scheme"] == "https" else {})

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in headers.items():
                    sent.setdefault(name, value)
            await send(message)

        app = self.app if area_of(scope) else JSONResponse({"message": "没有这一页。"}, 404)
        await app(scope, receive, send_guarded)
