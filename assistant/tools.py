"""Measures → LangChain tools: one calculator each, whose arguments are the user's own words and are parsed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.tools import StructuredTool
from pydantic import Field, create_model

from assistant.amounts import read_amount
from assistant.answer import Calculation
from assistant.calculators import calculate
from assistant.errors import UnusableInput
from assistant.facts import Fact, read_fact
from assistant.measures import Measure
from assistant.policies import Policy


def build_tools(policy: Policy) -> tuple[StructuredTool, ...]:
    """A tool for each measure of the policy, named by its id; it returns a Calculation as a JSON-ready dict."""
    return tuple(_tool(policy, measure) for measure in policy.measures)


def estimate(measure: Measure, words: Mapping[str, str]) -> Calculation:
    """Work a measure out on inputs given by name (or Chinese label) in words: {"loan": "8000万", "loan_rate": "4%"}."""
    facts: dict[str, Fact] = {}
    for key, value in words.items():
        item = next((i for i in measure.inputs if key in (i.name, i.label)), None)
        if item is None:
            known = "、".join(f"{i.name}（{i.label}）" for i in measure.inputs) or "无"
            raise UnusableInput(f"{measure.name}没有输入项 {key}；可用：{known}。")
        try:
            facts[item.name] = read_fact(item, read_amount(value))
        except ValueError as error:
            raise UnusableInput(f"{item.label}＝{value}：{error}") from error
    return calculate(measure, facts, {})


def _tool(policy: Policy, measure: Measure) -> StructuredTool:
    fields: dict[str, Any] = {
        item.name: (str | None, Field(None, description=f"{item.label}，用户原话，例如“3000万”"))
        for item in measure.inputs
    }

    def run(**words: str | None) -> dict[str, Any]:
        return estimate(measure, {k: v for k, v in words.items() if v}).model_dump(mode="json")

    return StructuredTool.from_function(
        func=run,
        name=measure.id.replace("-", "_"),
        description=f"{policy.clause(measure.clause).label}·{measure.name}：{measure.quote}",
        args_schema=create_model(f"Arguments_{measure.id.replace('-', '_')}", **fields),
    )
