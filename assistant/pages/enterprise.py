"""An assistant, ready or still opening → the enterprises' page of four tabs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any

import gradio as gr

from assistant.pages import tabs as tab
from assistant.pages.chat import QUIET, build_chat
from assistant.pages.document import TITLE
from assistant.pages.opening import Assistant, Opening
from assistant.pages.programs import offer
from assistant.pages.reader import contents
from assistant.pages.unread import Unread

_WORKERS = 16  # threads of this page's own: whatever is asked of it, the desk's stay free
_STATUS_SECONDS = 5  # between messages on the place in the queue; no page shows it, so not to all at every start


def build_page(opening: Opening, today: Callable[[], date]) -> gr.Blocks:
    """The page at `/`: it waits while `opening` is at work, then takes questions."""

    def show_state() -> tuple[Any, ...]:
        """What waits or is shown, and the lists and texts of the policy, as they are now."""
        assistant = opening.assistant
        is_ready = assistant is not None
        examples: list[Any] = [{"text": question} for question in assistant.examples] if assistant else []
        measures = tab.choices(assistant.policy) if assistant else []
        found, document = tab.read(assistant.policy if assistant else None, "")
        return (
            _header(assistant),
            gr.HTML(_state(opening), visible=not is_ready),
            gr.Tabs(visible=is_ready),
            gr.Chatbot(visible=is_ready, examples=examples),
            gr.Column(visible=is_ready),
            gr.Timer(active=not is_ready and not opening.problem),
            gr.Dropdown(choices=measures, value=measures[0][1] if measures else None),
            gr.CheckboxGroup(choices=measures),
            found,
            contents(assistant.policy) if assistant else "",
            document,
        )

    def search(words: str) -> tuple[str, str]:
        return tab.read(opening.assistant.policy if opening.assistant else None, words)

    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with page:
        header = gr.HTML(_header(None), elem_id="header", padding=False)
        state = gr.HTML(visible=False, elem_id="state", padding=False)
        with gr.Tabs(visible=False, elem_id="tabs") as tabs:
            with gr.Tab("问政策", id=tab.CHAT):
                chat = build_chat(opening, today)
            with gr.Tab("算一算", id=tab.CALCULATOR):
                measure = tab.build_calculator(opening, chat, tabs, today)
            with gr.Tab("体检", id=tab.CHECKUP):
                chosen = tab.build_checkup(opening, today)
            with gr.Tab("读原文", id=tab.READER):
                words, found, places, document = tab.build_reader()
        timer = gr.Timer(1.0)
        shown = [header, state, tabs, chat.talk, chat.composer, timer, measure, chosen, found, places, document]
        gr.on([page.load, timer.tick], show_state, None, shown, queue=False, **QUIET)
        gr.on([words.submit, words.blur], search, words, [found, document], trigger_mode="always_last", **QUIET)

        offer(opening, today)

    page.state_session_capacity = 500  # sessions whose forms are kept; an older one is drawn anew
    page.max_threads = _WORKERS
    page.queue(status_update_rate=_STATUS_SECONDS, default_concurrency_limit=8, max_size=64, api_open=False)
    _keep_no_statistics(page)
    page._queue.pending_messages_per_session = Unread(page._queue.pending_event_ids_session)  # type: ignore[assignment]
    return page


def _keep_no_statistics(page: gr.Blocks) -> None:
    """Gradio sums up its last 10,000 events after each one, for a dashboard that is not served."""
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
    page._queue.ANALYTICS_MAX_EVENTS = 1


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
