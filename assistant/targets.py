"""A message → what it points at: measures, topics, silences, or something outside; by cues, else by likeness.

Cues are words of the policy's own data and decide where they speak. The classifier, which has learnt from examples of
how people ask, places what no cue does, and speaks up beside them where it is sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.amounts import read_quantities
from assistant.classifier import Classifier, Guess
from assistant.measures import Measure, Silence, Topic
from assistant.policies import Policy
from assistant.questions import Cues, Questions, Span, weight

_SENTENCE = re.compile(r"[。！!？?\n]")
_ASKING = frozenset(("amount", "rule", "confirm", "term", "money"))
_TELLING = frozenset(("follow", "support", "money", "correction", "adds", "again", "suppose"))
_PLAIN = frozenset(("greeting", "thanks"))
_PLACING = frozenset(("term", "overview", "reverse", "compare"))
# Asked for in so many words, these are not what the file is silent on.
_OF_ITS_OWN = frozenset(("department", "compare", "overview", "original", "term", "reverse"))
# How far ahead the classifier must be: to place a message that nothing else places, one that only tells something, to
# say that a message is of another kind than its cues say, and to take the cues' place.
_PLACES, _TOLD, _KIND, _DOUBTFUL, _SURE = 0.03, 0.12, 0.05, 0.1, 0.25
_FEW = 6  # characters that say too little to be refused by likeness alone


@dataclass(frozen=True)
class Targets:
    """What one message points at, each kind most telling first."""

    intents: frozenset[str]
    measures: tuple[Measure, ...] = ()
    topics: tuple[Topic, ...] = ()
    silences: tuple[Silence, ...] = ()
    is_outside: bool = False

    @property
    def found(self) -> bool:
        """Whether the message points at anything at all."""
        return bool(self.measures or self.topics or self.silences or self.is_outside)


class Pointer:
    """Finds the targets of messages about one policy."""

    def __init__(self, policy: Policy, questions: Questions, classifier: Classifier | None) -> None:
        self.policy, self._questions, self._classifier = policy, questions, classifier
        self._support = policy.description.support_chapter
        self._cues = {m.id: Cues(m.cues, m.unless) for m in policy.measures}
        self._silences = [(s, Cues(s.cues, s.unless)) for s in policy.silences]
        self._topics = [(t, Cues(t.cues, t.unless)) for t in policy.topics]

    def find(self, text: str, intents: frozenset[str], has_inputs: bool) -> Targets:
        """What `text` points at by its cues."""
        measures, topics = self._match_asked(text, intents), self._match_topics(text)
        silences = tuple(silence for silence, cues in self._silences if cues.weight(text))
        is_outside = not any(t.quote for t in topics) and self._is_outside(text, bool(measures and has_inputs))
        return Targets(intents, measures, topics, silences, is_outside)

    def likely(self, text: str, targets: Targets, is_placed: bool, has_inputs: bool) -> Targets:
        """`targets` with what the classifier makes of the text, where they are empty or it is sure of more."""
        if self._classifier is None or targets.intents & _PLAIN:
            return targets
        guess = self._classifier.guess(text)
        asked = targets.intents - _TELLING
        is_placed = is_placed or bool(targets.intents & _PLACING)
        match guess.kind:
            case "measure":
                return self._with_measure(self.policy.measure(guess.name), guess, targets, is_placed)
            case "silence":
                needed = _DOUBTFUL if asked & {"amount", "rule"} else _KIND
                if has_inputs or guess.lead < needed or asked & _OF_ITS_OWN or targets.is_outside:
                    return targets
                silence = next(s for s, _ in self._silences if s.id == guess.name)
                return replace(targets, silences=tuple(dict.fromkeys((silence, *targets.silences))))
            case "outside":
                is_free = not (targets.measures or targets.silences or is_placed or any(t.quote for t in targets.topics))
                return replace(targets, is_outside=True) if is_free and len(text) >= _FEW and guess.lead >= _KIND else targets
        if targets.found or is_placed or guess.margin < (_PLACES if asked else _TOLD):
            return replace(targets, intents=targets.intents | {"term"}) if guess.kind == "term" and guess.lead >= _SURE else targets
        if guess.kind == "topic":
            topics = [t for t, _ in self._topics if t.clause == guess.name and not t.quote]
            return replace(targets, topics=tuple(topics[:1]))
        return replace(targets, intents=targets.intents | {guess.kind})

    def _with_measure(self, measure: Measure, guess: Guess, targets: Targets, is_placed: bool) -> Targets:
        """The guessed measure where there is none, in front of the others or, when sure, in the only one's place."""
        direct = targets.measures
        if measure in direct:
            first = (measure, *(m for m in direct if m is not measure))
            return replace(targets, measures=first) if guess.margin >= _DOUBTFUL else targets
        if targets.is_outside:
            return targets
        if direct:
            return replace(targets, measures=(measure,)) if guess.margin >= _SURE and len(direct) == 1 else targets
        asked = targets.intents - _TELLING
        elsewhere = [t for t in targets.topics if not t.quote and not t.clause.startswith(f"{self._support}.")]
        if elsewhere and not targets.silences and guess.lead >= _DOUBTFUL:
            kept = tuple(t for t in targets.topics if t not in elsewhere)
            return replace(targets, measures=(measure,), topics=kept)
        if not (targets.found or is_placed) and guess.margin >= (_PLACES if asked else _TOLD):
            return replace(targets, measures=(measure,))
        return targets

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


