"""Measures → LangChain tools: one calculator each, called by the chain and, in words, by people and models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from langchain_core.tools import InjectedToolArg, StructuredTool
from pydantic import Field, create_model

from assistant.answer import Calculation
from assistant.calculators import Verdict, calculate
from assistant.errors import UnusableInput
from assistant.facts import Fact, read_words
from assistant.measures import Measure
from assistant.policies import Policy


def build_tools(policy: Policy) -> dict[str, StructuredTool]:
    """A tool for each measure, by the measure's id.

    Its arguments are the inputs in the user's own words ("8000万"), parsed here; the chain, which has parsed them
    already, hands in facts, verdicts and years instead, which no model sees. The content is JSON, the artifact a
    Calculation.
    """
    return {measure.id: _tool(policy, measure) for measure in policy.measures}


def work_out(
    tool: StructuredTool, facts: Mapping[str, Fact], verdicts: Mapping[str, Verdict], years: Decimal | None
) -> Calculation:
    """Call a tool with what has been understood."""
    arguments = {"facts": dict(facts), "verdicts": dict(verdicts), "years": years}
    message = tool.invoke({"type": "tool_call", "id": tool.name, "name": tool.name, "args": arguments})
    artifact: Calculation = message.artifact
    return artifact


def estimate(measure: Measure, words: Mapping[str, str]) -> Calculation:
    """Work a measure out on inputs given by name (or Chinese label) in words: {"loan": "8000万", "loan_rate": "4%"}."""
    facts: dict[str, Fact] = {}
    for key, value in words.items():
        item = next((i for i in measure.inputs if key in (i.name, i.label)), None)
        if item is None:
            known = "、".join(f"{i.name}（{i.label}）" for i in measure.inputs) or "无"
            raise UnusableInput(f"{measure.name}没有输入项 {key}；可用：{known}。")
        facts[item.name] = read_words(item, value)
    return calculate(measure, facts, {})


def _tool(policy: Policy, measure: Measure) -> StructuredTool:
    name = measure.id.replace("-", "_")
    fields: dict[str, Any] = {
        item.name: (str | None, Field(None, description=f"{item.label}，用户原话，例如“3000万”"))
        for item in measure.inputs
    }

    def run(
        facts: dict[str, Fact] | None = None,
        verdicts: dict[str, Verdict] | None = None,
        years: Decimal | None = None,
        **words: str | None,
    ) -> tuple[str, Calculation]:
        if facts is None:
            calculation = estimate(measure, {key: value for key, value in words.items() if value})
        else:
            calculation = calculate(measure, facts, verdicts or {}, years)
        return calculation.model_dump_json(), calculation

    return StructuredTool.from_function(
        func=run,
        name=name,
        description=f"{policy.clause(measure.clause).label}·{measure.name}：{measure.quote}",
        args_schema=create_model(
            f"{name}_arguments",
            facts=(Annotated[dict[str, Fact] | None, InjectedToolArg], None),
            verdicts=(Annotated[dict[str, Verdict] | None, InjectedToolArg], None),
            years=(Annotated[Decimal | None, InjectedToolArg], None),
            **fields,
        ),
        response_format="content_and_artifact",
    )
