"""What the pages can do, for programs: functions of Gradio's API and, by the same names, MCP tools."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr
from gradio.events import api
from pydantic import ValidationError, validate_call

from assistant.answer import State
from assistant.checkup import Profile, fillable
from assistant.errors import AssistantError, UnusableInput
from assistant.pages import calculator
from assistant.pages.opening import Assistant, Opening

P = ParamSpec("P")
T = TypeVar("T")
_STATES: tuple[State, ...] = ("meets", "fails", "unknown")


def offer(opening: Opening, today: Callable[[], date]) -> None:
    """Offer the functions inside the Gradio context that is open."""
    for function in functions(opening, today):
        api(function, api_name=function.__name__)


def functions(opening: Opening, today: Callable[[], date]) -> tuple[Callable[..., Any], ...]:
    """The functions; each raises `gr.Error`, in words, for whatever is wrong with what it is given."""

    def assistant() -> Assistant:
        if opening.assistant is None:
            raise gr.Error(opening.problem or "政策索引还在准备，请稍候再试。")
        return opening.assistant

    def ask(message: str, earlier: list[str] | None = None) -> dict[str, Any]:
        """Answer a question about the policy in Chinese, with every figure bound to a clause or a calculation.

        Args:
            message: the question, in Chinese, e.g. 今年销售收入首次突破5亿元，奖多少
            earlier: the user's earlier messages of the same conversation, oldest first
        """
        return assistant().reply([*(earlier or []), message], today()).model_dump(mode="json")

    def measures() -> list[dict[str, Any]]:
        """List every support measure of the policy: id, name, clause, its words, and the inputs and conditions."""
        policy = assistant().policy
        return [
            {
                "id": measure.id,
                "name": measure.name,
                "clause": measure.clause,
                "quote": measure.quote,
                "modality": measure.modality,
                "per": measure.per,
                "inputs": {item.name: calculator.label(item) for item in calculator.asked(measure)},
                "conditions": {condition.name: condition.text for condition in fillable(measure).values()},
            }
            for measure in policy.measures
        ]

    def calculate(measure: str, inputs: dict[str, str], conditions: dict[str, str] | None = None) -> dict[str, Any]:
        """Work one measure out exactly; "at_most" amounts are upper bounds and no entitlement.

        Args:
            measure: the measure's id, as listed by measures, e.g. upgrade
            inputs: input name to amount in words with its unit, e.g. {"project_investment": "3000万"}
            conditions: condition name to meets, fails or unknown
        """
        chosen = assistant().policy.measure(measure)
        strange = [name for name in inputs if name not in {item.name for item in chosen.inputs}]
        if strange:
            known = "、".join(f"{item.name}（{item.label}）" for item in chosen.inputs) or "无"
            raise UnusableInput(f"{chosen.name}没有输入项 {'、'.join(strange)}；可用：{known}。")
        facts, faults = calculator.read_form(chosen, inputs)
        if faults:
            raise UnusableInput("；".join(faults.values()))
        return calculator.worked_out(chosen, facts, _said(conditions or {})).model_dump(mode="json")

    def check(
        story: str,
        inputs: dict[str, dict[str, str]] | None = None,
        conditions: dict[str, dict[str, str]] | None = None,
    ) -> list[dict[str, Any]]:
        """Hold an enterprise against every measure: which may apply, does not, or lacks which fact; never a total.

        Args:
            story: what the enterprise is and does, in Chinese, with its figures
            inputs: measure id to its inputs, as for calculate
            conditions: measure id to its conditions, as for calculate
        """
        said = {measure: _said(states) for measure, states in (conditions or {}).items()}
        rows = assistant().check(Profile(story, inputs or {}, said))
        return [{"standing": row.standing, **row.calculation.model_dump(mode="json")} for row in rows]

    def clause(id: str) -> dict[str, Any]:
        """Give a clause of the policy word for word.

        Args:
            id: the clause's id, e.g. 5.9 for 五、（九）
        """
        found = assistant().policy.clause(id)
        return {"id": found.id, "label": found.label, "text": found.text, "departments": list(found.departments)}

    offered: tuple[Callable[..., Any], ...] = (ask, measures, calculate, check, clause)
    return tuple(_in_words(function) for function in offered)


def _in_words(function: Callable[P, T]) -> Callable[P, T]:
    """The function with its arguments' types checked and what it says of wrong input shown to the caller."""
    checked = validate_call(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return checked(*args, **kwargs)
        except ValidationError as error:
            faults = "；".join(f"{'.'.join(map(str, e['loc']))}：{e['msg']}" for e in error.errors()[:3])
            raise gr.Error(f"参数不对（{faults}）。请按函数说明给出参数。"[:500], print_exception=False) from error
        except AssistantError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return call


def _said(conditions: dict[str, str]) -> dict[str, State]:
    said: dict[str, State] = {}
    for name, value in conditions.items():
        state = next((s for s in _STATES if s == value), None)
        if state is None:
            raise UnusableInput(f"条件 {name}＝{value[:40]}：只能是 meets、fails 或 unknown。")
        said[name] = state
    return said
