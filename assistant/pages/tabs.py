"""The tabs 算一算, 体检 and 读原文: Gradio parts around the pure renderers of this package."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from typing import Any

import gradio as gr

from assistant.answer import State
from assistant.checkup import Profile, fillable
from assistant.errors import AssistantError
from assistant.measures import Measure
from assistant.pages import calculator, checkup, reader
from assistant.pages.chat import QUIET, Chat
from assistant.pages.opening import Opening
from assistant.pages.workbook import workbook
from assistant.policies import Policy

log = logging.getLogger(__name__)

CHAT, CALCULATOR, CHECKUP, READER = "ask", "calculate", "check", "read"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LATEST: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}


def build_calculator(opening: Opening, chat: Chat, tabs: gr.Tabs) -> gr.Dropdown:
    """The tab 算一算; gives the list of measures, whose choices are set once the policy is there."""
    gr.HTML("<h2>算一算</h2><p>选一项，填上数字，结果随填随出。每个数都写明来自哪一条。</p>", padding=False)
    choice = gr.Dropdown([], label="算哪一项", elem_id="measure", filterable=True)

    @gr.render(inputs=[choice])  # type: ignore[untyped-decorator]
    def form(measure_id: str | None) -> None:
        if opening.assistant is None or not measure_id:
            return
        policy = opening.assistant.policy
        measure = policy.measure(measure_id)
        boxes, radios = _fields(measure, f"calculator-{measure.id}")
        shown = gr.HTML(calculator.result(policy, measure, {}, {}), elem_id="result", padding=False)
        ask = gr.Button("拿这个去问", variant="secondary", elem_id="ask-this")
        names = [item.name for item in calculator.asked(measure)]
        fields: list[Any] = [*boxes, *radios]

        def work(*values: str) -> str:
            words, said = _told(measure, names, values)
            return calculator.result(policy, measure, words, said)

        def into_words(*values: str) -> tuple[Any, str]:
            return gr.Tabs(selected=CHAT), calculator.question(measure, _told(measure, names, values)[0])

        gr.on([field.change for field in fields], work, fields, shown, **_LATEST)
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
        elem_id="story",
    )
    with gr.Accordion("想把某几项填细一点（可不填）", open=False, elem_id="finer"):
        chosen = gr.CheckboxGroup([], label="选事项，下面就出它的表", elem_id="chosen")

    @gr.render(inputs=[chosen])  # type: ignore[untyped-decorator]
    def form(measure_ids: list[str]) -> None:
        if opening.assistant is None:
            return
        policy = opening.assistant.policy
        measures = [policy.measure(measure_id) for measure_id in measure_ids]
        fields: list[Any] = [story]
        names: list[list[str]] = []
        for measure in measures:
            with gr.Group():
                gr.HTML(f"<h3>{escape(calculator.title(policy, measure))}</h3>")
                boxes, radios = _fields(measure, f"checkup-{measure.id}")
            fields += [*boxes, *radios]
            names.append([item.name for item in calculator.asked(measure)])
        start = gr.Button("开始体检", variant="primary", elem_id="start")
        shown = gr.HTML(elem_id="checked", padding=False)

        def work(*values: str) -> str:
            try:
                return _checked(opening, _profile(measures, names, values), today())
            except AssistantError as error:
                return f'<p class="problem" role="alert">{escape(str(error))}</p>'
            except Exception:
                log.exception("a check-up could not be done")
                return '<p class="problem" role="alert">体检没能做完，填的都还在。请稍后再试。</p>'

        start.click(work, fields, shown, **QUIET)

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


def read(policy: Policy | None, words: str) -> tuple[str, str, str]:
    """What was found, the contents and the text with the words marked."""
    if policy is None:
        return "", "", ""
    original = '<p class="original"><a href="source.txt" download>下载收到的原文件</a></p>'
    document = f"{reader.repairs(policy)}{original}{reader.document(policy, words)}"
    return reader.found(policy, words), reader.contents(policy), document


def choices(policy: Policy) -> list[tuple[str, str]]:
    """Every measure's name and id, in the order of the text."""
    return [(calculator.title(policy, measure), measure.id) for measure in policy.measures]


def _fields(measure: Measure, key: str) -> tuple[list[gr.Textbox], list[gr.Radio]]:
    """A box for each input and a choice for each condition of a measure."""
    boxes = [
        gr.Textbox(
            label=calculator.label(item), info=item.ask, placeholder=calculator.UNITS[item.kind][1],
            key=f"{key}-input-{item.name}",
        )
        for item in calculator.asked(measure)
    ]  # fmt: skip
    radios = []
    if conditions := fillable(measure).values():
        with gr.Accordion("条件（不清楚的先空着）", open=False):
            radios = [
                gr.Radio(
                    list(calculator.STATES),
                    value="不清楚",
                    label=condition.text,
                    info=f"条文：“{condition.quote}”",
                    interactive=True,
                    key=f"{key}-condition-{condition.name}",
                )
                for condition in conditions
            ]
    return boxes, radios


def _told(measure: Measure, names: Sequence[str], values: Sequence[str]) -> tuple[dict[str, str], dict[str, State]]:
    """The form's values in the order of its fields: words by input and states by condition."""
    words = dict(zip(names, values, strict=False))
    states = values[len(names) :]
    conditions = fillable(measure).values()
    said = {c.name: calculator.STATES[state] for c, state in zip(conditions, states, strict=True)}
    return {name: value or "" for name, value in words.items()}, said


def _profile(measures: Sequence[Measure], names: Sequence[Sequence[str]], values: Sequence[str]) -> Profile:
    inputs: dict[str, dict[str, str]] = {}
    states: dict[str, dict[str, State]] = {}
    at = 1
    for measure, own in zip(measures, names, strict=True):
        size = len(own) + len(fillable(measure))
        inputs[measure.id], states[measure.id] = _told(measure, own, values[at : at + size])
        at += size
    return Profile(values[0] or "", inputs, states)


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
    return f"{said}{checkup.table(assistant.policy, rows)}{keep}"
