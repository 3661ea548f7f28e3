"""The document every page is served in: Chinese from its first byte, its look, and nothing from another host."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HERE = Path(__file__).parent
STYLES = [_HERE / "style.css", _HERE / "reader.css", _HERE / "checkup.css"]
TITLE = "政策问答"
# The interface's own words follow `navigator.language`; this page is Chinese whatever the browser is set to.
_HEAD = (
    f"<title>{TITLE}</title>"
    '<script>for (const [key, value] of [["language", "zh-CN"], ["languages", ["zh-CN"]]])'
    "Object.defineProperty(navigator, key, {get: () => value})</script>"
    '<link rel="icon" href="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22>'
    "<rect width=%2232%22 height=%2232%22 rx=%227%22 fill=%22%230f766e%22/>"
    '<path d=%22M9 10h14M9 16h14M9 22h8%22 stroke=%22white%22 stroke-width=%223%22/></svg>">'
    f"<script>{(_HERE / 'page.js').read_text('utf-8')}</script>"
)
_ONLY_HERE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


def theme() -> gr.themes.Base:
    """The page's theme; its fonts are the reader's own, so nothing is fetched."""
    fonts = ["system-ui", "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
    return gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=["ui-monospace", "monospace"])


class ChineseDocument:
    """ASGI middleware: HTML documents say they are Chinese from the first byte and may load from this server only.

    Gradio's document is marked English, follows the browser's language for its own words, and names outside pictures
    for link previews.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head: Message = {}
        body = b""

        async def send_chinese(message: Message) -> None:
            nonlocal head, body
            if message["type"] == "http.response.start":
                sent = Headers(raw=message["headers"])
                # A document with a rule of its own is one of ours and not Gradio's.
                if "content-security-policy" in sent or not sent.get("content-type", "").startswith("text/html"):
                    head = {}
                    await send(message)
                else:
                    head = message
                return
            if not head:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                document = _chinese(body.decode("utf-8")).encode("utf-8")
                headers = MutableHeaders(raw=list(head["headers"]))
                headers["content-length"] = str(len(document))
                headers["content-security-policy"] = _ONLY_HERE
                await send({**head, "headers": headers.raw})
                await send({"type": "http.response.body", "body": document})

        await self.app(scope, receive, send_chinese)


def _chinese(document: str) -> str:
    document = document.replace('lang="en"', 'lang="zh-CN"', 1)
    document = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>', "", document)
    return document.replace("<head>", f"<head>{_HEAD}", 1)
