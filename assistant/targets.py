"""A message → what it points at: measures, topics, silences, or something outside; by cues, else by likeness.

Cues are words of the policy's own data and decide where they speak. The classifier, which has learnt from examples of
how people ask, places what no cue does, and speaks up beside them where it is sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.amounts import read_quantities
from assistant.classifier import Classifier
from assistant.measures import Measure, Silence, Topic
from assistant.policies import Policy
from assistant.questions import Cues, Questions, Span, weight

_SENTENCE = re.compile(r"[。！!？?\n]")
_ASKING = frozenset(("amount", "rule", "confirm", "term", "money"))
_TELLING = frozenset(("follow", "support", "money", "correction", "adds", "again", "suppose"))
_PLAIN = frozenset(("greeting", "thanks"))
_PLACING = frozenset(("term", "overview", "reverse", "compare"))
# How far ahead the classifier must be to place what nothing else does, and to speak up beside the cues.
_PLACES, _SURE = 0.05, 0.25


@dataclass(frozen=True)
class Targets:
    """What one message points at, each kind most telling first."""

    intents: frozenset[str]
    measures: tuple[Measure, ...] = ()
    topics: tuple[Topic, ...] = ()
    silences: tuple[Silence, ...] = ()
    is_outside: bool = False


class Pointer:
    """Finds the targets of messages about one policy."""

    def __init__(self, policy: Policy, questions: Questions, classifier: Classifier | None) -> None:
        self.policy, self._questions, self._classifier = policy, questions, classifier
        self._cues = {m.id: Cues(m.cues, m.unless) for m in policy.measures}
        self._silences = [(s, Cues(s.cues, s.unless)) for s in policy.silences]
        self._topics = [(t, Cues(t.cues, t.unless)) for t in policy.topics]

    def find(self, text: str, intents: frozenset[str], has_inputs: bool) -> Targets:
        """What `text` points at by its cues."""
        measures, topics = self._match_asked(text, intents), self._match_topics(text)
        silences = tuple(silence for silence, cues in self._silences if cues.weight(text))
        is_outside = not any(t.quote for t in topics) and self._is_outside(text, bool(measures and has_inputs))
        return Targets(intents, measures, topics, silences, is_outside)

    def likely(self, text: str, targets: Targets, is_placed: bool) -> Targets:
        """`targets` with what the classifier makes of the text, where they are empty or it is sure of more."""
        guess = self._classifier.guess(text) if self._classifier else None
        found = targets.measures or targets.topics or targets.silences or targets.is_outside
        if guess is None or targets.is_outside or targets.intents & _PLAIN:
            return targets
        if not (found or is_placed or targets.intents & _PLACING):
            is_telling = not targets.intents - _TELLING
            return self._with(guess.target, targets) if guess.margin >= (_SURE if is_telling else _PLACES) else targets
        kind = guess.target.partition(":")[0]
        if guess.margin < _SURE or (kind in ("topic", "outside", *_PLACING) and (targets.measures or is_placed)):
            return targets
        if kind == "topic" or kind in _PLACING - {"term"}:
            return targets
        return self._with(guess.target, targets)

    def _with(self, target: str, targets: Targets) -> Targets:
        kind, _, name = target.partition(":")
        if kind == "outside":
            return replace(targets, is_outside=True)
        if kind == "silence":
            silence = next(s for s, _ in self._silences if s.id == name)
            others = tuple(s for s in targets.silences if s is not silence)
            return replace(targets, silences=(silence, *others))
        if kind == "topic":
            topics = [t for t, _ in self._topics if t.clause == name and not t.quote]
            return replace(targets, topics=(*targets.topics, *topics[:1]))
        if kind in _PLACING:
            return replace(targets, intents=targets.intents | {kind})
        if targets.measures:
            return targets
        return replace(targets, measures=(self.policy.measure(target),))

    def place(self, text: str, measure: Measure, beside: Sequence[Measure]) -> int:
        """Where `text` first speaks of the measure itself."""
        for other in beside:
            if measure.id in other.overrides:
                text = _without(text, self._cues[other.id].spans(text))
        return min((start for start, _ in self._cues[measure.id].spans(text)), default=len(text))

    def match(self, text: str) -> tuple[Measure, ...]:
        """The measures `text` points at, heaviest cue first, without those another one of them overrides."""
        spans = {m.id: self._cues[m.id].spans(text) for m in self.policy.measures}
        hits = [m for m in self.policy.measures if spans[m.id]]
        overriding = [m for m in hits if m.overrides]
        kept = [
            m for m in hits
            if all(m.id not in o.overrides or self._is_beside(text, m, spans[o.id]) for o in overriding)
        ]  # fmt: skip
        return tuple(sorted(kept, key=lambda m: -weight(spans[m.id])))

    def _is_beside(self, text: str, measure: Measure, overriding: Sequence[Span]) -> bool:
        """Whether `text` speaks of the measure apart from the one that overrides it (技改 1000 万、示范项目 2000 万)."""
        if not self._cues[measure.id].spans(_without(text, overriding)):
            return False
        sums = [q for q in read_quantities(text) if q.kind == "money"]
        return len(sums) > 1 or bool(self._questions.each.search(text))

    def _match_asked(self, text: str, intents: frozenset[str]) -> tuple[Measure, ...]:
        """The measures of the sentence that asks, where it names any; else of the whole message."""
        sentences = [s for s in _SENTENCE.split(text) if s]
        asking = [s for s in sentences if self._questions.intents_of(s) & _ASKING]
        if len(asking) < len(sentences) and "overview" not in intents:
            asked = {m.id for s in asking for m in self.match(s)}
            return tuple(m for m in self.match(text) if m.id in asked) or self.match(text)
        return self.match(text)

    def _match_topics(self, text: str) -> tuple[Topic, ...]:
        """The topics `text` points at, heaviest first, without those whose clause holds another one's."""
        weights = [(cues.weight(text), topic) for topic, cues in self._topics]
        hits = [topic for weight, topic in sorted(weights, key=lambda pair: -pair[0]) if weight]
        return tuple(t for t in hits if not any(o.clause.startswith(f"{t.clause}.") for o in hits))

    def _is_outside(self, text: str, is_case: bool) -> bool:
        ask = self._questions
        elsewhere = ask.place_policy.search(text) and not ask.moving.search(text)
        if elsewhere and self.policy.description.place not in text:
            return True
        return bool(ask.outside.search(text)) and not is_case


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with some places blank, the others where they were."""
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


