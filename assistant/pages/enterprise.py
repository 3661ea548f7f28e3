"""An assistant, ready or still opening → the enterprises' page. Nothing of a conversation is kept on the server."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from html import escape, unescape
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answer import Reply
from assistant.errors import AssistantError
from assistant.pages.render import pieces, plain_text, wrap

log = logging.getLogger(__name__)

STYLE = Path(__file__).with_name("style.css")
TITLE = "政策问答"
# The interface's own words follow `navigator.language`; this page is Chinese whatever the browser is set to.
_HEAD = (
    f"<title>{TITLE}</title>"
    '<script>for (const [key, value] of [["language", "zh-CN"], ["languages", ["zh-CN"]]])'
    "Object.defineProperty(navigator, key, {get: () => value})</script>"
    '<link rel="icon" href="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22>'
    "<rect width=%2232%22 height=%2232%22 rx=%227%22 fill=%22%230f766e%22/>"
    '<path d=%22M9 10h14M9 16h14M9 22h8%22 stroke=%22white%22 stroke-width=%223%22/></svg>">'
)
_ONLY_HERE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
UNEXPECTED = "这个问题没能处理好，您的文字还在输入框里。请稍后再试；若仍不行，请把问题和时间告诉管理员。"
Messages = list[dict[str, Any]]

# A new question goes to the top of the window, so that its answer is read from its headline down.
_SHOW_QUESTION = """() => requestAnimationFrame(() => {
    const asked = document.querySelectorAll("#talk .user-row");
    const rows = asked.length + document.querySelectorAll("#talk .reply").length;
    if (asked.length && rows > (window.rowsBefore || 0)) asked[asked.length - 1].scrollIntoView({block: "start"});
    window.rowsBefore = rows;
})"""


class Assistant(Protocol):
    """What the page needs of an assistant; `wiring.Assistant` is one."""

    @property
    def title(self) -> str: ...

    @property
    def subtitle(self) -> str: ...

    @property
    def examples(self) -> tuple[str, ...]: ...

    def reply(self, turns: Sequence[str], on: date) -> Reply: ...


class Opening:
    """An assistant being opened in one background thread: `assistant` once ready, `problem` if it failed."""

    def __init__(self, open_: Callable[[], Assistant]) -> None:
        self._open = open_
        self._started = time.monotonic()
        self.assistant: Assistant | None = None
        self.problem = ""

    def start(self) -> Opening:
        threading.Thread(target=self._run, name="opening", daemon=True).start()
        return self

    def health(self) -> tuple[int, dict[str, str]]:
        """An HTTP status and body: 200 once answers can be given."""
        if self.assistant is not None:
            return 200, {"status": "ready"}
        if self.problem:
            return 503, {"status": "failed", "message": self.problem}
        return 503, {"status": "preparing"}

    def seconds(self) -> int:
        return int(time.monotonic() - self._started)

    def _run(self) -> None:
        try:
            self.assistant = self._open()
        except AssistantError as error:
            self.problem = str(error)
        except Exception:
            log.exception("opening failed")
            self.problem = "准备政策索引时出了意外的错误。请管理员查看服务日志，或运行 assistant doctor 检查。"


def build_page(opening: Opening, today: Callable[[], date]) -> gr.Blocks:
    """The page at `/`: it waits while `opening` is at work, then takes questions. Its API has one function, `ask`."""

    def ask(message: str, history: Messages) -> Iterator[tuple[Any, Any, str]]:
        """Answer `message`, the conversation so far being `history`; gives history, the box's text and any problem."""
        if not message.strip():
            yield gr.skip(), gr.skip(), _problem("请先写下您的问题。")
            return
        if opening.assistant is None:
            yield gr.skip(), gr.skip(), _problem(opening.problem or "政策索引还在准备，请稍候再问。")
            return
        talk: Messages = [*history, {"role": "user", "content": _text(plain_text(message))}]
        yield talk, "", ""
        try:
            reply = opening.assistant.reply([*user_turns(history), message], today())
            shown: list[str] = []
            for piece in pieces(reply):
                shown.append(piece)
                yield [*talk, {"role": "assistant", "content": _text(wrap(reply, shown))}], gr.skip(), ""
        except AssistantError as error:
            yield history, message, _problem(str(error))
        except Exception:
            log.exception("a question could not be answered")
            yield history, message, _problem(UNEXPECTED)

    def ask_example(history: Messages, event: gr.SelectData) -> Iterator[tuple[Any, Any, str]]:
        yield from ask(event.value["text"], history)

    def show_state() -> tuple[Any, ...]:
        """Header, state, conversation, box and timer, as they are now."""
        assistant = opening.assistant
        is_ready = assistant is not None
        examples: list[Any] = [{"text": question} for question in assistant.examples] if assistant else []
        return (
            _header(assistant),
            gr.HTML(_state(opening), visible=not is_ready),
            gr.Chatbot(visible=is_ready, examples=examples),
            gr.Column(visible=is_ready),
            gr.Timer(active=not is_ready and not opening.problem),
        )

    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with page:
        header = gr.HTML(_header(None), elem_id="header", padding=False)
        state = gr.HTML(visible=False, elem_id="state", padding=False)
        talk = gr.Chatbot(
            elem_id="talk",
            visible=False,
            label="对话",
            show_label=False,
            container=False,
            height="auto",
            autoscroll=False,
            layout="panel",
            buttons=[],
            feedback_options=None,
            sanitize_html=True,
            allow_tags=False,
            latex_delimiters=[],
            allow_file_downloads=False,
            group_consecutive_messages=False,
        )
        with gr.Column(visible=False, elem_id="composer") as composer:
            problem = gr.HTML(elem_id="problem", padding=False)
            with gr.Row(elem_id="box-row"):
                box = gr.Textbox(
                    elem_id="box",
                    label="您的问题",
                    show_label=False,
                    container=False,
                    placeholder="说说您的情况和数字",
                    lines=1,
                    max_lines=6,
                    scale=1,
                    autofocus=True,
                )
                send = gr.Button("发送", variant="primary", elem_id="send", scale=0, min_width=72)
            with gr.Row(elem_id="foot"):
                gr.HTML("<p>回答依据政策原文，仅供参考，以主管部门认定为准。</p>", elem_id="caution", padding=False)
                fresh = gr.Button("新对话", variant="secondary", size="sm", elem_id="fresh", scale=0, min_width=72)
        timer = gr.Timer(1.0)

        outputs = [talk, box, problem]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asking = gr.on(
            [box.submit, send.click],
            ask,
            [box, talk],
            outputs,
            api_name="ask",
            api_description="回答一个问题。message：问题；history：此前的对话（可为空列表）。",
            show_progress="hidden",
            concurrency_limit=8,
            concurrency_id="ask",
        )
        by_example = talk.example_select(
            ask_example, [talk], outputs, concurrency_limit=8, concurrency_id="ask", **quiet
        )
        fresh.click(lambda: ([], "", ""), None, outputs, queue=False, cancels=[asking, by_example], **quiet)
        talk.change(None, js=_SHOW_QUESTION, **quiet)
        state_outputs = [header, state, talk, composer, timer]
        gr.on([page.load, timer.tick], show_state, None, state_outputs, queue=False, **quiet)

    page.queue(default_concurrency_limit=8, max_size=64, api_open=False)
    return page


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
                if not Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
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
                headers["referrer-policy"] = "no-referrer"
                await send({**head, "headers": headers.raw})
                await send({"type": "http.response.body", "body": document})

        await self.app(scope, receive, send_chinese)


