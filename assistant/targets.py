"""A message → what it points at: measures, topics, silences, or something outside; by cues, else by likeness.

Cues are words of the policy's own data and decide where they speak. The classifier, which has learnt from examples of
how people ask, places what no cue does, and speaks up beside them where it is sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.amounts import read_quantities
from assistant.answerability import Answerability
from assistant.classifier import Classifier, Guess
from assistant.measures import Measure, Silence, Topic
from assistant.places import marked
from assistant.policies import Policy
from assistant.questions import Cues, Questions, Span, weight

_HAN = re.compile("[\u4e00-\u9fff]")
_OF_TIME = re.compile(r"现在|今年|目前|如今|眼下|今天|[明后]年|20\d\d|期|效")
_SENTENCE = re.compile(r"[^。！!？?\n]+[？?]?")
_CLAUSE = re.compile(r"[^，；。！!？?\n]+[？?]?")
_TOGETHER = re.compile("总共|一共|合计|共|加起来|分别|各|都")
_ITEM = re.compile(r"[^，、；。！!？?\n]+")
_BESIDE = re.compile(r"另外|还有|同时|以及|[和跟与及也又再]")
_TOLD_KINDS = frozenset(("money", "area", "unit_rent"))
_RULES = frozenset(("amount", "rule"))
_ASKING = frozenset(("amount", "rule", "confirm", "term", "money"))
# What a question about a benefit itself asks.
_ABOUT_BENEFIT = frozenset(
    ("amount", "rule", "eligibility", "confirm", "reckon", "inverse", "boundary", "money", "support")
)
UNLISTED = "other"  # the silence about whatever the register does not list
# With no other intent a message only tells something.
TELLING = frozenset(("follow", "support", "money", "correction", "adds", "again", "says", "over_years"))
_PLAIN = frozenset(("greeting", "thanks"))
_PLACING = frozenset(("term", "overview", "reverse", "compare"))
# Asked for in so many words, these are not what the file is silent on.
_OF_ITS_OWN = frozenset(("department", "compare", "overview", "original", "term"))
# What the text answers in some way, however new the words of the question are.
_ANSWERED = frozenset((
    "amount", "reckon", "inverse", "boundary", "premise", "term", "compare", "original", "reverse", "contents",
    "whole", "mention", "about", "says", "field", "why", *_PLAIN,
))  # fmt: skip
# How far a question must be from any that the text answers, and by how much more where it asks for what most clauses
# state.
_OPEN, _MORE = 0.15, {"eligibility": 0.05, "confirm": 0.05, "rule": 0.2, "department": 0.45}
_SHORTEST = 10  # characters of a question that says enough to be called open
# How far ahead the classifier must be, from a hint that something is meant to what is said whatever the cues say.
_HINT, _PLACES, _KIND, _DOUBTFUL, _TOLD = 0.01, 0.03, 0.05, 0.1, 0.12
_CLEAR, _OTHER, _SURE, _CERTAIN = 0.15, 0.2, 0.25, 0.35
_LIKELY = 4  # measures near enough to choose among
_FEW = 6  # characters that say too little to be refused by likeness alone
_BRIEF = 8  # characters of a follow-up that say little without the turns before


@dataclass(frozen=True)
class Targets:
    """What one message points at, each kind most telling first; `asides` are asked beside all else.

    `is_sure`: whatever else is said, it is the silences that are asked about. `hint` is the place of the text that is
    likeliest by what the classifier has learnt, where that holds a place likelier than all else.
    """

    intents: frozenset[str]
    measures: tuple[Measure, ...] = ()
    topics: tuple[Topic, ...] = ()
    silences: tuple[Silence, ...] = ()
    asides: tuple[Topic, ...] = ()
    is_outside: bool = False
    is_sure: bool = False
    hint: str = ""

    @property
    def found(self) -> bool:
        """Whether the message points at anything at all."""
        return bool(self.measures or self.topics or self.silences or self.is_outside)


class Pointer:
    """Finds the targets of messages about one policy; `cues` and `silence_cues` are by id of measure and silence."""

    def __init__(self, policy: Policy, questions: Questions, classifier: Classifier | None) -> None:
        self.policy, self._questions, self._classifier = policy, questions, classifier
        texts = (clause.text for clause in policy.clauses)
        self._answerability = Answerability(texts, classifier) if classifier else None
        self._support = policy.description.support_chapter
        self.cues = {m.id: Cues(m.cues, m.unless) for m in policy.measures}
        self.silence_cues = {s.id: Cues(s.cues, s.unless) for s in policy.silences}
        self._topics = [(t, Cues(t.cues, t.unless)) for t in policy.topics]

    def find(self, text: str, intents: frozenset[str], has_inputs: bool) -> Targets:
        """What `text` points at by its cues."""
        measures, topics = self._match_asked(text, intents), self._match_topics(text)
        bare = self._without_denials(text)
        silences = tuple(s for s in self.policy.silences if self.silence_cues[s.id].weight(bare))
        is_outside = not any(t.quote for t in topics) and self._is_outside(text, bool(measures and has_inputs))
        return Targets(intents, measures, topics, silences, is_outside=is_outside)

    def guess(self, text: str) -> Guess | None:
        """What the classifier alone takes `text` for; None without one."""
        return self._classifier.guess(text) if self._classifier else None

    def likely(self, text: str, targets: Targets, *, is_placed: bool, has_inputs: bool, is_alone: bool) -> Targets:
        """`targets` with what the classifier makes of the text, where they are empty or it is sure of more.

        What goes on in a conversation (`is_alone` false) may lean on more than its own words.
        """
        if self._classifier is None or targets.intents & _PLAIN:
            return targets
        targets = self._with_sentences(text, targets)
        guess = self._classifier.guess(text, asking=self._asking(text) if not targets.intents & _ABOUT_BENEFIT else "")
        targets = replace(targets, hint=guess.name if guess.kind == "topic" else "")
        if not is_alone and not targets.found and guess.lead < (_DOUBTFUL if len(text) > _BRIEF else _SURE):
            return targets
        in_passing = targets.topics and not targets.measures and all(t.passing for t in targets.topics)
        wants_sum = targets.intents & {"amount", "reckon", "eligibility"}
        asks_money = has_inputs or wants_sum
        is_open = not targets.found and guess.kind == "topic" and guess.lead < _SURE
        is_foreign = guess.kind == "outside" and guess.lead >= _CERTAIN
        if (in_passing or is_open) and asks_money and not is_foreign and (has_inputs or guess.lead < _DOUBTFUL):
            meant = self._classifier.guess(text, "measure")  # with a trade and a sum, some benefit is meant
            guess = guess if is_open and not wants_sum and meant.margin < _PLACES else meant
        is_placed = is_placed or bool(targets.intents & _PLACING)
        topics = [t for t in targets.topics if not t.passing]
        match guess.kind:
            case "measure":
                return self._with_measure(text, self.policy.measure(guess.name), guess, targets, is_placed, has_inputs)
            case "silence":
                return self._with_silence(text, guess, targets, has_inputs)
            case "topic":
                return self._with_topics(text, guess, targets, is_placed or not _HAN.search(text))
            case "outside":
                is_free = not (
                    targets.measures or targets.silences or is_placed or any(t.quote for t in targets.topics)
                )
                is_said = bool(topics and targets.intents & {"says", "original"})  # 绿色通道讲了什么
                is_free = is_free and (not is_said or guess.lead >= _SURE)
                is_sure = guess.lead >= (_CERTAIN if targets.measures or is_placed else _SURE)
                is_sure = is_sure and (not asks_money or (guess.lead >= _CERTAIN and not (targets.measures or topics)))
                only_term = not targets.found and targets.intents & _PLACING == {"term"} and guess.lead >= _CLEAR
                # 人才方面有什么补贴 names a benefit of this policy, 古镇那边配多少 what a clause of it leaves open
                is_sure = is_sure and not (targets.measures and "overview" in targets.intents)
                is_sure = is_sure and not any("." in clause for s in targets.silences for clause in s.near)
                far = (is_free and guess.lead >= _KIND) or is_sure or only_term
                return replace(targets, is_outside=True) if far and len(text) >= _FEW else targets
        needed: float = _PLACES if _HAN.search(text) else _DOUBTFUL
        if targets.found or is_placed:
            beside = _SURE if not targets.topics else _CERTAIN
            needed = beside if guess.kind == "term" else 1
        return replace(targets, intents=targets.intents | {guess.kind}) if guess.lead >= needed else targets

    def belongs(self, text: str, measures: Sequence[Measure]) -> bool:
        """Whether a question that names no measure asks of these: with their names it does, and alone of no place."""
        if self._classifier is None:
            return False
        alone, together = (
            self._classifier.guess(f"{names}{text}") for names in ("", "".join(m.name for m in measures))
        )
        is_foreign = alone.kind == "topic" or (alone.kind == "outside" and alone.lead >= _CLEAR)
        is_of_these = together.kind == "measure" and together.name in {m.id for m in measures}
        return is_of_these and together.lead >= _PLACES and not is_foreign

    def nearly(self, text: str) -> tuple[Measure, ...]:
        """The measures a text may mean, likeliest first, where it clearly means some measure; else none."""
        if self._classifier is None:
            return ()
        guess = self._classifier.guess(text)
        if guess.kind != "measure" or guess.lead < _KIND:
            return ()
        return tuple(self.policy.measure(name) for name in self._classifier.ranked(text, "measure")[:_LIKELY])

    def _asking(self, text: str) -> str:
        """The clauses that ask."""
        asks = self._questions.intents["asks"]
        return "".join(c for c in _CLAUSE.findall(text) if asks.search(c))

    def _with_measure(
        self, text: str, measure: Measure, guess: Guess, targets: Targets, is_placed: bool, has_inputs: bool
    ) -> Targets:
        """The guessed measure where there is none, in front of the others or, when sure, in the only one's place."""
        direct = targets.measures
        asked = targets.intents - TELLING - {"suppose"}
        kept = tuple(t for t in targets.topics if not t.passing)
        if measure in direct:
            if guess.margin < _DOUBTFUL:
                return targets
            if guess.margin >= _CERTAIN and self._is_of_one(text):
                return replace(targets, measures=(measure,), topics=kept)
            return replace(targets, measures=(measure, *(m for m in direct if m is not measure)), topics=kept)
        if targets.is_outside:
            return targets
        if direct:
            is_other = guess.margin >= _OTHER and len(direct) == 1 and measure.id not in direct[0].overrides
            is_other = is_other and not self.cues[measure.id].is_barred(text)
            return replace(targets, measures=(measure,)) if is_other else targets
        if kept != targets.topics and not kept and not targets.silences:
            needed = _PLACES if targets.intents & _ASKING else _DOUBTFUL
            needed = 0 if has_inputs or "reckon" in targets.intents else needed
            return replace(targets, measures=(measure,), topics=()) if not needed or guess.lead >= needed else targets
        needed = _HINT if has_inputs and "amount" in asked else _PLACES if asked else _TOLD
        if not (targets.found or is_placed) and guess.margin >= needed:
            return replace(targets, measures=(measure,))
        return targets

    def _is_of_one(self, text: str) -> bool:
        """Whether a message tells one sum and asks one question."""
        sums = [q for q in read_quantities(text) if q.kind == "money"]
        asks = max(text.count("?"), text.count("多少"))
        return len(sums) == 1 and asks <= 1 and not self._questions.each.search(text)

    def _with_sentences(self, text: str, targets: Targets) -> Targets:
        """Of several questions in one message also what only one of them points at."""
        questions = [s for s in _SENTENCE.findall(text) if s[-1] in "?？"]
        if len(questions) < 2 or self._classifier is None:
            return targets
        for question in questions:
            if len(question) <= _BRIEF or any(self.cues[m.id].named(question) for m in targets.measures):
                continue
            guess = self._classifier.guess(question)
            if guess.lead < _DOUBTFUL:
                continue
            if guess.kind == "measure":
                measure = self.policy.measure(guess.name)
                targets = replace(targets, measures=tuple(dict.fromkeys((*targets.measures, measure))))
            elif guess.kind == "topic":
                plain = [t for t in self._topics_at(guess.name) if not t.quote][:1]
                targets = replace(targets, asides=tuple(dict.fromkeys((*targets.asides, *plain))))
        return targets

    def _with_silence(self, text: str, guess: Guess, targets: Targets, has_inputs: bool) -> Targets:
        """What the file is silent on, put before the benefit it is asked of."""
        if targets.intents & {"correction", "adds"} and has_inputs:
            return targets
        asks_sum, is_unlisted = bool(targets.intents & {"amount", "reckon"}), guess.name == UNLISTED
        needed = [_KIND]
        asks_else = "asks" in targets.intents and not targets.intents & _ABOUT_BENEFIT
        if targets.measures and (targets.topics or is_unlisted) and not asks_else:
            needed.append(_CLEAR)
        if (has_inputs or asks_sum) and not asks_else:
            sure = _CERTAIN if is_unlisted and has_inputs else _SURE
            needed.append(sure if asks_sum and (has_inputs or is_unlisted) else _OTHER if asks_sum else _DOUBTFUL)
        if "rule" in targets.intents:
            needed.append(_OTHER)
        if targets.topics and not targets.measures:
            needed.append(_SURE)
        of_its_own = targets.intents & _OF_ITS_OWN
        is_standing = of_its_own == {"term"} and guess.lead >= _OTHER  # 以前被罚过款，还能不能申请
        if is_standing or (of_its_own <= {"department"} and guess.lead >= _CERTAIN):  # 对结果不服找谁复核
            of_its_own = frozenset()
        if guess.lead < max(needed) or of_its_own or targets.is_outside:
            return targets
        if self.silence_cues[guess.name].is_barred(text):
            return targets
        silence = next(s for s in self.policy.silences if s.id == guess.name)
        silences = tuple(dict.fromkeys((silence, *targets.silences)))
        aside = {"term"} if is_standing and not _OF_TIME.search(text) else set()
        intents = targets.intents - aside
        return replace(targets, intents=intents, silences=silences, is_sure=guess.lead >= _CERTAIN)

    def _with_topics(self, text: str, guess: Guess, targets: Targets, is_placed: bool) -> Targets:
        """The guessed place of the text where nothing else is found, or, when sure, before what the cues say."""
        topics = self._topics_at(guess.name)
        plain = [t for t in topics if not t.quote][:1] or topics
        if not (targets.found or is_placed):
            return replace(targets, topics=tuple(plain)) if guess.lead >= _PLACES else targets
        if any(t in targets.topics for t in topics):
            is_it = guess.lead >= _DOUBTFUL
            task = is_it and "department" in targets.intents and not targets.intents & {"amount", "rule", "support"}
            task = task or (guess.lead >= _SURE and not targets.intents & {"amount", "rule", "eligibility"})
            return replace(
                targets,
                measures=() if task else targets.measures,
                intents=targets.intents - {"overview"} if is_it and not targets.measures else targets.intents,
            )
        holds = any(t.clause.startswith(f"{guess.name}.") for t in targets.topics)
        is_barred = any(t.clause == guess.name and cues.is_barred(text) for t, cues in self._topics)
        if targets.is_outside or targets.measures or holds or is_barred:
            return targets
        if guess.margin >= _CLEAR or (guess.lead >= _DOUBTFUL and not targets.topics):
            return replace(targets, topics=tuple(plain), silences=())
        return targets

    def _topics_at(self, clause: str) -> list[Topic]:
        return [t for t, _ in self._topics if t.clause == clause]

    def gone_on(self, topics: Sequence[Topic], wants_more: bool) -> tuple[Topic, ...]:
        """The topics of the message before, or what holds them and their like for who asks 还有呢."""
        if not wants_more:
            return tuple(topics)
        above = {t.clause.rpartition(".")[0] for t in topics}
        return tuple(t for t, _ in self._topics if t.clause in above and t.parts)

    def silence(self, text: str, targets: Targets) -> Targets:
        """`targets` with what the file is silent on, where a message that leans on others surely asks that."""
        if self._classifier is None or "asks" not in targets.intents or targets.intents & {"correction", "amount"}:
            return targets
        guess = self._classifier.guess(text)
        is_sure = guess.kind == "silence" and guess.lead >= (_DOUBTFUL if len(text) > _BRIEF else _SURE)
        return self._with_silence(text, guess, targets, has_inputs=False) if is_sure else targets

    def unanswered(self, text: str, targets: Targets) -> Targets:
        """`targets` as silent, or outside, where the matter is found but its own words cannot answer what is asked."""
        intents = targets.intents
        is_broad = len(text) < _SHORTEST or ("overview" in intents and not targets.topics)
        is_plain = any(t.quote for t in targets.topics)
        if self._answerability is None or not targets.found or targets.is_outside or is_broad or is_plain:
            return targets
        if intents & _ANSWERED or not intents or (targets.silences and "department" not in intents):
            return targets
        open_to = self._answerability.openness(text)
        if open_to.lead < _OPEN + max((more for intent, more in _MORE.items() if intent in intents), default=0):
            return targets
        if open_to.kind == "outside" and not (targets.measures or targets.silences):
            return replace(targets, is_outside=True)
        unlisted = tuple(s for s in self.policy.silences if s.id == UNLISTED)
        return replace(targets, intents=intents - {"department"}, silences=targets.silences or unlisted)

    def place(self, text: str, measure: Measure, beside: Sequence[Measure]) -> int:
        """Where `text` first speaks of the measure itself."""
        for other in beside:
            if measure.id in other.overrides:
                text = _without(text, self.cues[other.id].spans(text))
        cues = self.cues[measure.id]
        for clause in _CLAUSE.finditer(text):  # before a cue that reaches over several (花了 2000 万，买仪器 500 万)
            if spans := cues.spans(clause[0]):
                return clause.start() + min(start for start, _ in spans)
        return min((start for start, _ in cues.named(text)), default=len(text))

    def match(self, text: str) -> tuple[Measure, ...]:
        """The measures `text` points at, heaviest cue first, without those another one of them overrides."""
        text = self._without_denials(text)
        apart = bool(self._questions.each.search(text))
        spans = {m.id: self.cues[m.id].spans(text, apart=apart) for m in self.policy.measures}
        hits = [m for m in self.policy.measures if spans[m.id]]
        overriding = [m for m in hits if m.overrides]
        kept = [
            m for m in hits
            if all(m.id not in o.overrides or self._is_beside(text, m, spans[o.id]) for o in overriding)
        ]  # fmt: skip
        kept = [m for m in kept if not self._is_twin_meant(text, m, kept)]
        return tuple(sorted(kept, key=lambda m: -weight(spans[m.id])))

    def _is_twin_meant(self, text: str, measure: Measure, beside: Sequence[Measure]) -> bool:
        """Whether words of an earlier sentence say that a twin is meant (搞共性工厂，设备 500 万。设备这块补多少)."""
        cues = self.cues[measure.id]
        twins = (o for o in beside if measure.id in o.twins or o.id in measure.twins)
        if not cues.is_barred(text) or all(self.cues[o.id].is_barred(text) for o in twins):
            return False
        own = (s for s in _SENTENCE.findall(text) if cues.spans(s))
        sums = [q for s in own for q in read_quantities(s) if q.kind == "money"]
        return not sums and not self._questions.each.search(text)

    def _without_denials(self, text: str) -> str:
        return _without(text, [m.span() for m in self._questions.denial.finditer(text)])

    def _is_beside(self, text: str, measure: Measure, overriding: Sequence[Span]) -> bool:
        """Whether `text` speaks of the measure apart from the one overriding it (技改 1000 万、示范项目 2000 万)."""
        rest = _without(text, overriding)
        if self._questions.each.search(text):
            return bool(self.cues[measure.id].spans(rest))
        sums = [q for q in read_quantities(text) if q.kind == "money"]
        own = (c for c in _CLAUSE.finditer(rest) if self.cues[measure.id].spans(c[0]))
        return len(sums) > 1 and any(c.start() <= q.start < c.end() for c in own for q in sums)

    def _match_asked(self, text: str, intents: frozenset[str]) -> tuple[Measure, ...]:
        """The measures of the sentences that ask, then of the one clause that does, where they name any; else all."""
        matched = self.match(text)
        if "overview" in intents:
            return matched
        each = [c for c in _ITEM.findall(text) if self._questions.intents_of(c) & _RULES]
        if len(each) > 1 and not any(q.kind in _TOLD_KINDS for q in read_quantities(text)):
            return self._match_each(each, matched)
        sentences = _SENTENCE.findall(text)
        asking = [s for s in sentences if s[-1] in "?？" or self._questions.intents_of(s) & _ASKING]
        if len(asking) < len(sentences):
            named = [m for s in asking for m in self.policy.measures if self.cues[m.id].named(s)]
            whole = any(self._questions.each.search(s) for s in asking)
            if not whole or sum(m.benefit in s and m in matched for s in asking for m in named) > 1:
                matched = _among(matched, named)
        for clause in _CLAUSE.findall(text):
            if self._questions.only.search(clause):
                matched = _among(matched, [m for m in self.policy.measures if self.cues[m.id].spans(clause)])
        clauses = [c for c in _CLAUSE.findall(text) if self._questions.intents["asks"].search(c)]
        asks_for = self._questions.intents_of(clauses[0]) & {"amount", "eligibility", "confirm"} if clauses else ()
        if len(clauses) == 1 and asks_for and not _BESIDE.search(clauses[0]):
            named = [m for m in matched if m.benefit in clauses[0] and self.cues[m.id].spans(clauses[0])]
            # 技改投 3450 万，去年营收 6 亿，补助多少: an award is not meant
            spoken = [b for b in {m.benefit for m in self.policy.measures} if b in clauses[0]]
            alike = [m for m in matched if any(set(b) & set(m.benefit) for b in spoken)]
            matched = _among(matched, named or (() if _TOGETHER.search(clauses[0]) else alike))
        return matched

    def _match_each(self, clauses: Sequence[str], whole: Sequence[Measure]) -> tuple[Measure, ...]:
        """The measures of clauses that each ask (设备转入封顶多少，租金补贴封顶多少), `whole` those of all together.

        A twin that only the whole names is meant by a clause without its own word (共性工厂…，场地租金封顶多少).
        """
        apart = [self.match(clause) for clause in clauses]
        found = tuple(dict.fromkeys(m for measures in apart for m in measures))
        left = [m for m in whole if m not in found]
        meant = (next((t for t in left if m not in whole and t.id in m.twins), m) for m in found)
        return tuple(dict.fromkeys((*meant, *(() if all(apart) else whole))))

    def _match_topics(self, text: str) -> tuple[Topic, ...]:
        """The topics `text` points at, heaviest first, without those whose clause holds another one's."""
        weights = [(cues.weight(text), topic) for topic, cues in self._topics]
        hits = [topic for weight, topic in sorted(weights, key=lambda pair: -pair[0]) if weight]
        return tuple(t for t in hits if not any(o.clause.startswith(f"{t.clause}.") for o in hits))

    def _is_outside(self, text: str, is_case: bool) -> bool:
        ask = self._questions
        text = marked(text, self.policy.description.place, ask.no_places)
        asks_there = any(
            ask.place_policy.search(s) and (ask.elsewhere.search(s) or not ask.moving.search(s))
            for s in _SENTENCE.findall(text)
        )
        if ask.alone.search(text) or ask.tasks.search(text):
            return True
        if asks_there and (self.policy.description.place not in text or ask.neighbours.search(text)):
            return True
        return bool(ask.outside.search(text)) and not is_case


def _among(matched: Sequence[Measure], named: Sequence[Measure]) -> tuple[Measure, ...]:
    """The matched measures that are named, be it by the plain route; all of them where none is."""
    ids = {m.id for m in named}
    return tuple(m for m in matched if m.id in ids or ids & set(m.overrides)) or tuple(matched)


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with some places blank, the others where they were."""
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text
