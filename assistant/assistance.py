"""An answer of the program's + a language model → the answer, then what the model could add to it.

The facts stay the program's: status, citations, calculations and what is missing never come from the model. Whatever
goes wrong on its side leaves the answer as it was, with a quiet notice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from assistant.answer import Reply, Trace
from assistant.chain import Answering, Question
from assistant.chat_model import ChatModel
from assistant.errors import ModelTrouble
from assistant.explanation import Explainer
from assistant.facts import fits
from assistant.measures import Measure
from assistant.policies import Policy
from assistant.proposal import Proposal, Proposer
from assistant.sections import blocks
from assistant.understander import Understander
from assistant.understanding import Understanding

log = logging.getLogger(__name__)

NOTICE = "语言模型没有帮上忙，回答由程序自己作出。"
Answer = Callable[[Question], Answering]


class Assistance:
    """Asks one model for help with what an answer leaves open; `answer` is the program's own way to one."""

    def __init__(self, model: ChatModel, understander: Understander, answer: Answer) -> None:
        self.model, self._answer = model, answer
        self._understander = understander
        self._policy: Policy = understander.policy
        self._proposer = Proposer(model, understander)
        self._explainer = Explainer(model, self._policy, understander.questions)

    @property
    def versions(self) -> tuple[str, ...]:
        """What the model's part of an answer depends on: its name and the prompts."""
        prompts = (self._proposer.prompt, self._explainer.prompt)
        return (self.model.name, *(f"{prompt.name} {prompt.version}" for prompt in prompts))

    def help(self, states: Iterator[Answering]) -> Iterator[Answering]:
        """Each answer as it is, and after it, where the model was asked, what has come of that."""
        for state in states:
            yield state
            reply = state.reply
            assert reply is not None
            if choices := self._proposer.choices(state.understanding, reply):
                yield from self._proposed(state, reply, choices)
            elif self._explainer.is_wanted(state.question.turns[-1], reply):
                yield from self._explained(state, reply)

    def possible(self, turns: Sequence[str], on: date) -> Iterator[Reply]:
        """Every other answer that a proposal, whatever it be, could make of this one: for the worst case."""
        state = self._answer(Question(tuple(turns), on))
        assert state.reply is not None
        for measure in self._proposer.choices(state.understanding, state.reply):
            better = self._taken_up(state, Proposal((measure,)))
            if better is not None and better.reply is not None:
                yield better.reply

    def _proposed(self, state: Answering, reply: Reply, choices: tuple[Measure, ...]) -> Iterator[Answering]:
        started = time.perf_counter()
        trace = Trace(model=self.model.name, prompts=self.versions[1:2])
        try:
            proposal = self._proposer.propose(state.question.turns, state.understanding, choices)
        except ModelTrouble as trouble:
            yield _troubled(state, reply, trace, trouble, started)
            return
        trace = trace.model_copy(update={"proposals": proposal.notes})
        better = self._taken_up(state, proposal)
        if better is not None and better.reply is not None:
            yield _traced(better, better.reply, trace, started)
            return
        offers = self._offers(state, proposal)
        texts = [f"您是不是想{'说' if proposal.slots else '问'}：{offer}" for offer in offers]
        shown = reply.model_copy(update={"text": blocks(reply.text, *texts)})
        yield _traced(state, shown, trace.model_copy(update={"offers": offers}), started)

    def _taken_up(self, state: Answering, proposal: Proposal) -> Answering | None:
        """The answer to the user's own words with the measure's name behind them, if the program holds it likely too.

        The one proposed must be among those the program itself was wavering between.
        """
        if state.reply is None or state.reply.status != "not_covered" or len(proposal.measures) != 1:
            return None
        measure = proposal.measures[0]
        if measure not in self._understander.pointer.nearly(state.understanding.text):
            return None
        *earlier, message = state.question.turns
        better = self._answer(replace(state.question, turns=(*earlier, f"{message}（{measure.name}）")))
        if better.reply is None or better.understanding.measures != (measure,) or better.reply.status == "refused":
            return None
        taken = f"这句话是按“{measure.name}”理解的；不是的话，请换个说法再问。"
        reply = better.reply.model_copy(update={"text": blocks(taken, better.reply.text)})
        return replace(better, question=state.question, reply=reply)

    def _offers(self, state: Answering, proposal: Proposal) -> tuple[str, ...]:
        """The proposal as questions the user may ask next; the words are the program's, the figures the user's."""
        if proposal.slots:
            return ("，".join(f"{item.label}{quantity.text}" for item, quantity in proposal.slots),)
        u = state.understanding
        asked = proposal.measures[:2] if len(u.measures) != 1 else ()
        return tuple(f"{'，'.join((measure.name, *_told(u, measure)))}，怎么给？" for measure in asked)

    def _explained(self, state: Answering, reply: Reply) -> Iterator[Answering]:
        started = time.perf_counter()
        trace = Trace(model=self.model.name, prompts=self.versions[2:3])
        sentences = self._explainer.open(reply)
        shown = reply
        try:
            for shown in self._explainer.explain(state.question.turns[-1], reply, sentences):
                yield _traced(state, shown, trace, started)
        except ModelTrouble as trouble:
            trace = trace.model_copy(update={"sentences": tuple(sentences.judged)})
            yield _troubled(state, shown, trace, trouble, started)
            return
        yield _traced(state, shown, trace.model_copy(update={"sentences": tuple(sentences.judged)}), started)


def _told(u: Understanding, measure: Measure) -> tuple[str, ...]:
    """The user's own figure, where there is one that found no place and the measure has an input of its kind."""
    figures = (q.text for q in u.quantities if q.text in u.unused and any(fits(i, q, False) for i in measure.inputs))
    return tuple(figures)[:1]


def _traced(state: Answering, reply: Reply, trace: Trace, started: float) -> Answering:
    elapsed = round((time.perf_counter() - started) * 1000, 2)
    return replace(state, reply=reply.model_copy(update={"trace": trace.model_copy(update={"elapsed_ms": elapsed})}))


def _troubled(state: Answering, reply: Reply, trace: Trace, trouble: ModelTrouble, started: float) -> Answering:
    """The answer as far as it had come, with a quiet notice; why stands in the trace and in the log."""
    log.warning("the language model was of no use: %s", trouble)
    told = reply.model_copy(update={"text": blocks(reply.text, NOTICE), "notices": (*reply.notices, NOTICE)})
    return _traced(state, told, trace.model_copy(update={"trouble": str(trouble)}), started)
