"""A question → whether the policy's own words can answer it, from what is left of it without them, and what is new.

A question about a benefit that the text does not settle (租金补贴包不包物业管理费) names the benefit in the text's
words and asks in others. So the classifier looks at the whole question and at what is left of it without the text's
words; and pairs of characters that stand neither in the text nor in questions it answers are new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from assistant.classifier import OPEN, Classifier
from assistant.clauses import squeeze

_SHORTEST = 3  # characters of a run that is the text's own
_LEFT, _NEW = 0.5, 0.5  # how much the rest of a question, and what is new in it, count beside the whole


@dataclass(frozen=True)
class Openness:
    """`kind` is `silence` or `outside`; `lead` by how much that is likelier than an answer (up to about 2)."""

    kind: str
    lead: float


class Answerability:
    """Judges questions about one policy's text by what the classifier has learnt."""

    def __init__(self, texts: Iterable[str], classifier: Classifier) -> None:
        self._text = squeeze(" ".join(texts)).lower()
        self._classifier = classifier

    def openness(self, question: str) -> Openness:
        """How far a simplified question is from any that the text answers."""
        left = self._without_own_words(question)
        whole, rest = (self._classifier.weights(text) for text in (question, left))
        asked = {kind: whole[kind] + _LEFT * rest[kind] for kind in whole}
        unanswered = {kind: asked[kind] for kind in OPEN if kind in asked}
        if not unanswered:
            return Openness(OPEN[0], -1.0)
        lead = _best(whole, unanswered) + _LEFT * _best(rest, unanswered) + _NEW * self._novelty(question)
        return Openness(max(unanswered, key=lambda kind: unanswered[kind]), lead)

    def _novelty(self, question: str) -> float:
        """The share of a question's pairs of characters that stand in no text and no answered question, 0 to 1."""
        pairs = [a + b for a, b in pairwise(question) if (a + b).isalnum()]
        new = [pair for pair in pairs if pair not in self._text and not self._classifier.is_common(pair)]
        return len(new) / max(len(pairs), 1)

    def _without_own_words(self, question: str) -> str:
        """What is left when the runs that the text holds too are taken out."""
        kept, at = [], 0
        while at < len(question):
            end = at + _SHORTEST
            if not (question[at:end].isalpha() and len(question) >= end and question[at:end] in self._text):
                kept.append(question[at])
                at += 1
                continue
            while end < len(question) and question[end].isalpha() and question[at : end + 1] in self._text:
                end += 1
            at = end
        return "".join(kept)


def _best(weights: dict[str, float], unanswered: Iterable[str]) -> float:
    """By how much the likeliest of some kinds is ahead of all others."""
    open_kinds = set(unanswered)
    rest = (weight for kind, weight in weights.items() if kind not in open_kinds)
    return max(weights[kind] for kind in open_kinds) - max(rest, default=0.0)
