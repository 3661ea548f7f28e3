"""The tab 问政策: a conversation whose answers are drawn from Replies. Nothing of it is kept on the server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape, unescape
from typing import Any

import gradio as gr

from assistant.answer import Reply
from assistant.errors import AssistantError
from assistant.pages.followups import followups
from assistant.pages.opening import Opening
from assistant.pages.render import pieces, plain_text, wrap
from assistant.understander import LONGEST

log = logging.getLogger(__name__)

CAUTION = "回答依据政策原文，仅供参考，以主管部门认定为准。提问遮去号码和单位名后留存备查。"
UNEXPECTED = "这个问题没能处理好，您的文字还在输入框里。请稍后再试；若仍不行，请把问题和时间告诉管理员。"
Messages = list[dict[str, Any]]
# How the events of the page itself are declared: no progress bars, and not for programs.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_AT_ONCE: dict[str, Any] = {"concurrency_limit": 8, "concurrency_id": "ask"}

# A new question goes to the top of the window, so that its answer is read from its headline down.
_SHOW_QUESTION = """() => requestAnimationFrame(() => {
    const asked = document.querySelectorAll("#talk .user-row");
    const rows = asked.length + document.querySelectorAll("#talk .reply").length;
    if (asked.length && rows > (window.rowsBefore || 0)) asked[asked.length - 1].scrollIntoView({block: "start"});
    window.rowsBefore = rows;
})"""


@dataclass(frozen=True)
class Chat:
    """The tab's parts that the page around it shows, hides and calls: `ask` takes (message, history)."""

    talk: gr.Chatbot
    box: gr.Textbox
    problem: gr.HTML
    composer: gr.Column
    ask: Callable[[str, Messages], Iterator[tuple[Any, Any, str]]]


def build_chat(opening: Opening, today: Callable[[], date]) -> Chat:
    """Build the tab's parts inside the Gradio context that is open."""

    def converse(message: str, history: Messages) -> Iterator[tuple[Any, Any, str]]:
        """Answer `message`, the conversation so far being `history`; gives history, the box's text and any problem."""
        if not message.strip():
            yield gr.skip(), gr.skip(), "" if history else _problem("请先写下您的问题。")
            return
        if opening.assistant is None:
            yield gr.skip(), gr.skip(), _problem(opening.problem or "政策索引还在准备，请稍候再问。")
            return
        if history and history[-1]["role"] == "user":  # the server went away before the answer
            history = history[:-1]
        talk: Messages = [*history, {"role": "user", "content": _text(plain_text(message))}]
        yield talk, "", ""
        try:
            answers = opening.assistant.stream([*user_turns(history), message], today())
            reply = next(answers)
            shown = [*pieces(reply, message)]
            for so_far in (shown[:1], shown):  # each step is drawn and sent on its own, and the rest is there already
                yield [*talk, _answer(reply, so_far)], gr.skip(), ""
            for reply in answers:  # what a language model adds
                shown = [*pieces(reply, message)]
                yield [*talk, _answer(reply, shown)], gr.skip(), ""
            yield [*talk, _answer(reply, shown) | {"options": _options(reply)}], gr.skip(), ""
        except AssistantError as error:
            yield history, message, _problem(str(error))
        except Exception:
            log.exception("a question could not be answered")
            yield history, message, _problem(UNEXPECTED)

    def ask_example(history: Messages, event: gr.SelectData) -> Iterator[tuple[Any, Any, str]]:
        yield from converse(event.value["text"], history)

    def ask_option(history: Messages, event: gr.SelectData) -> Iterator[tuple[Any, Any, str]]:
        yield from converse(event.value, history)

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
                max_length=LONGEST,
                scale=1,
                autofocus=True,
            )
            send = gr.Button("发送", variant="primary", elem_id="send", scale=0, min_width=72)
        with gr.Row(elem_id="foot"):
            gr.HTML(f"<p>{CAUTION}</p>", elem_id="caution", padding=False)
            fresh = gr.Button("新对话", variant="secondary", size="sm", elem_id="fresh", scale=0, min_width=72)

    outputs = [talk, box, problem]
    asking = gr.on([box.submit, send.click], converse, [box, talk], outputs, **_AT_ONCE, **QUIET)
    by_example = talk.example_select(ask_example, [talk], outputs, **_AT_ONCE, **QUIET)
    by_option = talk.option_select(ask_option, [talk], outputs, **_AT_ONCE, **QUIET)
    fresh.click(lambda: ([], "", ""), None, outputs, queue=False, cancels=[asking, by_example, by_option], **QUIET)
    talk.change(None, js=_SHOW_QUESTION, **QUIET)
    return Chat(talk, box, problem, composer, converse)


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


def _answer(reply: Reply, shown: list[str]) -> dict[str, Any]:
    return {"role": "assistant", "content": _text(wrap(reply, shown))}


def _options(reply: Reply) -> list[dict[str, str]]:
    return [{"value": question, "label": question} for question in followups(reply)]


def _text(html: str) -> dict[str, str]:
    return {"type": "text", "text": html}


def _problem(message: str) -> str:
    return f'<p class="problem" role="alert">{escape(message)}</p>'
