"""What was understood, found and worked out → which sections answer it, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.amounts import format_yuan
from assistant.answer import Calculation, Reply
from assistant.calculators import boundary, percent
from assistant.clauses import Clause
from assistant.measures import Measure
from assistant.policies import Policy
from assistant.understanding import Understanding
from assistant.wording import Section, Writer, assemble


class Composer:
    """Chooses and orders the sections of an answer."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.writer = Writer(policy)

    def is_placed(self, u: Understanding) -> bool:
        """Whether the policy's own data already says what the answer rests on, so that nothing need be searched."""
        return bool(
            u.problem or u.is_outside or u.measures or u.silences
            or any(not t.titles_only or "哪个" not in u.text for t in u.topics)
            or False or u.clauses or u.departments
            or u.intents & {"greeting", "thanks", "overview", "term", "department", "more"}
            or ("reverse" in u.intents and (u.quantities or self.writer.shared_words(u.text)))
        )  # fmt: skip

    def compose(
        self, u: Understanding, found: Sequence[Clause], calculations: Sequence[Calculation], on: date
    ) -> Reply:
        """The answer, its status and its evidence; `calculations` go with `u.measures`, one each."""
        writer = self.writer
        if u.problem:
            return assemble([writer.refused(u.problem, u.measures)], (), writer, on)
        sections, shown = self._sections(u, found, calculations, on)
        if "promise" in u.intents and any(s.about_support for s in sections):
            said = "能否获得、获得多少，以主管部门的认定和审核为准，本助手不作承诺。"
            sections[0] = replace(sections[0], text=f"{said}\n\n{sections[0].text}")
        return assemble(sections, shown, writer, on)

    def evidence(self, reply: Reply, turns: Sequence[str]) -> list[str]:
        """All the words a figure of this reply may stand in: cited clauses, calculations, the user's messages."""
        pieces = [*turns, *(f"{c.label} {c.quote}" for c in reply.citations)]
        pieces += [reply.text] if reply.status == "refused" else []
        pieces += [self.policy.clause(c.clause).text for c in reply.citations]
        for calculation in reply.calculations:
            pieces += [*calculation.steps, calculation.per, *(c.words for c in calculation.conditions)]
            pieces += [r.label for r in calculation.readings]
            amounts = [calculation.amount_yuan, *(r.amount_yuan for r in calculation.readings)]
            pieces += [format_yuan(a) for a in amounts if a is not None]
        return pieces

    def _sections(
        self, u: Understanding, found: Sequence[Clause], calculations: Sequence[Calculation], on: date
    ) -> tuple[list[Section], list[Calculation]]:
        writer, intents = self.writer, u.intents
        if u.is_outside:
            return [writer.outside()], []
        if intents & {"greeting", "thanks"} and not u.measures:
            return [writer.greeting()], []
        if intents & {"reverse", "list"} and (section := self._reverse(u)):
            return [section], []
        sections: list[Section] = []
        if "term" in intents and not u.told:
            sections.append(writer.term(on))
            if u.carried or not u.measures:
                return sections, []
        quoted = [writer.topic(t) for t in u.topics if t.quote]
        sections += quoted
        if not quoted and "department" in intents and not (u.topics and not u.measures and u.departments):
            return [*sections, self._departments(u), *(writer.silent(s) for s in u.silences)], []
        if u.departments and not (u.measures or u.topics or u.silences):
            return [*sections, self._departments(u)], []
        if u.measures and "compare" in intents and not u.told and (pair := self._pair(u)):
            return [*sections, writer.compared(pair)], []
        if u.clauses and ("original" in intents or not u.measures):
            return [*sections, *(writer.clause(self.policy.clause(c)) for c in u.clauses)], []
        if "original" in intents and u.carried:
            clauses = dict.fromkeys(m.clause for m in u.measures)
            return [*sections, *(writer.clause(self.policy.clause(c)) for c in clauses)], []
        if u.silences and not self._computes(u, calculations):
            return [*sections, *(writer.silent(s) for s in u.silences)], []
        if intents & {"overview", "more"} and (u.carried or not u.measures) and not u.told and not u.topics:
            return [*sections, writer.overview()], []
        if u.topics and not (u.measures and (intents & {"support", "amount"} or u.told or u.claims)):
            if "overview" not in intents or "money" not in intents:
                return [*sections, *self._topics(u, found)], []
        if u.measures:
            ours, shown = self._measures(u, calculations)
            return [*sections, *ours, *(writer.silent(s) for s in u.silences)], shown
        if u.topics and "support" in intents:
            return [*sections, writer.overview()], []
        if sections:
            return sections, []
        if found:
            return [writer.found(found[0])], []
        return [writer.outside()], []

    def _computes(self, u: Understanding, calculations: Sequence[Calculation]) -> bool:
        return bool(u.told) and any(c.amount_yuan is not None or c.readings for c in calculations)

    def _measures(
        self, u: Understanding, calculations: Sequence[Calculation]
    ) -> tuple[list[Section], list[Calculation]]:
        pairs = list(zip(u.measures, calculations, strict=True))
        if any(i.name in u.told for m in u.measures for i in m.inputs):
            pairs = [(m, c) for m, c in pairs if self._is_fed(m, u)]
        sections: list[Section] = []
        shown: list[Calculation] = []
        for measure, calculation in pairs:
            section, shows = self._measure(measure, calculation, u)
            shown += [calculation] if shows else []
            sections.append(section)
        if len(pairs) == 1 and "compare" not in u.intents:
            for twin in pairs[0][0].twins[:1]:
                other = self.policy.measure(twin)
                line = self.writer.twin(pairs[0][0], other)
                cited = self.writer.cite(self.policy.clause(other.clause))
                last = sections[-1]
                sections[-1] = replace(last, text=f"{last.text}\n\n{line}", citations=(*last.citations, cited))
        return sections, shown

    def _is_fed(self, measure: Measure, u: Understanding) -> bool:
        return any(i.name in u.told for i in measure.inputs) or measure.formula.name in ("cap_only", "none")

    def _measure(self, measure: Measure, calculation: Calculation, u: Understanding) -> tuple[Section, bool]:
        writer = self.writer
        known = [i for i in measure.inputs if i.name in u.facts]
        missing = measure.missing(u.facts)
        failed = any(c.state == "fails" for c in calculation.conditions)
        rule_only = not u.told and (("rule" in u.intents and not u.carried) or bool(u.claims and "confirm" in u.intents))
        shows = True
        if measure.formula.name == "none":
            section, shows = (writer.calculated(measure, calculation), True) if failed else (writer.rule(measure), False)
        elif "inverse" in u.intents and (base := boundary(measure)) is not None:
            assert measure.formula.cap and measure.formula.rate
            cap, rate = measure.formula.cap.value, measure.formula.rate.value
            step = f"{format_yuan(cap)} ÷ {percent(rate)} = {format_yuan(base)}"
            section = writer.rule(measure)
            label = measure.input(measure.formula.base or "").label
            head = f"**{label}达到 {format_yuan(base)} 时到上限 {format_yuan(cap)}**（{step}），再多也按上限。"
            section = replace(section, text=f"{head}\n\n{section.text}")
            calculation = calculation.model_copy(update={"amount_yuan": None, "steps": (step,), "readings": ()})
        elif failed:
            section = writer.calculated(measure, calculation)
        elif rule_only or (not known and missing and "amount" not in u.intents and "unknown" not in u.intents):
            section, shows = writer.rule(measure), measure.formula.name == "cap_only"
        elif missing:
            if "unknown" in u.intents and len(missing) > 1:
                missing = (*missing[1:], missing[0])
            section = writer.asked_back(measure, calculation, missing)
        else:
            section = writer.calculated(measure, calculation)
        if u.claims:
            said = writer.claimed(measure, u.claims, calculation)
            section = replace(section, text=f"{said}\n\n{section.text}")
        return section, shows

    def _pair(self, u: Understanding) -> list[Measure]:
        measures = list(u.measures)
        if len(measures) == 1:
            measures += [self.policy.measure(t) for t in measures[0].twins[:1]]
            measures += [m for m in self.policy.measures if m.clause == measures[0].clause and m not in measures]
        return measures if len(measures) > 1 else []

    def _reverse(self, u: Understanding) -> Section | None:
        """The clauses with a figure or with words, where the message looks for clauses and not for an amount."""
        figures = [q for q in u.claims or u.quantities if q.kind in ("money", "rate", "years")]
        figures = figures if "list" in u.intents else []
        if figures and (u.claims or not u.measures):
            return self.writer.figure_clauses(figures[0], self._is_limit(u))
        if figures or u.topics or u.departments:
            return None
        if "reverse" not in u.intents or (u.measures and "overview" not in u.intents):
            return None
        return self.writer.word_clauses(u.text)

    def _topics(self, u: Understanding, found: Sequence[Clause]) -> list[Section]:
        """The topics asked about; of a list of places the one that search finds, where the user asks which."""
        topics = [t for t in u.topics[:3] if not t.quote]
        inside = [c for c in found if any(t.titles_only and c.id in t.parts for t in topics)]
        return [self.writer.found(inside[0])] if inside else [self.writer.topic(t) for t in topics]

    def _is_limit(self, u: Understanding) -> bool:
        return any(word in u.text for word in ("封顶", "上限", "最高", "不超过", "顶格"))

    def _departments(self, u: Understanding) -> Section:
        if u.departments:
            chapter = self.policy.description.support_chapter if u.intents & {"support", "reverse"} else ""
            return self.writer.department_clauses(u.departments, chapter)
        clauses = [*u.clauses, *(m.clause for m in u.measures), *(t.clause for t in u.topics)]
        if clauses:
            return self.writer.departments([self.policy.clause(c) for c in dict.fromkeys(clauses)])
        contact = self.policy.description.contact
        return self.writer.topic_of(contact.clause, contact.quote, "政策咨询")
