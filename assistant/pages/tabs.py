"""The tabs 算一算, 体检 and 读原文: Gradio parts around the pure renderers of this package."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from html import escape
from typing import Any

import gradio as gr

from assistant.answer import State
from assistant.checkup import Profile, fillable
from assistant.errors import AssistantError
from assistant.measures import Measure
from assistant.pages import calculator, checkup, reader
from assistant.pages.chat import CAUTION, QUIET, Chat
from assistant.pages.opening import Opening
from assistant.pages.workbook import workbook
from assistant.passages import Passages
from assistant.policies import Policy
from assistant.understander import LONGEST

log = logging.getLogger(__name__)

CHAT, CALCULATOR, CHECKUP, READER = "ask", "calculate", "check", "read"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LATEST: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
# What is typed is kept before the check-up that follows it begins.
_IN_ORDER: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "check-up"}
Told = dict[str, dict[str, str]]


def build_calculator(opening: Opening, chat: Chat, tabs: gr.Tabs, today: Callable[[], date]) -> gr.Dropdown:
    """The tab 算一算; gives the list of measures, whose choices are set once the policy is there."""
    gr.HTML("<h2>算一算</h2><p>选一项，填上数字，结果随填随出。每个数都写明来自哪一条。</p>", padding=False)
    choice = gr.Dropdown([], label="算哪一项", elem_id="measure", filterable=True)

    @gr.render(inputs=[choice])  # type: ignore[untyped-decorator]
    def form(measure_id: str | None) -> None:
        if opening.assistant is None or not measure_id:
            return
        policy = opening.assistant.policy
        measure = policy.measure(measure_id)
        boxes, radios = _fields(measure, {})
        empty = calculator.result(policy, measure, {}, {}) + _closing(policy, today())
        shown = gr.HTML(empty, elem_id="result", padding=False)
        ask = gr.Button("拿这个去问", variant="secondary", elem_id="ask-this")
        names = [item.name for item in calculator.asked(measure)]
        fields: list[Any] = [*boxes, *radios]

        def work(*values: str) -> tuple[str, Any]:
            words, said = _told(measure, names, values)
            can = calculator.can_be_asked(measure, words, said)
            html = calculator.result(policy, measure, words, said) + _closing(policy, today())
            return html, gr.Button(interactive=can)

        def into_words(*values: str) -> tuple[Any, str]:
            return gr.Tabs(selected=CHAT), calculator.question(measure, _told(measure, names, values)[0])

        gr.on([field.change for field in fields], work, fields, [shown, ask], **_LATEST)
        asking = ask.click(into_words, fields, [tabs, chat.box], **QUIET)
        asking.then(chat.ask, [chat.box, chat.talk], [chat.talk, chat.box, chat.problem], **QUIET)

    return choice


def build_checkup(opening: Opening, today: Callable[[], date]) -> gr.CheckboxGroup:
    """The tab 体检; gives the list of measures, whose choices are set once the policy is there."""
    gr.HTML("<h2>体检</h2><p>说说企业的情况，看十几项支持里哪些可能用得上、最多多少、还差什么。</p>", padding=False)
    story = gr.Textbox(
        label="企业情况（一段话就行，可不填）",
        placeholder="例如：新设立的芯片封装企业，租厂房 3000 平，贷款 5000 万，买设备 2000 万",
        lines=3,
        max_lines=10,
        max_length=LONGEST,
        elem_id="story",
    )
    with gr.Accordion("想把某几项填细一点（可不填）", open=False, elem_id="finer"):
        chosen = gr.CheckboxGroup([], label="选事项，下面就出它的表", elem_id="chosen")

    typed = gr.State({})

    @gr.render(inputs=[chosen, typed], triggers=[chosen.change])  # type: ignore[untyped-decorator]
    def form(measure_ids: list[str], told: Told) -> None:
        if opening.assistant is None:
            return
        policy = opening.assistant.policy
        for measure in (policy.measure(measure_id) for measure_id in measure_ids):
            with gr.Group():
                gr.HTML(f"<h3>{escape(calculator.title(policy, measure))}</h3>")
                boxes, radios = _fields(measure, told.get(measure.id, {}))
            names = [*(item.name for item in calculator.asked(measure)), *(f"?{name}" for name in fillable(measure))]
            fields: list[Any] = [*boxes, *radios]
            for name, field in zip(names, fields, strict=True):
                keep = partial(_kept, measure.id, name)
                field.change(keep, [field, typed], typed, **_IN_ORDER, **_LATEST)

    def work(story: str, measure_ids: list[str], told: Told) -> str:
        try:
            return _checked(opening, _profile(story, measure_ids, told), today())
        except AssistantError as error:
            return f'<p class="problem" role="alert">{escape(str(error))}</p>'
        except Exception:
            log.exception("a check-up could not be done")
            return '<p class="problem" role="alert">体检没能做完，填的都还在。请稍后再试。</p>'

    start = gr.Button("开始体检", variant="primary", elem_id="start")
    shown = gr.HTML(elem_id="checked", padding=False)
    start.click(work, [story, chosen, typed], shown, **_IN_ORDER, **QUIET)
    return chosen


def build_reader() -> tuple[gr.Textbox, gr.HTML, gr.HTML, gr.HTML]:
    """The tab 读原文: the search box, what it found, the contents and the text, filled once the policy is there."""
    with gr.Row(elem_id="reader"):
        contents = gr.HTML(elem_id="contents", padding=False)
        with gr.Column():
            words = gr.Textbox(
                label="在全文里找", placeholder="例如：技术改造 500万元", max_length=100, elem_id="search"
            )
            found = gr.HTML(elem_id="found", padding=False)
            document = gr.HTML(elem_id="document", padding=False)
    return words, found, contents, document


def read(policy: Policy | None, words: str) -> tuple[str, str]:
    """What was found, and the text with the words marked."""
    if policy is None:
        return "", ""
    original = '<p class="original"><a href="source.txt" download>下载收到的原文件</a></p>'
    document = f"{reader.repairs(policy)}{original}{reader.document(policy, words)}"
    return reader.found(policy, words), document


def choices(policy: Policy) -> list[tuple[str, str]]:
    """Every measure's name and id, in the order of the text."""
    return [(calculator.title(policy, measure), measure.id) for measure in policy.measures]


