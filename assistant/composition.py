"""What was understood, found and worked out → which sections answer it, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.amounts import format_yuan
from assistant.answer import Calculation, Reply
from assistant.boundaries import with_limits
from assistant.calculators import with_most_over_years
from assistant.clauses import Clause
from assistant.measures import Measure
from assistant.passages import Passages
from assistant.policies import Policy
from assistant.sections import Section, assemble, blocks
from assistant.sweep import sweep
from assistant.understanding import OF_BENEFITS, Understanding
from assistant.wording import Writer

# Characters of a clause that, repeated, tell which clauses a message looks for.
_TELLING = 4
_YUAN = "元"
_OF_SUMS = frozenset(("amount", "reckon", "confirm", "eligibility", "over_years", "boundary", "inverse"))


@dataclass(frozen=True)
class _Material:
    """All there is to answer from; `calculations` go with the understanding's measures, one each."""

    u: Understanding
    found: Sequence[Clause]
    calculations: Sequence[Calculation]
    on: date


@dataclass(frozen=True)
class _Answer:
    """The sections of an answer and the calculations it shows."""

    sections: list[Section]
    calculations: Sequence[Calculation] = ()


class Composer:
    """Chooses and orders the sections of an answer."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.writer = Writer(policy)
        self.passages = Passages(policy)
        self.places = frozenset(clause.id for clause in policy.clauses)
        # The first that has something to say answers; where a message can be read in two ways, this order decides.
        self._ways = (
            self._outside,
            self._greeting,
            self._swept,
            self._looked_up,
            self._term,
            self._contents,
            self._departments,
            self._compared,
            self._original,
            self._silent,
            self._rest,
            self._overview,
            self._elsewhere,
            self._topics,
            self._measures,
            self._quoted,
            self._found,
        )

    def is_placed(self, u: Understanding) -> bool:
        """Whether the policy's own data already says what the answer rests on, so that nothing need be searched."""
        chosen_topics = [t for t in u.topics if not (t.titles_only and "哪个" in u.text)]
        return not u.asks_of_text and bool(
            u.problem or u.is_outside or u.measures or u.silences or chosen_topics or u.clauses or u.departments
            or u.intents & {"greeting", "thanks", "overview", "term", "department", "more"}
            or ("reverse" in u.intents and (u.quantities or self.passages.shared_words(u.text)))
        )  # fmt: skip

    def compose(
        self, u: Understanding, found: Sequence[Clause], calculations: Sequence[Calculation], on: date
    ) -> Reply:
        """The answer, its status and its evidence; `calculations` go with `u.measures`, one each."""
        if u.problem:
            about = u.measures if u.text else ()
            return assemble([self.passages.refused(u.problem, about)], (), None)
        material = _Material(u, found, calculations, on)
        answers = (way(material) for way in self._ways)
        answer = next((a for a in answers if a and a.sections), _Answer([self.passages.outside()]))
        sections = answer.sections
        if "promise" in u.intents and any(s.about_support for s in sections):
            said = "能否获得、获得多少，以主管部门的认定和审核为准，本助手不作承诺。"
            sections = [replace(sections[0], text=f"{said}\n\n{sections[0].text}"), *sections[1:]]
        chapter = self.policy.description.support_chapter
        return assemble(sections, answer.calculations, self.passages.ended(on), chapter)

    def worked_out(self, measure: Measure, calculation: Calculation, on: date) -> Reply:
        """The answer to one calculation alone, as `assistant estimate` shows it."""
        missing = [measure.input(name) for name in calculation.missing]
        if measure.formula.name == "none":
            section = self.writer.rule(measure)
        elif missing and not calculation.failed:
            section = self.writer.asked_back(measure, calculation, missing)
        else:
            section = self.writer.calculated(measure, calculation)
        return assemble([section], (calculation,), self.passages.ended(on), self.policy.description.support_chapter)

    def evidence(self, reply: Reply, turns: Sequence[str]) -> list[str]:
        """All the words a figure of this reply may stand in: cited clauses, calculations, the user's messages."""
        if reply.status == "refused":
            return [reply.text]
        pieces = [*turns, *(f"{c.label} {c.quote}" for c in reply.citations)]
        pieces += [self.policy.clause(c.clause).text for c in reply.citations]
        for calculation in reply.calculations:
            pieces += [*calculation.steps, calculation.per, *(c.words for c in calculation.conditions)]
            pieces += [r.label for r in calculation.readings]
            amounts = [calculation.amount_yuan, *(r.amount_yuan for r in calculation.readings)]
            pieces += [format_yuan(a) for a in amounts if a is not None]
        return pieces

    # — The ways to answer, in the order they are tried —

    def _outside(self, m: _Material) -> _Answer | None:
        return _Answer([self.passages.outside()]) if m.u.is_outside else None

    def _greeting(self, m: _Material) -> _Answer | None:
        if m.u.intents & {"greeting", "thanks"} and not m.u.told:
            return _Answer([self.passages.thanks() if "thanks" in m.u.intents else self.passages.greeting()])
        return None

    def _looked_up(self, m: _Material) -> _Answer | None:
        """Clauses with a figure or with words, where the message looks for clauses and not for an amount."""
        u = m.u
        figures = [q for q in u.claims or u.quantities if q.kind in ("money", "rate", "years")]
        if "list" in u.intents and figures:
            if u.measures and (not u.claims or u.told):
                return None
            only_limits = "limit" in u.intents
            given = "given" in u.intents
            return _Answer([self.passages.figure_clauses(figure, only_limits, given) for figure in figures])
        if "mention" in u.intents and not (u.departments or u.told):
            anywhere = not u.intents & {"support", "money"}
            if words := self.passages.shared_words(u.text, anywhere=anywhere):
                return _Answer([self.passages.word_clauses(words, anywhere=anywhere)])
        if not u.intents & {"reverse", "list", "about"} or u.topics or u.departments or u.silences:
            return None
        if ("term" in u.intents and not u.measures) or ("department" in u.intents and u.measures):
            return None
        if "about" in u.intents and not u.intents & {"list", "overview"}:
            return None
        if u.measures and not {"reverse", "overview"} <= u.intents and not self.passages.quoted_words(u.text):
            return None
        words = self.passages.shared_words(u.text)
        is_telling = u.intents & {"reverse", "about"} or len(words) >= _TELLING or f"“{words}”" in u.text
        return _Answer([self.passages.word_clauses(words)]) if words and is_telling else None

    def _term(self, m: _Material) -> _Answer | None:
        """The term alone; beside a measure asked about it stands before that (see `_opening`)."""
        is_alone = (m.u.carried or not m.u.measures) and not m.u.silences
        return _Answer(self._opening(m)) if m.u.asks_term and is_alone else None

    def _opening(self, m: _Material) -> list[Section]:
        """What is answered first, whatever follows: the term, and plain facts of the document."""
        # Who cannot qualify anyway is told that first; the ended term closes the answer.
        fails = any(calculation.failed for calculation in m.calculations)
        term = [self.passages.term(m.on)] if m.u.asks_term and not fails else []
        return [*term, *self._facts(m.u)]

    def _facts(self, u: Understanding) -> list[Section]:
        return [self.passages.topic(t) for t in u.topics if t.quote]

    def _silences(self, u: Understanding) -> list[Section]:
        return [self.passages.silent(s) for s in u.silences]

    def _departments(self, m: _Material) -> _Answer | None:
        u = m.u
        names_only = u.departments and not (u.measures or u.topics or u.silences)
        if u.is_sure and u.silences and not names_only and not u.measures:
            return None  # 对结果不服找谁复核: what is asked the file does not say, and it says whom to ask
        of_topic = u.topics and not u.measures and (u.departments or any(t.quote for t in u.topics))
        # A measure's own answer names its departments too.
        beside_rule = u.measures and u.intents & {"amount", "rule"}
        if not names_only and ("department" not in u.intents or of_topic or beside_rule):
            return None
        named = [c for c in u.clauses if "." in c or not (u.measures or u.topics)]
        clauses = [*named, *(x.clause for x in u.measures), *(t.clause for t in u.topics if not t.quote)]
        if u.departments and not u.measures:
            support = self.policy.description.support_chapter if "support" in u.intents else ""
            chapter = next((c for c in u.clauses if "." not in c), support)
            section = self.passages.department_clauses(u.departments, chapter)
        elif clauses:
            section = self.passages.departments([self.policy.clause(c) for c in dict.fromkeys(clauses)])
        else:
            contact = self.policy.description.contact
            section = self.passages.topic_of(contact.clause, contact.quote, "政策咨询")
        # Of two questions about one place the other is answered by its words.
        both = not u.departments and ("says" in u.intents or (_asks_twice(u.text) and not u.measures))
        told = [self.policy.clause(c) for c in dict.fromkeys(clauses)] if both else []
        words = [self.passages.clause(c) for c in told if c.departments or not c.body]
        return _Answer([*self._opening(m), section, *words, *self._silences(u)])

    def _compared(self, m: _Material) -> _Answer | None:
        """Measures side by side."""
        pair = m.u.measures
        if "compare" not in m.u.intents or m.u.told or not pair:
            return None
        done = {c.measure: c for c in m.calculations}
        calculations = [done[x.id] for x in pair if x.id in done and done[x.id].amount_yuan is not None]
        section = self.writer.compared(pair, calculations)
        return _Answer([*self._opening(m), section], calculations) if len(pair) > 1 else None

    def _original(self, m: _Material) -> _Answer | None:
        """Clauses word for word: those named by number, or those just spoken of."""
        u = m.u
        asks = "original" in u.intents
        if u.clauses and (asks or not u.measures):
            clauses: Sequence[str] = u.clauses
        elif asks and u.carried:
            clauses = tuple(dict.fromkeys(x.clause for x in u.measures))
        else:
            return None
        return _Answer([*self._opening(m), *(self.passages.clause(self.policy.clause(c)) for c in clauses)])

    def _silent(self, m: _Material) -> _Answer | None:
        sums = {"amount", "reckon", *(() if m.u.is_sure else ("eligibility", "suppose", "correction"))}
        asks_sum = m.u.intents & sums or (m.u.carried and not m.u.is_sure)
        computes = (
            asks_sum
            and m.u.told
            and any(c.amount_yuan is not None or c.readings or (c.working and not c.missing) for c in m.calculations)
        )
        # 想扩产又想招技工，能用上哪些: what is there comes first.
        is_broad = "overview" in m.u.intents and m.u.measures and not m.u.is_sure
        if not m.u.silences or computes or is_broad:
            return None
        first, *others = m.u.silences
        sections = [self.passages.silent(first, m.u.measures, m.u.text), *map(self.passages.silent, others)]
        return _Answer([*self._facts(m.u), *sections])  # the ended term closes the answer

    def _contents(self, m: _Material) -> _Answer | None:
        """The chapters, for who asks how the document is made up."""
        is_whole = not (m.u.measures or m.u.clauses or m.u.topics)
        return _Answer([self.passages.contents()]) if "contents" in m.u.intents and is_whole else None

    def _swept(self, m: _Material) -> _Answer | None:
        """Every measure against what the enterprise has told of itself; only what it spoke of is calculated."""
        if not m.u.is_sweep:
            return None
        mentioned = {x.id for x in (*m.u.measures, *(x for subject in m.u.subjects for x in subject))}
        rows = sweep(list(zip(self.policy.measures, m.calculations, strict=True)), mentioned)
        shown = [row.calculation for row in rows if row.standing == "worked_out"]
        section = self.writer.swept(rows)
        understood = self.writer.understood([r.calculation for r in rows if r.measure.id in mentioned], m.u.unused)
        stacking = [s for s in self.policy.silences if s.beside_several]
        section = replace(section, text=blocks(understood, section.text))
        return _Answer([*self._opening(m), section, *map(self.passages.silent, stacking)], shown)

    def _rest(self, m: _Material) -> _Answer | None:
        """For who asks 还有呢 of a measure the other benefits of its clause that were not spoken of yet."""
        return _Answer([self.writer.rule(x) for x in m.u.rest]) if m.u.rest else None

    def _overview(self, m: _Material) -> _Answer | None:
        u = m.u
        asks = u.intents & {"overview", "more"} and (u.carried or not u.measures) and not u.told
        asks = asks or ("whole" in u.intents and not (u.told or u.clauses))
        support = f"{self.policy.description.support_chapter}."
        if any(t.clause.startswith(support) for t in u.topics):
            return None
        in_passing = all(t.passing for t in u.topics)
        about_money = in_passing and (not u.topics or ("overview" in u.intents and u.intents & {"money", "support"}))
        return _Answer([*self._opening(m), self.writer.overview()]) if asks and about_money else None

    def _elsewhere(self, m: _Material) -> _Answer | None:
        """The clause that search found nearest, where the classifier holds it likeliest too, or no rival is near."""
        u, support = m.u, f"{self.policy.description.support_chapter}."
        first = m.found[0] if m.found else None
        if first is None or not u.asks_of_text or first.id.startswith(support):
            return None
        is_hinted = u.hint and f"{first.id}.".startswith(f"{u.hint}.")
        cued = {*(x.clause for x in u.measures), *(t.clause for t in u.topics)}
        is_alone = u.intents.isdisjoint(OF_BENEFITS) and cued.isdisjoint(c.id for c in m.found)
        return _Answer([*self._opening(m), self.passages.found(first)]) if is_hinted or is_alone else None

    def _topics(self, m: _Material) -> _Answer | None:
        """The topics asked about; of a list of places the one that search finds, where the user asks which."""
        u = m.u
        tells = bool(u.measures) and "field" not in u.intents
        support = self.policy.description.support_chapter
        topics = [t for t in u.topics[:3] if not t.quote and not (t.passing and tells)]
        if not topics or (u.measures and (u.intents & {"support", "amount", "eligibility"} or u.told or u.claims)):
            return None
        places = [self.policy.clause(t.clause) for t in topics]
        if {"amount", "money"} <= u.intents and not any(c.id.startswith(support) or _YUAN in c.text for c in places):
            return _Answer([*self._opening(m), *map(self.passages.unpaid, topics)])
        inside = [c for c in m.found if any(t.titles_only and c.id in t.parts for t in topics)]
        sections = [self.passages.found(inside[0])] if inside else [self.passages.topic(t) for t in topics]
        return _Answer([*self._opening(m), *sections])

    def _measures(self, m: _Material) -> _Answer | None:
        u = m.u
        pairs = list(zip(u.measures, m.calculations, strict=True))
        if not pairs:
            return None
        questions = sum(u.text.count(mark) for mark in "?？")
        if questions < len(pairs) and any(i.name in u.told for x in u.measures for i in x.inputs):
            pairs = [(x, c) for x, c in pairs if _is_fed(x, u)]
        answers = [self._measure(x, c, u) for x, c in pairs]
        sections = [section for answer in answers for section in answer.sections]
        if len(pairs) == 1 and pairs[0][0].twins:
            sections[-1] = self.writer.with_twin(sections[-1], self.policy.measure(pairs[0][0].twins[0]))
        shown = [c for answer in answers for c in answer.calculations]
        understood = self.writer.understood(shown, u.unused)
        # Before several answers, and right behind the figure of a single one.
        figure, _, rest = sections[0].text.partition("\n\n")
        lines = (understood, figure, rest) if len(pairs) > 1 else (figure, understood, rest)
        sections[0] = replace(sections[0], text=blocks(*lines))
        silences = list(u.silences)
        if sum(c.amount_yuan is not None for c in shown) > 1:
            silences += [s for s in self.policy.silences if s.beside_several and s not in silences]
        asides = [self.passages.topic(t) for t in u.asides if u.told or t not in u.topics]
        return _Answer([*self._opening(m), *sections, *asides, *map(self.passages.silent, silences)], shown)

    def _quoted(self, m: _Material) -> _Answer | None:
        opening = self._opening(m)
        return _Answer(opening) if opening else None

    def _found(self, m: _Material) -> _Answer | None:
        if "vague" in m.u.intents and any(q.kind == "money" for q in m.u.quantities):
            return _Answer([self.writer.which()])
        return _Answer([self.passages.found(m.found[0])]) if m.found else None

    def _measure(self, measure: Measure, calculation: Calculation, u: Understanding) -> _Answer:
        """One measure: worked out, asked back for, or only its rule, as far as the message goes."""
        writer = self.writer
        facts = u.facts_of(measure)
        missing = tuple(measure.input(name) for name in calculation.missing)
        knows = any(i.name in facts for i in measure.inputs)
        asks_rule = "rule" in u.intents and not (knows and ("amount" in u.intents or u.carried))
        wants_rule = not u.told and (
            (asks_rule and "reckon" not in u.intents)
            or (u.claims and "confirm" in u.intents)
            or ("premise" in u.intents and not knows)
            or ("list" in u.intents and not knows)
            or ("why" in u.intents and bool(missing))
            or (u.carried and not knows and "asks" in u.intents and not u.intents & _OF_SUMS)
        )
        # 认缴 5000 万: what was asked back for is told by something else than what counts.
        asks_sum = u.intents & {"amount", "reckon", "unknown"} or (u.carried and u.unused and _tells_money(u))
        limits = measure.condition_inputs()
        decided = bool(limits & u.told) and "eligibility" in u.intents and "amount" not in u.intents
        calculation = with_limits(measure, calculation, facts, always="boundary" in u.intents)
        if "over_years" in u.intents:
            calculation = with_most_over_years(measure, calculation)
        shown: tuple[Calculation, ...] = (calculation,)
        if measure.formula.name == "none" and not calculation.failed:
            section, shown = writer.rule(measure), ()
        elif "inverse" in u.intents and (limit := writer.reached(measure, calculation)):
            section, shown = limit[0], (limit[1],)
        elif calculation.failed:
            section = writer.calculated(measure, calculation)
        elif wants_rule or (missing and not knows and not asks_sum):
            is_figure = measure.formula.name == "cap_only" or "over_years" in u.intents
            section, shown = writer.rule(measure, calculation), shown if is_figure else ()
        elif missing and not u.intents & {"reckon", "unknown"} and (decided or (u.claims and "premise" in u.intents)):
            section = writer.checked(measure, calculation, missing)
        elif missing:
            # Who does not know one input is asked for the next.
            later = (*missing[1:], missing[0]) if "unknown" in u.intents else missing
            section = writer.asked_back(measure, calculation, later)
        else:
            section = writer.calculated(measure, calculation, "eligibility" in u.intents)
        if u.claims:
            said = writer.claimed(measure, u.claims, calculation)
            section = replace(section, text=f"{said}\n\n{section.text}")
        return _Answer([section], shown)


def _asks_twice(text: str) -> bool:
    return text.count("？") + text.count("?") > 1


def _tells_money(u: Understanding) -> bool:
    return any(q.kind == "money" for q in u.quantities)


def _is_fed(measure: Measure, u: Understanding) -> bool:
    """Whether the message says something to work with: one of the inputs, or none is needed."""
    return any(i.name in u.told for i in measure.inputs) or measure.formula.name in ("cap_only", "none")
