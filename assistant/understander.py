"""The user's messages so far → what the last one asks: measures, facts, conditions, silences, and what it leans on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from assistant.amounts import Quantity, read_quantities
from assistant.calculators import Verdict, missing
from assistant.conditions import asked_about, replied, verdicts_in
from assistant.facts import FITS_LABELLED, Fact, read_fact
from assistant.figures import Figures, corrected
from assistant.lexicon import Lexicon
from assistant.measures import Measure
from assistant.memory import (
    is_known,
    is_one_of_several,
    kept_facts,
    latest_facts,
    revised_facts,
    with_deducted,
    with_shares_of,
)
from assistant.quantities import prices_alone, told_before, without_words_of_parts
from assistant.questions import Questions
from assistant.references import read_references
from assistant.routes import Routes
from assistant.slots import Filled, Slots
from assistant.subjects import BRIEF, VERB, Subjects
from assistant.tables import told_in_words
from assistant.targets import Pointer
from assistant.understanding import Understanding

_INPUT_KINDS = {"money", "rate", "area", "unit_rent", "count"}
# Of a figure of these kinds the text says whether it holds.
_STATED = frozenset(("years", "rate"))
# What is answered with the conditions still open.
_LISTING = frozenset(("amount", "rule", "reckon", "eligibility"))
# With these intents a reply says no more than what is the case.
_REPLYING = frozenset((
    "affirms", "denies", "negates", "correction", "follow", "asks", "amount", "reckon", "support", "money", "again",
    "together",
))  # fmt: skip
_CLAUSES = re.compile("[，。,]")
_SEAT = re.compile("^市(?!委)")  # 市科技局 is called 科技局, but 市委组织部 by its full name
_SPOKEN_OF = 128  # sets of measures spoken of together that are remembered: in time people speak of any
LONGEST = 2000  # characters of a message
MEMORY = 40  # messages of a conversation
_MONEY_UNIT = re.compile(r"(?:[百千]?[万亿]|w|kw)?[元块]?钱?")
_MEANT = re.compile(r"(?<!不)(?:是|指)(?!不)")
_TOO_LONG = "问题太长，没有读完。请只留下要问的事项和数字，分几次问也可以。"
_CLAUSE = re.compile("[，。；]")


class Understander:
    """Reads messages by one policy's data; nothing of the policy stands in its code."""

    def __init__(
        self, pointer: Pointer, lexicon: Lexicon, questions: Questions, correct: Callable[[str], str] = str
    ) -> None:
        policy = self.policy = pointer.policy
        self._correct = correct
        self.lexicon = lexicon
        self.questions = questions
        self.pointer = pointer
        self._words = {(m.id, i.name): re.compile("|".join(i.words)) for m in policy.measures for i in m.inputs}
        names = {_SEAT.sub("", d) for clause in policy.clauses for d in clause.departments}
        self._departments = tuple(sorted(n for n in names if n.endswith(("局", "委", "部"))))
        self._routes = Routes(policy, questions)
        self._subjects = Subjects(pointer, questions, self._words)
        self._figures = Figures(pointer, questions, self._words)
        self._slots = lru_cache(_SPOKEN_OF)(self._slots_of)
        # An example with a figure would show one that is bound to nothing.
        plain = [e for e in policy.description.examples if not any(c.isdigit() for c in e)]
        self._example = "".join(f"，例如“{example}”" for example in plain[:1])

    def read(self, turns: Sequence[str]) -> Understanding:
        """Fold the messages in order (the last `MEMORY` of them); the result is about the last one."""
        state = Understanding("")
        for message in turns[-MEMORY:]:
            state = self._read(message, state)
        return state

    def _read(self, message: str, before: Understanding) -> Understanding:
        if before.quantities[:1] and before.quantities[0].kind == "number" and _MONEY_UNIT.fullmatch(message.strip()):
            message = before.quantities[0].text + message.strip()  # 420 … 万元, said in two messages
        if len(message) > LONGEST:
            return _refused(before, _TOO_LONG)
        text = self.lexicon.simplified(self._correct(told_in_words(self.lexicon.clean(message))))
        if not text:
            return _refused(before, f"没有收到问题。请输入您想问的内容{self._example}。")
        if self.questions.noise.search(text):
            return _refused(before, f"没有看懂这条输入。请用一句话说明想问的事项{self._example}。")
        fresh = text
        if before.is_statement:
            text = f"{before.text}。{text}"[-LONGEST:]  # a subject may be told in several messages
        meant_figure = self._meant_figure(text, before)
        text += meant_figure
        if before.subjects:
            text = self.questions.forgotten.sub(r"再加\g<part>", text)
        intents = self.questions.intents_of(text)
        recast = self.questions.recast.search(text) if before.subjects else None
        if recast:
            text = self.questions.recast.sub("是", text)
        if confirmed := self._told_apart(text, intents, before) or self._confirmed(text, intents, before):
            return confirmed
        if intents & {"affirms", "denies"} and not before.measures:  # there is nothing to say yes or no to
            intents |= {"greeting"}
        if "restart" in intents:
            before = replace(before, facts={}, own_facts={}, verdicts={})
        quantities = tuple(read_quantities(text))
        claims = self._figures.claims(text, quantities, intents)
        clauses = () if self._tells_bare(text, quantities, before) else read_references(text, quantities, self.policy)
        told = self._figures.told(text, quantities, claims, clauses, intents)
        # Who asks why a figure came out repeats it and puts nothing new in.
        inputs = [] if "why" in intents and before.subjects else corrected(text, told)
        if whole := None if intents & {"confirm", "premise", "rule"} else self._whole(text, before):
            inputs = with_shares_of(whole, text, inputs)
        counts = any(i.kind == "count" for m in self.pointer.match(text) for i in m.inputs)
        has_inputs = any(q.kind in _INPUT_KINDS and (counts or q.kind != "count") for q in inputs)
        targets = self.pointer.find(text, intents, has_inputs)
        if fresh is not text and (topics := self.pointer.find(fresh, intents, has_inputs).topics):
            targets = replace(targets, topics=topics)
        if any(self.policy.measures_of(c) for c in clauses):
            named = [m for m in self.policy.measures if m.clause in clauses]
            direct = tuple(m for m in targets.measures if m in named) or tuple(named)
            targets = replace(targets, measures=direct)
        leans = intents & {"department", "original", "more"} or ("asks" in intents and len(text) <= BRIEF // 2)
        leans = leans and not ("again" in intents and before.subjects)
        if not targets.found and not before.measures and leans:
            targets = replace(targets, topics=self.pointer.gone_on(before.topics, "more" in intents))
        departments = tuple(name for name in self._departments if name in text)
        measures, carried = self._subjects.of(text, before, targets, inputs, bool(claims), bool(recast))
        cued = targets.silences
        if not carried:
            targets = self.pointer.likely(
                text, targets, is_placed=bool(clauses or departments), has_inputs=has_inputs,
                is_alone=not before.subjects,
            )  # fmt: skip
            measures, intents = targets.measures, targets.intents
            if targets.silences and not (measures or targets.topics or clauses) and len(text) <= 2 * BRIEF:
                measures = before.subjects[-1] if before.subjects else ()  # what is not said is asked of it
                carried = bool(measures)
        elif not inputs:
            targets = self.pointer.silence(text, targets)
        measures = self._subjects.overridden(text, measures, before)
        if "compare" in intents and measures and not inputs:
            measures = self._subjects.side_by_side(measures, targets.topics)
        backs = [q for q in told_before(text, inputs) if is_known(q, before.facts)]
        inputs = [q for q in inputs if q not in backs or not is_one_of_several(q, before.facts)]
        adds = "adds" in intents and before.subjects[-1:] == (measures,) and not backs
        adds = adds and not self.questions.apart.search(text)
        goes_on = carried or before.subjects[-1:] == (measures,)
        denied = [q for q in told if q not in inputs]
        filled = self._fill(text, inputs, measures, before if goes_on else None, intents, denied)
        if any(self._subjects.names_input(text, m, m.formula.base or "") for m in measures):
            filled = replace(filled, facts=latest_facts(text, filled.facts, before.facts, measures))
        if "deducts" in intents and goes_on:
            filled = with_deducted(filled, before.facts, measures)
        own = self._own_facts(text, inputs, measures, filled)
        shared = {n: f for n, f in filled.facts.items() if all(n != name for _, name in own)}
        kept = {key: fact for key, fact in before.own_facts.items() if key[1] not in shared}
        is_sweep = "overview" in intents and bool(shared or own or (before.facts and (carried or not measures)))
        looked_at = self.policy.measures if is_sweep else (*measures, *(m for m in self.policy.measures if m.overrides))
        said = without_words_of_parts(text, inputs)
        said = self.questions.left_out.sub("", self.questions.aside.sub("", said))
        if before.subjects and not inputs:
            said = self.questions.required.sub("", said)
        if before.subjects:  # 要是控股了呢 is taken as said
            said = self.questions.supposed.sub("", said)
        said = self.questions.hearsay.sub("", said)
        verdicts = verdicts_in(said, tuple(dict.fromkeys(looked_at)))
        known = kept_facts(text, shared, before.facts, measures, "suppose" in intents)
        if "correction" in intents:  # 不是技师，是高级技师: the figure is no longer what it was
            known = {n: f for n, f in known.items() if f.words != meant_figure}
        if recast:
            meant = [q for q in inputs if q.start < recast.start()][-1:]
            known = {n: f for n, f in known.items() if not any(is_known(q, {n: f}) for q in meant)}
        held = before.verdicts
        if "suppose" in intents:  # 假设算成龙头骨干呢: what failed before is put aside
            better = {m.id for m in measures if m.overrides}
            held = {k: v for k, v in held.items() if k[0] not in better or v.state != "fails"}
        elif "correction" in intents and not (verdicts or filled.facts):  # 说错了，是东莞的
            held = {k: v for k, v in held.items() if k not in before.decided}
        fails = any(v.state == "fails" and name == m.id for (name, _), v in verdicts.items() for m in measures)
        if fails and "eligibility" in intents:
            targets = replace(targets, silences=tuple(s for s in cued if not s.beside_several))
        elif (fails or (claims and "premise" in intents)) and not targets.is_sure:
            targets = replace(targets, silences=cued)  # what a condition of the clause settles is no silence
        told_nothing = not (filled.facts or claims or clauses or departments or fails or before.subjects or is_sweep)
        settles = intents & {"confirm", "eligibility"} and any(name == m.id for name, _ in verdicts for m in measures)
        stated = [q for q in quantities if q.kind in _STATED]
        if told_nothing and not settles and len(stated) != 1:  # of two (1年期还是5年期) it is asked which
            targets = self.pointer.unanswered(text, targets)
            intents = targets.intents
        subjects = _with_subject(before.subjects, measures)
        rest = self._rest(text, intents, measures, subjects) if "more" in intents and carried else ()
        if rest:
            targets = replace(targets, silences=cued)  # 还有呢？同一条别的补贴
        return Understanding(
            text=text,
            intents=intents,
            measures=measures,
            rest=rest,
            subjects=_with_subject(subjects, rest),
            clauses=clauses,
            topics=targets.topics,
            silences=targets.silences,
            asides=targets.asides,
            departments=departments,
            facts={**known, **revised_facts(shared, before.facts, intents, adds)},
            own_facts={**kept, **own},
            told=frozenset(filled.facts),
            unused=() if own else filled.unused,
            verdicts={**held, **verdicts},
            decided=frozenset(verdicts),
            claims=claims,
            quantities=quantities,
            years=next((q.low for q in quantities if q.kind == "years" and not q.problem), None),
            is_outside=targets.is_outside,
            is_sweep=is_sweep,
            is_sure=targets.is_sure,
            hint=targets.hint,
            carried=carried,
            problem=filled.problem if measures and not filled.facts else "",
        )

    def _rest(
        self, text: str, intents: frozenset[str], measures: Sequence[Measure], subjects: Sequence[tuple[Measure, ...]]
    ) -> tuple[Measure, ...]:
        """The other benefits of the clauses at hand that were not spoken of yet, behind those that were if also meant.

        还有呢，往上那两个级别 is of what was spoken of too, 还有呢，还能补什么 of the rest alone.
        """
        clauses, spoken = {m.clause for m in measures}, {m.id for subject in subjects for m in subject}
        rest = tuple(m for m in self.policy.measures if m.clause in clauses and m.id not in spoken)
        is_tiers = self.questions.tiers.search(text)  # 再往上的几档: all that the benefit gives by tiers
        is_else = "support" in intents or self.questions.intents["more"].search(_CLAUSES.split(text)[-1])
        if is_else and not is_tiers:
            return rest
        return (*measures, *rest) if rest or is_tiers else ()

    def _told_apart(self, text: str, intents: frozenset[str], before: Understanding) -> Understanding | None:
        """The understanding before with the routes that a brief reply is about met or not; None for all else."""
        is_brief = len(text) <= 2 * BRIEF and not any(q.kind in _INPUT_KINDS - {"count"} for q in read_quantities(text))
        focus = {m.clause for m in before.measures}
        if not is_brief or not focus or (intents - _REPLYING and "denies" not in intents):
            return None
        spoken = [m for m in self._routes.spoken(before.text) if m.clause in focus]
        verdicts = self._routes.replied(text, before.text) if spoken else {}
        is_own = len(spoken) == 1 and all(key in before.verdicts for key in verdicts)
        if not verdicts or ("denies" in intents and is_own):  # what was said of oneself no bare 不是 takes back
            return None
        after = _decided(text, before, verdicts)
        met = {owner for (owner, _), v in verdicts.items() if v.state == "meets"}
        routes = tuple(m for m in spoken if not met or m.id in met)
        measures = self._subjects.overridden(text, routes, after, verdicts)
        return replace(after, measures=measures, subjects=_with_subject(before.subjects, measures))

    def _confirmed(self, text: str, intents: frozenset[str], before: Understanding) -> Understanding | None:
        """The understanding before with what a bare yes or no decides of its conditions; None for all else."""
        is_yes, is_plain = "affirms" in intents, bool(intents & {"affirms", "denies"})
        is_in_words = "negates" in intents and "asks" not in intents
        if not before.measures or "thanks" in intents or not (is_plain or is_in_words):
            return None
        is_asked = not before.told and ("confirm" in before.intents or self.questions.required.search(before.text))
        asked = asked_about(before.text, before.measures) if is_asked else ()
        verdicts = dict.fromkeys(asked, Verdict("meets" if is_yes else "fails", text))
        if is_plain and not is_asked and (before.told or before.intents & _LISTING):
            verdicts = replied(is_yes, text, before.measures, before.verdicts)
        if not (verdicts or is_plain):
            return None
        return _decided(text, before, verdicts)

    def _tells_bare(self, text: str, quantities: Sequence[Quantity], before: Understanding) -> bool:
        """Whether the number of a message is one that was asked back for, by its name (同期利率是 4.2)."""
        if not before.subjects or [q.kind for q in quantities] != ["number"]:
            return False
        asked = ((m, i) for m in before.subjects[-1] for i in missing(m, before.facts_of(m)))
        return any(
            "number" in FITS_LABELLED.get(i.kind, ()) and self._subjects.names_input(text, m, i.name) for m, i in asked
        )

    def _whole(self, text: str, before: Understanding) -> Quantity | None:
        """The figure told before that a share may be of: the one named, else the one that has parts, the base, or the
        only one of the message before."""
        focus = before.subjects[-1] if before.subjects else ()
        known = [(m, i, before.facts_of(m).get(i.name)) for m in focus for i in m.inputs]
        told = [(m, i, f) for m, i, f in known if f]
        named = [f for m, i, f in told if self._subjects.names_input(text, m, i.name)]
        parted = [f for m, i, f in told if any(part.part_of == i.name for part in m.inputs)]
        bases = [f for m, i, f in told if m.formula.base == i.name]
        facts = next((fs for fs in (named, parted, bases) if len({f.name for f in fs}) == 1), None)
        if facts:
            f = facts[0]
            return Quantity(f.words, 0, len(f.words), f.kind, f.low, f.high, "", approximate=f.approximate)
        alone = before.quantities if not told and len(before.quantities) == 1 else ()
        return next((q for q in alone if not q.problem), None)

    def _meant_figure(self, text: str, before: Understanding) -> str:
        """The figure of the message before, where this one only says what it was (说错了，是净值), or how many."""
        if price := _price_before(text, before):
            return price
        focus = before.subjects[-1] if before.subjects else ()
        says = _MEANT.search(text) and not self.questions.intents["asks"].search(text)
        if not focus or not says or len(text) > BRIEF or read_quantities(text):
            return ""
        named = (
            i
            for m in focus
            for i in m.inputs
            if i.name not in before.told and self._subjects.names_input(text, m, i.name)
        )
        fitting = ([q for q in before.quantities if q.kind == i.kind] for i in named)
        return next((quantities[0].text for quantities in fitting if len(quantities) == 1), "")

    def _fill(
        self, text: str, inputs: Sequence[Quantity], measures: tuple[Measure, ...], before: Understanding | None,
        intents: frozenset[str], denied: Sequence[Quantity],
    ) -> Filled:  # fmt: skip
        pending = self._pending(measures, before, intents, inputs) if before is not None else ""
        if before is not None:  # 是 1.01 亿，不是 1.1 亿: what was 1.1 亿 is corrected
            pending = next((n for q in denied for n, f in before.facts.items() if f.high == q.high), pending)
        places = {m.id: self.pointer.place(text, m, measures) for m in measures} if len(measures) > 1 else {}
        known = before.facts if before is not None else {}
        slots = self._slots(tuple(m.id for m in measures))
        return slots.read(text, inputs, pending, places, known)

    def _slots_of(self, ids: tuple[str, ...]) -> Slots:
        """What reads the figures of the measures spoken of."""
        measures = tuple(self.policy.measure(name) for name in ids)
        return Slots(
            measures, self._other_words(measures), self.questions.link,
            lambda words: any(v.state == "meets" for v in verdicts_in(words, measures).values()),
        )  # fmt: skip

    def _other_words(self, measures: Sequence[Measure]) -> dict[str, list[str]]:
        """By kind what labels no input of `measures`: general words, and the names of the other measures' inputs."""
        words = {kind: list(of_kind) for kind, of_kind in self.questions.other_amounts.items()}
        own = [word for m in measures for i in m.inputs for word in i.words]
        for item in (i for m in self.policy.measures if m not in measures for i in m.inputs):
            names = (w for w in item.words if len(w) > VERB and w.isalpha())
            words.setdefault(item.kind, []).extend(w for w in names if not any(o in w for o in own))
        return words

    def _own_facts(
        self, text: str, inputs: Sequence[Quantity], measures: Sequence[Measure], filled: Filled
    ) -> dict[tuple[str, str], Fact]:
        """Of an input that several measures share, each one's own where there is a quantity for each, in order."""
        found: dict[tuple[str, str], Fact] = {}
        for name in {i.name for m in measures for i in m.inputs}:
            owners = [m for m in measures if any(i.name == name for i in m.inputs)]
            kind = owners[0].input(name).kind
            each = [q for q in inputs if q.kind == kind and not q.problem and q not in filled.foreign]
            if len(owners) > 1 and len(each) == len(owners):
                in_order = sorted(owners, key=lambda m: self.pointer.place(text, m, measures))
                found |= {(m.id, name): read_fact(m.input(name), q) for m, q in zip(in_order, each, strict=True)}
        return found

    def _pending(
        self, measures: tuple[Measure, ...], before: Understanding, intents: frozenset[str], inputs: Sequence[Quantity]
    ) -> str:
        """The input a bare figure answers: one told just before and now supposed otherwise, the grade spoken of
        before, the first one missing, or else the base."""
        if {"suppose", "correction"} & intents and before.told:
            kinds = {q.kind for q in inputs}
            fitting = [i.name for m in measures for i in m.inputs if i.kind in kinds]
            told = [name for name in fitting if name in before.told]
            return told[-1] if told else fitting[0] if len(fitting) == 1 else sorted(before.told)[-1]
        for measure in measures:
            if measure.formula.heads:
                heads, known = measure.formula.heads, before.facts_of(measure)
                spoken = [n for n in heads if self._words[measure.id, n].search(before.text)]
                counted = [n for n in heads if n in known]
                return spoken[-1] if spoken else counted[0] if len(counted) == 1 else ""
            if lacking := missing(measure, before.facts_of(measure)):
                return lacking[0].name
        formula = measures[0].formula if measures else None
        return (formula.base or formula.unit_rent or "") if formula else ""


def _price_before(text: str, before: Understanding) -> str:
    """The words of the message before that gave the price of a piece, where this one says how many there are."""
    counts = [q for q in read_quantities(text) if q.kind == "count"]
    prices = prices_alone(before.text, before.quantities)
    if len(counts) != 1 or len(prices) != 1 or len(text) > BRIEF:
        return ""
    words = _CLAUSE.split(before.text[: prices[0].end])[-1]
    return f"，{words}" if counts[0].unit in words or "单价" in words else ""


def _decided(text: str, before: Understanding, verdicts: dict[tuple[str, str], Verdict]) -> Understanding:
    """What was understood before, now that a reply has decided some conditions."""
    return replace(
        before, text=text, intents=frozenset(), topics=(), silences=(), asides=(), claims=(), quantities=(),
        told=frozenset(), unused=(), verdicts={**before.verdicts, **verdicts}, decided=frozenset(verdicts),
        rest=(), carried=True, is_sure=False, hint="",
    )  # fmt: skip


def _refused(before: Understanding, problem: str) -> Understanding:
    """What was understood before, kept for the next message, with what is wrong with this one."""
    return replace(before, text="", intents=frozenset(), problem=problem, carried=False)


def _with_subject(
    subjects: tuple[tuple[Measure, ...], ...], measures: tuple[Measure, ...]
) -> tuple[tuple[Measure, ...], ...]:
    """The subjects in order of last mention; a turn without one leaves them as they are."""
    return (*(s for s in subjects if s != measures), measures) if measures else subjects
