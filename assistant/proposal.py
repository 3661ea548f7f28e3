"""A message the program is unsure about + a language model → what it may have meant, each quote found in the message.

A proposal decides nothing. It is taken up only where the program itself holds the measure likely, and then the program
reads the user's own words again; all else is put back to the user as a question of the program's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.amounts import Quantity, read_quantities
from assistant.answer import Reply
from assistant.chat_model import ChatModel
from assistant.facts import fits
from assistant.guard import figures
from assistant.measures import Input, Measure
from assistant.policies import Policy
from assistant.prompts import read_prompt
from assistant.understander import Understander
from assistant.understanding import Understanding

_NOT_ASKED = frozenset(("greeting", "thanks", "compare"))
_SHORTEST = 2  # characters of a quote that tells something
_LONGEST = 200  # characters of a rewritten question


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Pointed(_Part):
    measure: str
    quote: str


class _Filled(_Part):
    input: str
    quote: str


class Proposed(_Part):
    """What the user may have meant, in the user's own words."""

    question: str = Field(description="改写后的问句，数字照抄")
    measures: list[_Pointed] = Field(description="最可能的事项")
    slots: list[_Filled] = Field(description="数字各是哪个输入")


@dataclass(frozen=True)
class Proposal:
    """What stood up to the check: measures the message may mean, and figures it told that may be inputs.

    `notes` say of every part what became of it, for the trace.
    """

    measures: tuple[Measure, ...] = ()
    slots: tuple[tuple[Input, Quantity], ...] = ()
    notes: tuple[str, ...] = ()


class Proposer:
    """Asks a model about the messages that the program is unsure of."""

    def __init__(self, model: ChatModel, understander: Understander) -> None:
        self._model, self._understander = model, understander
        self._policy: Policy = understander.policy
        self.prompt = read_prompt("reading", ("choices", "message"))

    def choices(self, u: Understanding, reply: Reply) -> tuple[Measure, ...]:
        """The measures to choose among where the program is unsure; none where it is not.

        Unsure is: no measure and nothing else of the file found, several measures, or an input open beside a figure
        that found no place. An amount, a silence, something outside and unusable input are never put in question.
        """
        is_final = u.problem or u.is_outside or u.is_sweep or u.silences
        if is_final or u.intents & _NOT_ASKED or any(c.amount_yuan is not None for c in reply.calculations):
            return ()
        if reply.status == "not_covered" and not (u.measures or u.topics or u.clauses or u.departments):
            return self._policy.measures
        if reply.status == "needs_input" and (len(u.measures) > 1 or u.unused):
            return u.measures
        return ()

    def propose(self, turns: Sequence[str], u: Understanding, choices: Sequence[Measure]) -> Proposal:
        """What the model takes the last message for, as far as it holds; `ModelTrouble` when it gives none."""
        message = turns[-1]
        listed = "\n".join(f"{m.id}：{m.name}{_inputs(m) if m in u.measures else ''}" for m in choices)
        messages = self.prompt.messages(choices=listed, message=message)
        proposed = self._model.propose(messages, Proposed, _schema(choices, u.measures))
        notes: list[str] = []
        measures = [*self._pointed(proposed, message, choices, notes), *self._reread(proposed, turns, choices, notes)]
        return Proposal(tuple(dict.fromkeys(measures)), self._filled(proposed, message, u, notes), tuple(notes))

    def _pointed(self, proposed: Proposed, message: str, choices: Sequence[Measure], notes: list[str]) -> list[Measure]:
        """The measures named with words that do stand in the message."""
        found = []
        for part in proposed.measures:
            measure = next((m for m in choices if m.id == part.measure), None)
            if measure is None:
                notes.append("事项：不在可选的事项里，未采用")
            elif len(part.quote.strip()) < _SHORTEST or part.quote.strip() not in message:
                notes.append(f"事项 {measure.name}：所引不是用户原话，未采用")
            else:
                notes.append(f"事项 {measure.name}：引用户原话“{part.quote.strip()}”")
                found.append(measure)
        return found

    def _reread(
        self, proposed: Proposed, turns: Sequence[str], choices: Sequence[Measure], notes: list[str]
    ) -> list[Measure]:
        """The measures that the program itself reads in the rewritten question, which may hold no figure of its own."""
        question = proposed.question.strip()
        if not question or len(question) > _LONGEST or not figures(question) <= figures(turns[-1]):
            notes.append("改写：空、太长，或有用户没说过的数字，未采用")
            return []
        found = [m for m in self._understander.read((*turns[:-1], question)).measures if m in choices]
        read = f"“{question}”，程序读作 {'、'.join(m.name for m in found)}" if found else "程序没有从中读出事项，未采用"
        notes.append(f"改写：{read}")
        return found

    def _filled(
        self, proposed: Proposed, message: str, u: Understanding, notes: list[str]
    ) -> tuple[tuple[Input, Quantity], ...]:
        """The open inputs named with a quote whose one figure is the user's, of their kind, and found no place yet."""
        open_ = {i.name: i for m in u.measures for i in m.missing(u.facts_of(m))}
        found: dict[str, tuple[Input, Quantity]] = {}
        for part in proposed.slots:
            item, quoted = open_.get(part.input), read_quantities(part.quote)
            free = [q for q in u.quantities if q.text in u.unused and [x.text for x in quoted] == [q.text]]
            if item is None or part.quote.strip() not in message or len(free) != 1 or not fits(item, free[0], True):
                notes.append("输入：不是待补的输入，或所引不是用户说过而还没有用上的数，未采用")
            else:
                notes.append(f"输入 {item.label}：引用户原话“{part.quote.strip()}”")
                found[item.name] = (item, free[0])
        return tuple(found.values())


def _schema(choices: Sequence[Measure], known: Sequence[Measure]) -> dict[str, Any]:
    """The schema of a proposal that can name only these measures, and the inputs of those already known."""
    schema = Proposed.model_json_schema()
    parts = schema["$defs"]
    parts["_Pointed"]["properties"]["measure"]["enum"] = [m.id for m in choices]
    if names := list(dict.fromkeys(i.name for m in known for i in m.inputs)):
        parts["_Filled"]["properties"]["input"]["enum"] = names
    else:
        schema["properties"]["slots"]["maxItems"] = 0  # no input is open yet
    return schema


def _inputs(measure: Measure) -> str:
    return "；" + "，".join(f"{i.name}（{i.label}）" for i in measure.inputs) if measure.inputs else ""
