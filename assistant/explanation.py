"""A free question and the program's answer → the same answer, led by a language model's guarded words about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.amounts import format_yuan, read_quantities
from assistant.answer import Calculation, Citation, Reply
from assistant.chat_model import ChatModel
from assistant.clauses import HEAD
from assistant.guard import figures
from assistant.policies import Policy
from assistant.prompts import read_prompt
from assistant.questions import Questions
from assistant.references import read_references
from assistant.sections import blocks
from assistant.sentences import Sentences, Source, Statement

OPENING = "下面几句由语言模型整理，程序逐句核对过；准确的说法以后面的回答和原文为准。"
_READ = 1200  # characters of evidence that a model is given: some 15 s of reading for a small one on two cores
_SEGMENT = re.compile(r"[^。；\n]+")


class Explainer:
    """Has a model word what the program has found; every fact stays the program's."""

    def __init__(self, model: ChatModel, policy: Policy, questions: Questions) -> None:
        self._model, self._policy, self._questions = model, policy, questions
        self.prompt = read_prompt("wording", ("evidence", "message"))

    def is_wanted(self, message: str, reply: Reply) -> bool:
        """Whether the message is a free question that the program has found clauses for."""
        found = any(c.clause != HEAD for c in reply.citations)
        return found and reply.status in ("answered", "needs_input") and bool(self._questions.free.search(message))

    def open(self, reply: Reply) -> Sentences:
        """A guard that holds the evidence of this reply."""
        return Sentences(self._sources(reply), self._questions, self._named)

    def explain(self, message: str, reply: Reply, sentences: Sentences) -> Iterator[Reply]:
        """The reply with each sentence that passes, one more each time; `ModelTrouble` when the model gives out."""
        evidence = "\n".join(_told(source) for source in sentences.sources)
        messages = self.prompt.messages(evidence=evidence, message=message)
        said: list[str] = []
        for sentence in sentences.read(self._model.stream(messages)):
            said.append(sentence)
            yield reply.model_copy(update={"text": blocks(OPENING, _prose(said, sentences), reply.text)})

    def _sources(self, reply: Reply) -> tuple[Source, ...]:
        """What the reply cites, under its numbers there, as far as a model is given to read."""
        sources: list[Source] = []
        for number, citation in enumerate(reply.citations, 1):
            if citation.clause == HEAD and len(reply.citations) > 1:
                continue  # the term, which ends the answer anyway
            source = self._source(number, citation, reply)
            if sources and sum(len(_told(s)) for s in (*sources, source)) > _READ:
                break
            sources.append(source)
        return tuple(sources)

    def _source(self, number: int, citation: Citation, reply: Reply) -> Source:
        worked_out = [c for c in reply.calculations if c.clause == citation.clause and c.amount_yuan is not None]
        results = [_result(c) for c in worked_out]
        routes = [m.quote for m in self._policy.measures_of(citation.clause) if m.quote in citation.quote]
        segments = [s.strip() for s in _SEGMENT.findall(citation.quote) if figures(s)]
        words = sorted(dict.fromkeys((*routes, *segments)), key=lambda words: words not in reply.text)
        quotes = [Statement(w, w) for w in words]  # those the answer shows come first
        steps = [Statement(step, step) for c in worked_out for step in c.working]
        return Source(number, citation.clause, citation.label, citation.quote, (*results, *quotes, *steps))

    def _named(self, words: str) -> tuple[str, ...]:
        return read_references(words, read_quantities(words), self._policy)


def _result(calculation: Calculation) -> Statement:
    """A calculation's figure in one sentence, on the conditions that are still open."""
    assert calculation.amount_yuan is not None
    core = f"{calculation.name}{calculation.most}{format_yuan(calculation.amount_yuan)}"
    is_open = any(check.state == "unknown" for check in calculation.conditions)
    opening = "条件都符合并经认定时，" if is_open else ""
    return Statement(core, f"{opening}{core}（{calculation.per}）")


def _told(source: Source) -> str:
    """A source as the model reads it: the clause's words, then what has been worked out from them."""
    facts = "".join(f"\n[{source.number}] 事实：{s.text}" for s in source.statements if s.text not in source.quote)
    return f"[{source.number}] {source.label}：{source.quote}{facts}"


def _prose(said: list[str], sentences: Sentences) -> str:
    labels = "；".join(f"[{source.number}] {source.label}" for source in sentences.used)
    return f"{''.join(said)}\n\n依据：{labels}。"
