"""A reply about routes of one benefit spoken of before (前一个是，后一个不是) → which are met, and which fail."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.calculators import Verdict
from assistant.measures import Condition, Measure
from assistant.policies import Policy
from assistant.questions import Questions

_CLAUSE = re.compile(r"[^，,。；;！!？?]+")
_ALL = re.compile(r"都|全|两[个样者边头]|哪[个样]也")
_NO = re.compile(r"[不没未非]|谈不上")
_YES = re.compile(r"[是有算属对]|符合|[评选拿挂]上")
_ONLY = re.compile(r"(?:只|仅|就)(?:有|是|占|算)?")
_NOT_ONLY = re.compile(r"不[只仅光但单止]")
Verdicts = dict[tuple[str, str], Verdict]


class Routes:
    """The better routes of a policy's measures, each with the conditions that the plain one has not."""

    def __init__(self, policy: Policy, questions: Questions) -> None:
        self._questions = questions
        self._own: dict[Measure, tuple[Condition, ...]] = {}
        for better in (m for m in policy.measures if m.overrides):
            plain = {c.name for m in policy.measures if m.id in better.overrides for c in m.conditions}
            self._own[better] = tuple(c for c in better.conditions if c.name not in plain and not c.input)
        pairs = {m: {"".join(p) for c in own for p in pairwise(c.text)} for m, own in self._own.items()}
        self._names = {
            m: of_one - questions.generic - {p for x, other in pairs.items() if x is not m for p in other}
            for m, of_one in pairs.items()
        }

    def spoken(self, text: str) -> list[Measure]:
        """The routes that a text names, in its order."""
        places = {m: [text.find(name) for name in names if name in text] for m, names in self._names.items()}
        return sorted((m for m, found in places.items() if found), key=lambda m: min(places[m]))

    def replied(self, text: str, question: str) -> Verdicts:
        """What a brief reply says of the routes that the message before (`question`) named; {} where nothing."""
        spoken = self.spoken(question)
        if not spoken or _NOT_ONLY.search(text):
            return {}
        verdicts: Verdicts = {}
        for clause in _CLAUSE.findall(text):
            meant = self._meant(clause, spoken)
            is_no = bool(_NO.search(clause))
            if meant and (is_no or _YES.search(clause)):
                if _ONLY.match(clause.removeprefix("我们")) and not is_no:
                    verdicts |= self._verdicts([m for m in spoken if m not in meant], "fails", clause)
                verdicts |= self._verdicts(meant, "fails" if is_no else "meets", clause)
        is_plain_yes = len({m for m, _ in verdicts}) == len(spoken) and all(
            v.state == "meets" for v in verdicts.values()
        )
        return {} if is_plain_yes else verdicts

    def _meant(self, clause: str, spoken: list[Measure]) -> list[Measure]:
        """Those of the routes that a clause speaks of: by name, by place, or all."""
        if named := [m for m in self.spoken(clause) if m in spoken]:
            return named
        is_former, is_latter = bool(self._questions.former.search(clause)), bool(self._questions.latter.search(clause))
        if len(spoken) > 1 and is_former != is_latter:
            return spoken[:1] if is_former else spoken[-1:]
        is_whole = _ALL.search(clause) or (len(spoken) == 1 and self._questions.intents["denies"].search(clause))
        return spoken if is_whole else []

    def _verdicts(self, routes: list[Measure], state: str, words: str) -> Verdicts:
        verdict = Verdict("meets" if state == "meets" else "fails", words)
        return {(m.id, c.name): verdict for m in routes for c in self._own[m]}
