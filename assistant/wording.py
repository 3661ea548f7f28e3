"""What was understood, found and worked out → sections of the answer in Chinese Markdown, with their evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from assistant.amounts import Quantity, format_yuan, read_quantities
from assistant.answer import Calculation, Citation, Missing, Reply, Status
from assistant.calculators import boundary, percent
from assistant.clauses import Clause, squeeze
from assistant.measures import Figure, Input, Measure, Series, Silence, Topic
from assistant.policies import Policy

_IN_QUOTES = re.compile(r"[“\"「『](.{2,16}?)[”\"」』]")
_PARTS = re.compile(r"[。；]")
# The words that make the figure right after them an upper bound.
_LIMIT = re.compile(r"(最高|不超过|不高于|最多|最长|上限)[^，。；]{0,8}$")
# Runs that any question about support may share with any clause.
_COMMON = re.compile(
    r"(支持|项目|企业|给予|补贴|补助|奖励|奖补|扶持|条|款|的|政策|最高|超过|不超过|每年|规定|新一代|信息|技术|产业|按照?|对|和|或|与|等|进行|一|元|万元|亿元|[\d.%])+"
)


@dataclass(frozen=True)
class Section:
    """A part of the answer: its text, the clauses it rests on, and what it makes of the whole."""

    text: str
    status: Status
    citations: tuple[Citation, ...] = ()
    missing: tuple[Missing, ...] = ()
    notices: tuple[str, ...] = ()
    about_support: bool = False


class Writer:
    """Words for one policy's answers; every figure it writes comes from the clauses or from a calculation."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        chapter = policy.description.support_chapter
        self._support = [c for c in policy.clauses if c.id.startswith(f"{chapter}.")]

    # — Support measures —

    def calculated(self, measure: Measure, calculation: Calculation) -> Section:
        """A measure worked out: figure, working, words of the clause, what is still to be confirmed."""
        clause = self.policy.clause(measure.clause)
        failed = [c for c in calculation.conditions if c.state == "fails"]
        if failed:
            why = "；".join(f"要求“{c.text}”" + (f"，您说的是“{c.words}”" if c.words else "") for c in failed)
            head = f"**按您说的情况，不符合“{measure.name}”的条件**：{why}。"
        elif calculation.amount_yuan is not None:
            head = (
                f"{self._condition_clause(calculation)}**{headline(calculation)}**（{measure.name}，{calculation.per}）"
            )
        elif calculation.readings:
            ends = " 至 ".join(format_yuan(r.amount_yuan) for r in calculation.readings)
            bound = f"{self._condition_clause(calculation)}按您给的范围，**{_most(calculation)}{ends}**"
            head = f"{bound}（{measure.name}，{calculation.per}）"
        else:
            why = calculation.steps[-1] if calculation.steps else ""
            head = f"**按您说的情况，“{measure.name}”没有可计算的金额**：{why}。"
        return Section(
            text=_blocks(head, _working(calculation), self._evidence(measure, clause), self._to_confirm(calculation),
                         _notes(measure, calculation), departments_line(clause), *_ambiguity(calculation)),
            status="answered",
            citations=(self.cite(clause),),
            notices=_ambiguity(calculation),
            about_support=True,
        )  # fmt: skip

    def asked_back(self, measure: Measure, calculation: Calculation, missing: Sequence[Input]) -> Section:
        """What is still needed to work a measure out, with the rule and any bound that already holds."""
        clause = self.policy.clause(measure.clause)
        head = f"**{missing[0].ask}** 有了这个数就能算出“{measure.name}”。"
        bounds = "\n".join(
            f"- {r.label}：{_most(calculation)}{format_yuan(r.amount_yuan)}" for r in calculation.readings
        )
        told = "目前知道：" + "；".join(calculation.steps) + "。" if calculation.steps else ""
        return Section(
            text=_blocks(head, told, bounds, self._evidence(measure, clause), self._to_confirm(calculation),
                         _notes(measure, calculation), departments_line(clause)),
            status="needs_input",
            citations=(self.cite(clause),),
            missing=tuple(Missing(name=item.name, question=item.ask) for item in missing),
            about_support=True,
        )  # fmt: skip

    def rule(self, measure: Measure) -> Section:
        """What the clause says of a measure, without a calculation."""
        clause = self.policy.clause(measure.clause)
        conditions = "\n".join(f"- {c.text}" for c in measure.conditions)
        listed = f"条件：\n{conditions}" if conditions else ""
        return Section(
            text=_blocks(f"**{measure.name}**（{clause.label}）", self._whole_quote(measure, clause),
                         listed, _notes(measure, None), departments_line(clause)),
            status="answered",
            citations=(self.cite(clause),),
            about_support=True,
        )  # fmt: skip

    def compared(self, measures: Sequence[Measure]) -> Section:
        """Measures side by side in the words of their clauses."""
        rows = ["| 事项 | 条款 | 原文 |", "| --- | --- | --- |"]
        rows += [f"| **{m.name}** | {self.policy.clause(m.clause).label} | {m.quote} |" for m in measures]
        clauses = dict.fromkeys(m.clause for m in measures)
        return Section(
            text=_blocks("区别看原文最清楚：", "\n".join(rows)),
            status="answered",
            citations=tuple(self.cite(self.policy.clause(c)) for c in clauses),
            about_support=True,
        )

    def with_twin(self, section: Section, twin: Measure) -> Section:
        """A section and, in one line, the measure that is easily taken for its own."""
        clause = self.policy.clause(twin.clause)
        line = f"容易混淆的另一项：{twin.name}（{clause.label}）——{twin.quote}。"
        return replace(section, text=_blocks(section.text, line), citations=(*section.citations, self.cite(clause)))

    def boundary(self, measure: Measure, calculation: Calculation) -> tuple[Section, Calculation] | None:
        """From which base on a measure gives its cap, where it is a plain share with one."""
        formula = measure.formula
        base = boundary(measure)
        if base is None or formula.cap is None or formula.rate is None or formula.base is None:
            return None
        cap = format_yuan(formula.cap.value)
        step = f"{cap} ÷ {percent(formula.rate.value)} = {format_yuan(base)}"
        head = (
            f"**{measure.input(formula.base).label}达到 {format_yuan(base)}时到上限 {cap}**（{step}），再多也按上限。"
        )
        rule = self.rule(measure)
        shown = calculation.model_copy(update={"amount_yuan": None, "steps": (step,), "readings": ()})
        return replace(rule, text=_blocks(head, rule.text)), shown

    def overview(self) -> Section:
        """Every support item with the words of its bound."""
        chapter = self.policy.clause(self.policy.description.support_chapter).title
        rows = [f"- **{self.policy.clause(m.clause).label}**：{m.quote}" for m in self.policy.measures]
        return Section(
            text=_blocks(
                f"文件“{chapter}”一章的各项支持如下（“最高”“不超过”都是上限，以认定为准）：", "\n".join(rows),
                "说说您的情况（做什么、投资或贷款多少、买什么设备），就能逐项计算。",
            ),
            status="answered",
            citations=tuple(self.cite(c) for c in self._support),
            about_support=True,
        )  # fmt: skip

    def claimed(self, measure: Measure, claims: Sequence[Quantity], calculation: Calculation | None) -> str:
        """Whether the figures the user heard of stand in the measure's clause."""
        own = {value for figure in measure.figures() for value in _values(figure)}
        if calculation is not None:
            own |= {r.amount_yuan for r in calculation.readings}
            own |= {calculation.amount_yuan} if calculation.amount_yuan is not None else set()
        wrong = [q for q in claims if q.high not in own]
        if wrong:
            said = "、".join(f"“{q.text}”" for q in wrong)
            return f"**不是。** {said}与文件不符，本项的原文是：{measure.quote}。"
        said = "、".join(f"“{q.text}”" for q in claims)
        return f"{said}这个数在本项原文里有，但请看清它的意思：{measure.quote}。"

    # — Everything else —

    def silent(self, silence: Silence) -> Section:
        """What the policy does not say, what it says nearby, and whom to ask."""
        description = self.policy.description
        near = [self.cite(self.policy.clause(c), self._near_quote(c)) for c in silence.near]
        contact = self.cite(self.policy.clause(description.contact.clause), description.contact.quote)
        return Section(
            text=_blocks(f"**文件未规定：{silence.topic}。**", silence.says,
                         f"可以向{description.contact.department}询问（文件：“{description.contact.quote}”）。"),
            status="not_covered",
            citations=tuple(dict.fromkeys((*near, contact))),
            notices=(f"文件未规定：{silence.topic}",),
        )  # fmt: skip

    def outside(self) -> Section:
        """A question that is not about this policy."""
        description = self.policy.description
        return Section(
            text=f"**这个问题不在本文件范围内，文件没有规定。** "
            f"本助手只回答《{description.short_title}》：{description.coverage}。",
            status="not_covered",
        )

    def term(self, on: date) -> Section:
        """Whether the policy is in force on a day."""
        term = self.policy.description.term
        over = term.is_over(on)
        return Section(
            text=_blocks(f"**{self.term_notice(on)}**", f"> {term.quote}"),
            status="answered",
            citations=(self.cite(self.policy.clause(term.clause), term.quote),),
            notices=(self.term_notice(on),) if over else (),
        )

    def term_notice(self, on: date) -> str:
        description = self.policy.description
        term = description.term
        span = f"{term.start.year} 年至 {term.end.year} 年"
        if term.is_over(on):
            ask = f"请向{description.contact.department}确认"
            return f"本文件的实施期限为 {span}，已经结束；期满后是否还能申请，文件未规定，{ask}。"
        if on < term.start:
            return f"本文件的实施期限为 {span}，尚未开始。"
        return f"本文件的实施期限为 {span}，目前在期限内。"

    def departments(self, clauses: Sequence[Clause]) -> Section:
        """Who is responsible for some clauses, by the words of the clauses."""
        lines = [departments_line(c) or f"{c.label}：条文没有列出责任部门。" for c in clauses]
        named = [f"{c.label}——{line}" for c, line in zip(clauses, lines, strict=True)]
        return Section(
            text=_blocks("\n".join(f"- **{line}**" for line in named), "部门名称以文件印发时为准。"),
            status="answered",
            citations=tuple(self.cite(c, c.text) for c in clauses),
        )

    def department_clauses(self, names: Sequence[str], chapter: str = "") -> Section:
        """The clauses some departments answer for, of one chapter or of all."""
        hits = [c for c in self.policy.clauses if any(n in d for d in c.departments for n in names)]
        hits = [c for c in hits if c.id.startswith(f"{chapter}.")] if chapter else hits
        rows = [f"- {c.label}" for c in hits]
        return Section(
            text=_blocks(f"文件列明由{'、'.join(names)}负责或参与的有：", "\n".join(rows)),
            status="answered",
            citations=tuple(self.cite(c, c.text) for c in hits),
        )

    def clause(self, clause: Clause) -> Section:
        """A clause word for word, with the places below it when it has no words of its own."""
        parts = [clause, *(c for c in self.policy.clauses if c.id.startswith(f"{clause.id}.") and not clause.body)]
        shown = [c for c in parts if c.body]
        return Section(
            text=_blocks(*(f"**{c.label}**\n\n{_quoted(c.body)}" for c in shown), departments_line(clause)),
            status="answered",
            citations=tuple(self.cite(c) for c in shown),
        )

    def topic(self, topic: Topic) -> Section:
        """The words that answer a plain question."""
        clause = self.policy.clause(topic.clause)
        parts = [self.policy.clause(c) for c in topic.parts]
        if topic.quote:
            head = f"**{topic.says}**：{topic.quote}" if topic.says else f"> {topic.quote}"
        else:
            head = f"**{clause.label}**\n\n{_quoted(clause.body)}" if clause.body else f"**{clause.label}**"
        below = "\n".join(f"- **{c.title}**" + ("" if topic.titles_only else f"：{c.body}") for c in parts)
        cited = [self.cite(clause, topic.quote or clause.body or clause.text), *(self.cite(c) for c in parts if c.body)]
        return Section(text=_blocks(head, below, departments_line(clause)), status="answered", citations=tuple(cited))

    def topic_of(self, clause_id: str, quote: str, says: str) -> Section:
        """A passage of a clause under a heading of ours."""
        return self.topic(Topic(clause=clause_id, cues=(), quote=quote, says=says))

    def shared_words(self, text: str) -> str:
        """The run of `text` that stands word for word in a support clause: one in quotes, else the longest."""
        for run in _IN_QUOTES.findall(text):
            if any(run in squeeze(c.body) for c in self._support):
                return str(run)
        runs = (text[i:j] for i in range(len(text)) for j in range(i + 2, min(len(text), i + 16) + 1))
        held = [
            run for run in runs if any(run in squeeze(c.body) for c in self._support) and not _COMMON.fullmatch(run)
        ]
        return max(held, key=len, default="")

    def word_clauses(self, words: str) -> Section:
        """Every support clause that holds some words."""
        hits = [c for c in self._support if words in squeeze(c.body)]
        lines = [f"- **{c.label}**：{c.body}" for c in hits]
        return Section(
            text=_blocks(f"写有“{words}”的支持事项：", "\n".join(lines)),
            status="answered",
            citations=tuple(self.cite(c) for c in hits),
            about_support=True,
        )

    def figure_clauses(self, quantity: Quantity, only_limits: bool) -> Section:
        """Every support clause with a given figure (as an upper bound only, if so asked), and its words around it."""
        rows = [
            (c, part) for c in self._support for part in _PARTS.split(c.body) if _holds(part, quantity, only_limits)
        ]
        clauses = dict.fromkeys(c for c, _ in rows)
        if not rows:
            what = "上限" if only_limits else "数"
            return Section(text=f"**文件的支持事项里没有“{quantity.text}”这个{what}。**", status="answered",
                           citations=tuple(self.cite(c) for c in self._support), about_support=True)  # fmt: skip
        return Section(
            text=_blocks(f"写有“{quantity.text}”的条款：", "\n".join(f"- **{c.label}**：{p}" for c, p in rows)),
            status="answered",
            citations=tuple(self.cite(c) for c in clauses),
            about_support=True,
        )

    def found(self, clause: Clause) -> Section:
        """The clause that search found nearest."""
        return Section(
            text=_blocks(f"文件里与此最相关的是 **{clause.label}**：", _quoted(clause.body), departments_line(clause)),
            status="answered",
            citations=(self.cite(clause),),
        )

    def greeting(self) -> Section:
        description = self.policy.description
        return Section(
            text=f"您好，我回答《{description.short_title}》的问题：{description.coverage}。说说您的情况和数字，就能逐项计算。",
            status="answered",
        )

    def refused(self, problem: str, measures: Sequence[Measure]) -> Section:
        """What is wrong with an input, with the clauses of what it was meant for."""
        clauses = dict.fromkeys(m.clause for m in measures)
        return Section(
            text=problem, status="refused", citations=tuple(self.cite(self.policy.clause(c)) for c in clauses)
        )

    def cite(self, clause: Clause, quote: str = "") -> Citation:
        return Citation(
            policy=self.policy.id, clause=clause.id, label=clause.label, quote=quote or clause.body or clause.text
        )

    def _whole_quote(self, measure: Measure, clause: Clause) -> str:
        """The whole clause where it has one route only, else the words of this route."""
        is_alone = sum(m.clause == clause.id for m in self.policy.measures) == 1
        return _quoted(clause.body) if is_alone else f"> {measure.quote}。"

    def _near_quote(self, clause_id: str) -> str:
        contact = self.policy.description.contact
        return contact.quote if clause_id == contact.clause else ""

    def _evidence(self, measure: Measure, clause: Clause) -> str:
        return f"依据 {clause.label}：\n> {measure.quote}。"

    def _condition_clause(self, calculation: Calculation) -> str:
        return "条件都符合并经认定时，" if any(c.state == "unknown" for c in calculation.conditions) else ""

    def _to_confirm(self, calculation: Calculation) -> str:
        unknown = [c.text for c in calculation.conditions if c.state == "unknown"]
        return "还需确认：" + "；".join(unknown) + "。" if unknown else ""


