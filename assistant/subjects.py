"""A message and the conversation before it → the measures it is about, and whether it leans on that for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from assistant.amounts import Quantity
from assistant.calculators import Verdict, missing
from assistant.conditions import verdicts_in
from assistant.measures import Measure, Silence, Topic
from assistant.questions import Questions
from assistant.targets import Pointer, Targets
from assistant.understanding import Understanding

VERB = 2  # characters; shorter words of an input (到、过、花了) are verbs that any figure may have
BRIEF = 20  # characters of a message that may be an ellipsis
_DETAIL = 14  # characters of a question about a detail of the subject (评审看哪几方面)
_CLAUSE = re.compile("[^，；。]+")
_ELLIPSIS = re.compile(r"呢[?？]?$")
_LEANING = frozenset(
    ("follow", "department", "original", "why", "compare", "more", "unknown", "correction", "again", "promise")
)
_ASKING = frozenset(("amount", "rule", "confirm", "term"))
Words = Mapping[tuple[str, str], re.Pattern[str]]
Verdicts = Mapping[tuple[str, str], Verdict]


class Subjects:
    """Finds what a message of a conversation is about; `words` are those of each measure's inputs."""

    def __init__(self, pointer: Pointer, questions: Questions, words: Words) -> None:
        self.policy, self.pointer, self.questions, self._words = pointer.policy, pointer, questions, words
        self._shared = {
            name
            for name, count in Counter(c.name for m in self.policy.measures for c in m.conditions).items()
            if count > 2
        }

    def of(
        self, text: str, before: Understanding, targets: Targets, inputs: Sequence[Quantity], has_claims: bool,
        is_recast: bool = False,
    ) -> tuple[tuple[Measure, ...], bool]:  # fmt: skip
        """The measures a message is about, and whether it leans on the turns before for them.

        `is_recast`: it says that a figure told before is something else, be it an input of another measure.
        """
        direct = targets.measures
        if direct and is_recast:
            return self._recast(text, direct, before, inputs)
        if direct and "again" in targets.intents and (earlier := self._returned_to(direct, before)):
            return earlier, True
        if direct and "adds" in targets.intents and self._adds_to(text, direct, before):
            return before.subjects[-1], True
        if direct and "together" in targets.intents and before.subjects:
            return tuple(dict.fromkeys((*before.subjects[-1], *direct))), False
        if direct and (
            (inputs and self._answers(text, direct, before)) or self._is_ellipsis(text, targets, before, inputs)
        ):
            return before.subjects[-1], True
        focus = {m.clause for m in before.subjects[-1]} if before.subjects else set()
        is_rest = "more" in targets.intents and all(t.clause in focus for t in targets.topics)
        is_elsewhere = bool(targets.topics) and not (inputs or is_rest)
        if not direct and not targets.is_outside and not is_elsewhere and before.subjects:
            return self._lean(text, before, targets.intents, inputs, targets.silences, has_claims)
        return direct, False

    def _recast(
        self, text: str, direct: tuple[Measure, ...], before: Understanding, inputs: Sequence[Quantity]
    ) -> tuple[tuple[Measure, ...], bool]:
        """What a figure told before now belongs to; the subject stays where another figure beside it is its own."""
        focus = before.subjects[-1]
        if set(direct) & set(focus):
            return direct, True
        beside = [c for c in _CLAUSE.findall(text) if any(q.text in c for q in inputs[1:])]
        own = any(self.names_input(c, m, i.name) for c in beside for m in focus for i in m.inputs)
        return (focus, True) if own and not any(map(self.pointer.match, beside)) else (direct, False)

    def _adds_to(self, text: str, direct: Sequence[Measure], before: Understanding) -> bool:
        """Whether what is added goes to the subject before, by a name of its input that the text holds."""
        focus = before.subjects[-1] if before.subjects else ()
        sums = [(m, i) for m in focus for i in m.inputs if i.sum]
        found = (word[0] for m, i in sums for word in self._words[m.id, i.name].finditer(text))
        return not set(direct) & set(focus) and any(len(word) >= VERB and word[-1] != "了" for word in found)

    def _returned_to(self, direct: Sequence[Measure], before: Understanding) -> tuple[Measure, ...]:
        """The earlier subject that a message which goes back means, though its words name a twin of it."""
        for subject in reversed(before.subjects):
            if set(direct) & set(subject):
                return ()
            if any(m.id in twin.twins or twin.id in m.twins for m in direct for twin in subject):
                return subject
        return ()

    def overridden(
        self, text: str, measures: tuple[Measure, ...], before: Understanding, told: Verdicts | None = None
    ) -> tuple[Measure, ...]:
        """The measures, each with the better route that was opened before, and the plain one where that is denied.

        `told` is what the text decides, where that is known.
        我们是龙头……技改投 2800 万 is about the better one, 示范落选了，也不是龙头 about the plain one.
        """
        found = list(measures)
        for better in (m for m in self.policy.measures if m.overrides):
            own = [c.name for c in better.conditions if c.name not in self._shared]
            said = before.verdicts_of(better)
            now = verdicts_in(text, (better,)) if told is None else told
            if any(now[better.id, name].state == "fails" for name in own if (better.id, name) in now):
                plain = [m for m in self.policy.measures if m.id in better.overrides]
                found = [m for one in found for m in (plain if one is better else [one])]
            elif all(name in said and said[name].state == "meets" for name in own):
                found = [better if m.id in better.overrides else m for m in found]
        kept = [m for m in found if m in measures or not any(m.id in o.overrides for o in found)]
        return tuple(dict.fromkeys(kept))

    def _is_ellipsis(self, text: str, targets: Targets, before: Understanding, inputs: Sequence[Quantity]) -> bool:
        """Whether a message goes on about the subject before, though a word of it is another measure's as well.

        Its words decide a condition of that subject, or it supposes another figure (谈到 1.4 亿呢) and names no input.
        """
        focus = before.subjects[-1] if before.subjects else ()
        earlier = {m for subject in before.subjects for m in subject}
        if not focus or earlier & set(targets.measures) or self.questions.besides.search(text):
            return False
        own = {c.name for m in focus for c in m.conditions} - set(self._shared)
        decided = any(name in own for _, name in verdicts_in(text, focus))
        is_brief = len(text) <= BRIEF or (len(text) <= 2 * BRIEF and "follow" in targets.intents)
        supposes = bool(targets.intents & {"suppose", "correction"} or _ELLIPSIS.search(text)) and is_brief
        labelled = any(self.names_input(text, m, i.name) for m in targets.measures for i in m.inputs)
        related = {m.clause for m in focus} & {m.clause for m in targets.measures}
        is_twin = any(m.id in x.twins for m in focus for x in targets.measures)
        # The same figure once more, beside another measure's words, is that one's (同样 400 万，要是发票金额呢).
        known = {(f.low, f.high) for f in before.facts.values()}
        is_same = bool(inputs) and all((q.low, q.high) in known for q in inputs)
        goes_on = (is_twin or not labelled) and not is_same and supposes and bool(inputs)
        return (decided and not related) or goes_on

    def _answers(self, text: str, direct: Sequence[Measure], before: Understanding) -> bool:
        """Whether a message with figures answers what was asked back, though its words alone name another measure."""
        if not before.subjects or not any(missing(m, before.facts_of(m)) for m in before.subjects[-1]):
            return False
        together = self.pointer.match("".join(m.name for m in before.subjects[-1]) + text)
        return bool(set(together) & set(before.subjects[-1])) and not set(together) & set(direct)

    def _lean(
        self, text: str, before: Understanding, intents: frozenset[str], inputs: Sequence[Quantity],
        silences: Sequence[Silence], has_claims: bool,
    ) -> tuple[tuple[Measure, ...], bool]:  # fmt: skip
        """The subject of the turns before, or the sibling that it and this message together point at."""
        focus = before.subjects[-1]
        if one := self._one_of(text, focus, before):
            focus = one
        elif "again" in intents and len(before.subjects) > 1:
            focus = before.subjects[0 if self.questions.intents["first"].search(text) else -2]
        elif "compare" in intents and len(focus) == 1 and len(before.subjects) > 1:
            focus = (*before.subjects[-2], *focus)
        subject = "".join(m.name for m in focus)
        rest = self.questions.filler.sub("", text)
        both = (*self.pointer.match(f"{subject}{rest}"), *self.pointer.match(f"{rest}{subject}"))
        clauses, twins = {m.clause for m in focus}, {twin for m in focus for twin in m.twins}
        siblings = dict.fromkeys(m for m in both if m.clause in clauses or m.id in twins)
        alone = self.pointer.match(subject)
        if fresh := tuple(m for m in siblings if m not in alone and m not in focus):
            return fresh, True
        pointed = bool(verdicts_in(text, focus))
        if inputs or pointed:
            return focus, True
        # Without anything to work with, a message must lean by its words, or be too short to be a question of its own.
        longest = 40 if intents & _LEANING or silences or has_claims else 14 if intents & _ASKING else 0
        is_detail = "asks" in intents and len(text) <= _DETAIL and self.pointer.belongs(text, focus)
        return (focus, True) if len(text) <= longest or is_detail else ((), False)

    def _one_of(self, text: str, focus: Sequence[Measure], before: Understanding) -> tuple[Measure, ...]:
        """The former or the latter of what the message before spoke of side by side, else nothing."""
        is_former, is_latter = bool(self.questions.former.search(text)), bool(self.questions.latter.search(text))
        if len(focus) < 2 or is_former == is_latter or not before.text:
            return ()
        places = {m: self.pointer.place(before.text, m, focus) for m in focus}
        named = sorted((m for m in focus if places[m] < len(before.text)), key=lambda m: places[m])
        rest = tuple(m for m in focus if m not in named)
        if is_latter:
            return (named[-1],) if len(named) > 1 or not rest else rest
        return (named[0],) if named else ()

    def side_by_side(self, measures: tuple[Measure, ...], topics: Sequence[Topic]) -> tuple[Measure, ...]:
        """The measures to be compared: those named, else the one named with its twin and what its clause holds."""
        clauses = {t.clause for t in topics} - {m.clause for m in measures}
        pair = [*measures, *(m for m in self.policy.measures if m.clause in clauses)]
        if len(pair) == 1:
            twins = [self.policy.measure(twin) for twin in pair[0].twins[:1]]
            pair += twins + [m for m in self.policy.measures if m.clause == pair[0].clause and m not in (*pair, *twins)]
        return tuple(pair)

    def names_input(self, text: str, measure: Measure, name: str) -> bool:
        """Whether the text names an input of the measure by more than a verb."""
        found = self._words.get((measure.id, name))
        return bool(found and any(len(m[0]) > VERB for m in found.finditer(text)))
