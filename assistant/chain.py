"""Question → answer as one LangChain runnable: understand → retrieve → calculate → compose → guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import StructuredTool

from assistant.answer import Calculation, Reply
from assistant.clauses import Clause
from assistant.composition import Composer
from assistant.guard import guard
from assistant.tools import work_out
from assistant.understander import Understander
from assistant.understanding import Understanding


class Search(Protocol):
    """What the chain asks of retrieval: the clauses nearest to a text, or none when it is about something else."""

    def __call__(self, text: str, is_about_money: bool) -> Sequence[Clause]: ...


@dataclass(frozen=True)
class Question:
    """A conversation's user messages so far, the last one to be answered, and the day it is asked on."""

    turns: tuple[str, ...]
    on: date


@dataclass(frozen=True)
class Answering:
    """An answer in the making, as it passes from step to step."""

    question: Question
    understanding: Understanding
    found: tuple[Clause, ...] = ()
    calculations: tuple[Calculation, ...] = ()
    reply: Reply | None = None
    dropped: tuple[str, ...] = ()


def build_chain(
    understander: Understander, search: Search, tools: Mapping[str, StructuredTool], composer: Composer
) -> Runnable[Question, Answering]:
    """The whole way from a question to a guarded answer."""

    def understand(question: Question) -> Answering:
        return Answering(question, understander.read(question.turns))

    def retrieve(state: Answering) -> Answering:
        # What understanding has placed by the policy's own data needs no search.
        u = state.understanding
        return state if composer.is_placed(u) else replace(state, found=tuple(search(u.text, "money" in u.intents)))

    def calculate(state: Answering) -> Answering:
        u = state.understanding
        measures = understander.policy.measures if u.is_sweep else u.measures
        done = tuple(work_out(tools[m.id], u.facts_of(m), u.verdicts_of(m), u.years) for m in measures)
        return replace(state, calculations=done)

    def compose(state: Answering) -> Answering:
        reply = composer.compose(state.understanding, state.found, state.calculations, state.question.on)
        return replace(state, reply=reply)

    def check(state: Answering) -> Answering:
        assert state.reply is not None
        text, dropped = guard(state.reply.text, composer.evidence(state.reply, state.question.turns), composer.places)
        return replace(state, reply=state.reply.model_copy(update={"text": text}), dropped=dropped)

    return (
        RunnableLambda(understand)
        | RunnableLambda(retrieve)
        | RunnableLambda(calculate)
        | RunnableLambda(compose)
        | RunnableLambda(check)
    )