def _chinese(document: str) -> str:
    document = document.replace('lang="en"', 'lang="zh-CN"', 1)
    document = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>', "", document)
    return document.replace("<head>", f"<head>{_HEAD}", 1)


def user_turns(history: Messages) -> list[str]:
    """The user's own messages, oldest first, letter for letter."""
    turns: list[str] = []
    for message in history:
        if message.get("role") == "user":
            content = message.get("content", "")
            parts = content if isinstance(content, list) else [content]
            words = [part.get("text", "") if isinstance(part, dict) else str(part) for part in parts]
            turns.append(unescape("".join(words)))
    return turns


def _text(html: str) -> dict[str, str]:
    return {"type": "text", "text": html}


def _problem(message: str) -> str:
    return f'<p class="problem" role="alert">{escape(message)}</p>'


def _header(assistant: Assistant | None) -> str:
    if assistant is None:
        return f"<header><h1>{TITLE}</h1></header>"
    return (
        f"<header><h1>{escape(assistant.title)}</h1><p class='number'>{escape(assistant.subtitle)}</p>"
        "<p class='lead'>问能不能补、能补多少、找哪个部门；每个数字都附政策原文和算法。</p></header>"
    )


def _state(opening: Opening) -> str:
    if opening.assistant is not None:
        return ""
    if opening.problem:
        return f'<div class="state failed" role="alert"><h2>暂时不能回答</h2><p>{escape(opening.problem)}</p></div>'
    return (
        '<div class="state preparing" role="status"><h2>正在准备政策索引…</h2>'
        f"<p>已用 {opening.seconds()} 秒。首次启动要为全文建立索引，准备好后本页会自动打开，不必刷新。</p></div>"
    )