def _fields(measure: Measure, told: Mapping[str, str]) -> tuple[list[gr.Textbox], list[gr.Radio]]:
    """A box for each input and a choice for each condition of a measure, filled with what was told before."""
    # A part drawn anew takes over the value of the one in its place, unless it is given one of its own.
    boxes = [
        gr.Textbox(
            value=told.get(item.name, ""), label=calculator.label(item), info=item.ask,
            placeholder=calculator.UNITS[item.kind][1], max_length=60,
        )
        for item in calculator.asked(measure)
    ]  # fmt: skip
    radios = []
    if conditions := fillable(measure).values():
        with gr.Accordion("条件（不清楚的先空着）", open=False):
            radios = [
                gr.Radio(
                    list(calculator.STATES),
                    value=told.get(f"?{condition.name}", "不清楚"),
                    label=condition.text,
                    info=f"条文：“{condition.quote}”",
                    interactive=True,
                )
                for condition in conditions
            ]
    return boxes, radios


def _kept(measure_id: str, name: str, value: str, told: Told) -> Told:
    """What was told, with one field's value; a condition stands under its name after a question mark."""
    return {**told, measure_id: {**told.get(measure_id, {}), name: value or ""}}


def _told(measure: Measure, names: Sequence[str], values: Sequence[str]) -> tuple[dict[str, str], dict[str, State]]:
    """The form's values in the order of its fields: words by input and states by condition."""
    words = dict(zip(names, values, strict=False))
    states = values[len(names) :]
    conditions = fillable(measure).values()
    said = {c.name: calculator.STATES[state] for c, state in zip(conditions, states, strict=True)}
    return {name: value or "" for name, value in words.items()}, said


def _profile(story: str, measure_ids: Sequence[str], told: Told) -> Profile:
    """The story and what was told of the chosen measures."""
    chosen = {measure_id: told.get(measure_id, {}) for measure_id in measure_ids}
    inputs = {m: {n: v for n, v in fields.items() if n[0] != "?"} for m, fields in chosen.items()}
    states = {
        m: {n[1:]: calculator.STATES[v] for n, v in fields.items() if n[0] == "?"} for m, fields in chosen.items()
    }
    return Profile(story or "", inputs, states)


def _closing(policy: Policy, on: date) -> str:
    """What stands under every result: that the term is over, where it is, and what the result is worth."""
    ended = Passages(policy).ended(on)
    term = f'<p class="notice">{escape(" ".join(ended.notices))}</p>' if ended else ""
    return f'<div class="reply closing">{term}<p class="per">{CAUTION}　{on.isoformat()}</p></div>'


def _checked(opening: Opening, profile: Profile, on: date) -> str:
    """The table of a check-up, with the ways to keep it; the Excel file travels in its link, and no copy stays here."""
    assistant = opening.assistant
    assert assistant is not None
    rows = assistant.check(profile)
    unused = "、".join(escape(words) for words in assistant.unused(profile))
    said = f'<p class="unused">您说的 {unused} 没有用上。不对请换个说法，或在上面填细一点。</p>' if unused else ""
    book = b64encode(workbook(assistant.policy, rows, on)).decode()
    keep = (
        f'<p class="keep"><a class="press" download="体检结果-{on.isoformat()}.xlsx" '
        f'href="data:{_EXCEL};base64,{book}">存为 Excel</a>'
        '<button class="press" id="print" type="button">打印</button></p>'
    )
    return f"{said}{keep}{checkup.table(assistant.policy, rows)}{_closing(assistant.policy, on)}"
