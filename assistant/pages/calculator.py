"""A measure's data and what is typed into its form → what is wrong with each field, the result, and the question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

from assistant.answer import Calculation, State
from assistant.boundaries import with_limits
from assistant.calculators import calculate
from assistant.checkup import fillable, form_verdicts, refuse_larger_part
from assistant.errors import UnusableInput
from assistant.facts import Fact, read_words
from assistant.measures import Input, Measure
from assistant.pages.chart import chart
from assistant.pages.marks import marked
from assistant.pages.render import card, citation
from assistant.policies import Policy

# What a field of each kind takes, and an example of it.
UNITS = {
    "money": ("连单位写", "例如 3000万、1.2亿"),
    "rate": ("年利率", "例如 4.2%"),
    "area": ("平方米", "例如 2000"),
    "unit_rent": ("元/平方米/月", "例如 30"),
    "months": ("个月", "例如 12个月"),
    "count": ("人", "例如 5"),
}
_SHORT = re.compile(r"（[^）]*）")
STATES: dict[str, State] = {"符合": "meets", "不符合": "fails", "不清楚": "unknown"}
Words = Mapping[str, str]
Said = Mapping[str, State]


def title(policy: Policy, measure: Measure) -> str:
    """How a measure is called in a list of all: its clause's number and its own name."""
    clause = policy.clause(measure.clause)
    return f"{clause.label.removesuffix(clause.title)}{measure.name}"


def asked(measure: Measure) -> tuple[Input, ...]:
    """The inputs of the form in the order of their weight, those one can do without last."""
    return tuple(sorted(measure.inputs, key=lambda item: item.optional))


def label(item: Input) -> str:
    unit = UNITS[item.kind][0]
    if "（" in item.label and not item.optional:
        return item.label
    return f"{item.label}（{unit}{'，可不填' if item.optional else ''}）"


def read_form(measure: Measure, words: Words) -> tuple[dict[str, Fact], dict[str, str]]:
    """What the filled fields say, by input, and of those that cannot be read what is wrong with them."""
    facts: dict[str, Fact] = {}
    faults: dict[str, str] = {}
    for item in measure.inputs:
        if value := words.get(item.name, "").strip():
            try:
                facts[item.name] = read_words(item, value)
            except UnusableInput as error:
                faults[item.name] = str(error)
    return facts, faults


def worked_out(measure: Measure, facts: Mapping[str, Fact], said: Said) -> Calculation:
    """The measure on the form's facts and states, with either side of its limits; `UnusableInput` if two disagree."""
    refuse_larger_part(measure, facts)
    verdicts = form_verdicts(said, fillable(measure))
    return with_limits(measure, calculate(measure, facts, verdicts), facts, always=True)


def result(policy: Policy, measure: Measure, words: Words, said: Said) -> str:
    """The result as safe HTML: faults, or the figure with its working, drawing and conditions, and the clause."""
    facts, faults = read_form(measure, words)
    return f'<div class="reply result" role="status">{"".join(_result(policy, measure, facts, faults, said))}</div>'


def question(measure: Measure, words: Words) -> str:
    """What of the form can be read as one question in words, for the conversation."""
    facts, _ = read_form(measure, words)
    told = [f"{_SHORT.sub('', i.label)} {facts[i.name].shown}" for i in measure.inputs if i.name in facts]
    return "，".join([measure.name, *told, "能有多少？" if told else "是怎么规定的？"])


def can_be_asked(measure: Measure, words: Words, said: Said) -> bool:
    """Whether the question says all that the form does: what cannot be read or fails would be left out of it."""
    return not read_form(measure, words)[1] and "fails" not in said.values()


def _result(
    policy: Policy, measure: Measure, facts: Mapping[str, Fact], faults: Mapping[str, str], said: Said
) -> Iterator[str]:
    for fault in faults.values():
        yield f'<p class="problem">{escape(fault)}</p>'
    if faults:  # a figure without what could not be read would be another one
        return
    try:
        calculation = worked_out(measure, facts, said)
    except UnusableInput as error:
        yield f'<p class="problem">{escape(str(error))}</p>'
        return
    if missing := [measure.input(name) for name in calculation.missing]:
        yield f'<div class="ask"><p>{"填了这些就能算：" if not facts else "还差："}</p><ul>'
        yield "".join(f"<li>{escape(item.ask)}</li>" for item in missing) + "</ul></div>"
    if measure.formula.name == "none":
        yield '<p class="words">这一项条文没有写出可以计算的金额，只有下面的规定。</p>'
    yield card(calculation)
    yield chart(measure, facts) if calculation.amount_yuan is not None else ""
    yield "".join(f'<p class="notice">{escape(note)}</p>' for note in measure.notes)
    clause = policy.clause(measure.clause)
    quote = "".join(f"<p>{marked(line, [measure.quote])}</p>" for line in clause.body.splitlines())
    yield f'<div class="citations">{citation(clause.id, clause.label, quote)}</div>'
