"""Questions about the document itself → sections in its own words, and what it does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.amounts import Quantity, read_quantities
from assistant.clauses import COLOPHON, HEAD, Clause, squeeze
from assistant.measures import Measure, Silence, Topic
from assistant.policies import Policy
from assistant.sections import Section, blocks, cite, departments_line, quoted

_IN_QUOTES = re.compile(r"[“\"「『](.{2,16}?)[”\"」』]")
_PARTS = re.compile(r"[。；]")
# The words that make the figure right after them an upper bound.
_LIMIT = re.compile(r"(最高|不超过|不高于|最多|最长|上限)[^，。；]{0,8}$")
_TELLING = 4  # characters that tell which clause is meant
# A run of words tells something when at most this share of the support clauses holds it.
_TELLING_SHARE = 1 / 3
# Characters that bind words together and so neither begin nor end one.
_BINDING = "的了及和与或对从由被把在是有为给按以等并且，。、；：“”（）()"


class Passages:
    """Sections that show one policy's text, or say what is not in it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        chapter = policy.description.support_chapter
        self._support = [c for c in policy.clauses if c.id.startswith(f"{chapter}.")]
        self._said = [c for c in policy.clauses if c.body and c.id not in (HEAD, COLOPHON)]

    def silent(self, silence: Silence, measures: Sequence[Measure] = (), text: str = "") -> Section:
        """What the policy does not say, what it says nearby (of `measures`, if it is about those), and whom to ask.

        Where neither the silence nor a measure names a clause, those near are the ones that words of `text` stand in.
        """
        description = self.policy.description
        words = self.shared_words(text) if not (silence.near or measures) else ""
        named = [c for c in self._support if len(words) >= _TELLING and words in squeeze(c.body).lower()]
        near = [cite(self.policy.clause(c), self._near_quote(c)) for c in silence.near] + [cite(c) for c in named]
        spoken = [cite(self.policy.clause(m.clause), m.quote) for m in measures]
        contact = cite(self.policy.clause(description.contact.clause), description.contact.quote)
        clauses = dict.fromkeys(self.policy.clause(m.clause) for m in measures)
        lines = "\n".join(f"> {m.quote}（{self.policy.clause(m.clause).label}）" for m in measures)
        lines = lines or "\n".join(f"写有“{words}”的是{c.label}。" for c in named)
        asked = [f"{c.label}的{departments_line(c)}" for c in clauses if c.departments]
        return Section(
            text=blocks(f"**文件未规定：{silence.topic}。**", silence.says, lines, "\n".join(asked),
                         f"可以向{description.contact.department}询问（文件：“{description.contact.quote}”）。"),
            status="not_covered",
            citations=tuple(dict.fromkeys((*near, *spoken, contact))),
            notices=(f"文件未规定：{silence.topic}",),
            about_support=True,
        )  # fmt: skip

    def unpaid(self, topic: Topic) -> Section:
        """A place of the text for who asks how much money there is for it, of which it says nothing."""
        section = self.topic(topic)
        said = "**文件未规定：这一点给多少补贴或奖励。** 与此有关的只有下面的话，里面没有写金额。"
        return replace(section, text=blocks(said, section.text), status="not_covered")

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
            text=blocks(f"**{self.term_notice(on)}**", f"> {term.quote}"),
            status="answered",
            citations=(cite(self.policy.clause(term.clause), term.quote),),
            notices=(self.term_notice(on),) if over else (),
        )

    def ended(self, on: date) -> Section | None:
        """The notice that ends an answer about support once the term is over; None before."""
        term = self.policy.description.term
        if not term.is_over(on):
            return None
        notice = self.term_notice(on)
        return Section(notice, "answered", (cite(self.policy.clause(term.clause), term.quote),), notices=(notice,))

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
        lines = [departments_line(c) or "条文没有列出责任部门。" for c in clauses]
        words = [quoted(c.body) for c in clauses if c.body and not c.departments]
        named = [f"{c.label}——{line}" for c, line in zip(clauses, lines, strict=True)]
        return Section(
            text=blocks("\n".join(f"- **{line}**" for line in named), *words, "部门名称以文件印发时为准。"),
            status="answered",
            citations=tuple(cite(c, c.text) for c in clauses),
        )

    def department_clauses(self, names: Sequence[str], chapter: str = "") -> Section:
        """The clauses some departments answer for, of one chapter or of all."""
        hits = [c for c in self.policy.clauses if any(n in d for d in c.departments for n in names)]
        hits = [c for c in hits if c.id.startswith(f"{chapter}.")] if chapter else hits
        rows = [f"- {c.label}" for c in hits]
        return Section(
            text=blocks(f"文件列明由{'、'.join(names)}负责或参与的有：", "\n".join(rows)),
            status="answered",
            citations=tuple(cite(c, c.text) for c in hits),
        )

    def clause(self, clause: Clause) -> Section:
        """A clause word for word, with the places below it when it has no words of its own."""
        parts = [clause, *(c for c in self.policy.clauses if c.id.startswith(f"{clause.id}.") and not clause.body)]
        shown = [c for c in parts if c.body]
        return Section(
            text=blocks(*(f"**{c.label}**\n\n{quoted(c.body)}" for c in shown), departments_line(clause)),
            status="answered",
            citations=tuple(cite(c) for c in shown),
        )

    def contents(self) -> Section:
        """The chapters of the document, by their headings."""
        chapters = [c for c in self.policy.clauses if "." not in c.id and c.id not in (HEAD, COLOPHON)]
        return Section(
            text=blocks(f"文件共 {len(chapters)} 章：", "\n".join(f"- **{c.label}**" for c in chapters)),
            status="answered",
            citations=tuple(cite(c, c.text) for c in chapters),
        )

    def topic(self, topic: Topic) -> Section:
        """The words that answer a plain question."""
        clause = self.policy.clause(topic.clause)
        parts = [self.policy.clause(c) for c in topic.parts]
        if topic.quote:
            head = f"**{topic.says}**：{topic.quote}" if topic.says else f"> {topic.quote}"
        else:
            head = f"**{clause.label}**\n\n{quoted(clause.body)}" if clause.body else f"**{clause.label}**"
        below = "\n".join(f"- **{c.title}**" + ("" if topic.titles_only else f"：{c.body}") for c in parts)
        cited = [cite(clause, topic.quote or clause.body or clause.text), *(cite(c) for c in parts if c.body)]
        return Section(text=blocks(head, below, departments_line(clause)), status="answered", citations=tuple(cited))

    def topic_of(self, clause_id: str, quote: str, says: str) -> Section:
        """A passage of a clause under a heading of ours."""
        return self.topic(Topic(clause=clause_id, cues=(), quote=quote, says=says))

    def shared_words(self, text: str, *, anywhere: bool = False) -> str:
        """The run of `text` that stands word for word in a support clause: one in quotes, else the longest.

        `anywhere`: in any clause.
        """
        if quoted := self.quoted_words(text):
            return quoted
        bodies = [squeeze(c.body).lower() for c in (self._said if anywhere else self._support)]
        most = len(bodies) * _TELLING_SHARE
        runs = (text[i:j] for i in range(len(text)) for j in range(i + 2, min(len(text), i + 16) + 1))
        whole = (run for run in runs if run[0] not in _BINDING and run[-1] not in _BINDING)
        held = [run for run in whole if 0 < sum(run in body for body in bodies) <= most]
        return max(held, key=len, default="")

    def quoted_words(self, text: str) -> str:
        """The first words in quotes that stand anywhere in the policy."""
        runs = (str(run) for run in _IN_QUOTES.findall(text))
        return next((run for run in runs if any(run in squeeze(c.body).lower() for c in self.policy.clauses)), "")

    def word_clauses(self, words: str, *, anywhere: bool = False) -> Section:
        """Every support clause that holds some words; every clause of the policy where none of support does.

        `anywhere`: every clause in any case.
        """
        held = [c for c in self.policy.clauses if words in squeeze(c.body).lower()]
        hits = held if anywhere else [c for c in held if c in self._support] or held
        lines = [f"- **{c.label}**：{c.body}" for c in hits]
        return Section(
            text=blocks(f"写有“{words}”的条款：", "\n".join(lines)),
            status="answered",
            citations=tuple(cite(c) for c in hits),
            about_support=True,
        )

    def figure_clauses(self, quantity: Quantity, only_limits: bool, with_awards: bool) -> Section:
        """Every support clause with a given figure (as an upper bound only, if so asked), and its words around it.

        The highest award of a list is an upper bound too; `with_awards` the others are taken for one.
        """
        series = [(m.clause, m.formula.awards.values) for m in self.policy.measures if m.formula.awards]
        awards = {c for c, values in series if quantity.high in (values if with_awards else (max(values),))}
        rows = [
            (c, part)
            for c in self._support
            for part in _PARTS.split(c.body)
            if _holds(part, quantity, only_limits and c.id not in awards)
        ]
        clauses = dict.fromkeys(c for c, _ in rows)
        if not rows:
            what = "上限" if only_limits else "数"
            return Section(text=f"**文件的支持事项里没有“{quantity.text}”这个{what}。**", status="answered",
                           citations=tuple(cite(c) for c in self._support), about_support=True)  # fmt: skip
        return Section(
            text=blocks(f"写有“{quantity.text}”的条款：", "\n".join(f"- **{c.label}**：{p}" for c, p in rows)),
            status="answered",
            citations=tuple(cite(c) for c in clauses),
            about_support=True,
        )

    def found(self, clause: Clause) -> Section:
        """The clause that search found nearest."""
        return Section(
            text=blocks(f"文件里与此最相关的是 **{clause.label}**：", quoted(clause.body), departments_line(clause)),
            status="answered",
            citations=(cite(clause),),
        )

    def greeting(self) -> Section:
        description = self.policy.description
        return Section(
            text=f"您好，我回答《{description.short_title}》的问题：{description.coverage}。说说您的情况和数字，就能逐项计算。",
            status="answered",
        )

    def thanks(self) -> Section:
        return Section(text="不客气，还有问题请接着问。", status="answered")

    def refused(self, problem: str, measures: Sequence[Measure]) -> Section:
        """What is wrong with an input, with the clauses of what it was meant for."""
        clauses = dict.fromkeys(m.clause for m in measures)
        return Section(text=problem, status="refused", citations=tuple(cite(self.policy.clause(c)) for c in clauses))

    def _near_quote(self, clause_id: str) -> str:
        contact = self.policy.description.contact
        return contact.quote if clause_id == contact.clause else ""


def _holds(part: str, quantity: Quantity, only_limits: bool) -> bool:
    """Whether a part of a clause holds the figure, and says it as an upper bound if only those are wanted."""
    same = [q for q in read_quantities(part) if q.kind == quantity.kind and q.high == quantity.high]
    return any(not only_limits or _LIMIT.search(part[: q.start]) for q in same)