def assemble(sections: Sequence[Section], calculations: Sequence[Calculation], writer: Writer, on: date) -> Reply:
    """Sections put together: the most telling status, each citation and notice once, the term said once."""
    statuses = {s.status for s in sections}
    order: tuple[Status, ...] = ("needs_input", "answered", "not_covered", "refused")
    if any(c.amount_yuan is not None for c in calculations) and "answered" in statuses:
        order = ("answered", "needs_input", "not_covered", "refused")
    status = next(s for s in order if s in statuses)
    citations = list(dict.fromkeys(c for s in sections for c in s.citations))
    notices = list(dict.fromkeys(n for s in sections for n in s.notices))
    text = "\n\n".join(s.text for s in sections)
    term = writer.policy.description.term
    notice = writer.term_notice(on)
    if any(s.about_support for s in sections) and term.is_over(on) and notice not in notices:
        notices.append(notice)
        text = f"{text}\n\n{notice}"
        if not any(c.clause == term.clause for c in citations):
            citations.append(writer.cite(writer.policy.clause(term.clause), term.quote))
    missing = dict.fromkeys(m for s in sections for m in s.missing)
    return Reply(
        status=status, text=text, citations=tuple(citations), calculations=tuple(calculations),
        missing=tuple(missing), notices=tuple(notices),
    )  # fmt: skip


def headline(calculation: Calculation) -> str:
    """The figure with its modality: an upper bound is worded as one."""
    assert calculation.amount_yuan is not None
    return f"{_most(calculation)}{format_yuan(calculation.amount_yuan)}"


def departments_line(clause: Clause) -> str:
    return f"责任部门：{'、'.join(clause.departments)}。" if clause.departments else ""


def _most(calculation: Calculation) -> str:
    return "最高不超过 " if calculation.modality == "at_most" else ""


def _working(calculation: Calculation) -> str:
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(calculation.steps, 1))
    readings = "\n".join(f"- {r.label}：{_most(calculation)}{format_yuan(r.amount_yuan)}" for r in calculation.readings)
    return _blocks(f"怎么算：\n{steps}" if steps else "", readings)


def _notes(measure: Measure, calculation: Calculation | None) -> str:
    if calculation is not None and any(c.state == "fails" for c in calculation.conditions):
        return ""
    return "说明：" + "".join(measure.notes) if measure.notes else ""


def _ambiguity(calculation: Calculation) -> tuple[str, ...]:
    labels = [r.label for r in calculation.readings]
    if any("累加" in label for label in labels):
        return ("一年内跨过几档时只奖最高一档还是逐档累加，文件未规定；这里以达到的最高一档为主，另列累加的读法。",)
    return ()


def _values(figure: Figure | Series) -> tuple[Decimal, ...]:
    return figure.values if isinstance(figure, Series) else (figure.value,)


def _holds(part: str, quantity: Quantity, only_limits: bool) -> bool:
    """Whether a part of a clause holds the figure, and says it as an upper bound if only those are wanted."""
    same = [q for q in read_quantities(part) if q.kind == quantity.kind and q.high == quantity.high]
    return any(not only_limits or _LIMIT.search(part[: q.start]) for q in same)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _blocks(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)
