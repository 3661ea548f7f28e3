"""A place of the policy or something settled before → all that a caller may be told of it, asked and not promised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assistant.amounts import format_yuan
from assistant.answer import percent
from assistant.audit import LONGEST_LINE
from assistant.clauses import Clause
from assistant.desk.answers import Kept, find_answer
from assistant.desk.cases import find_case
from assistant.desk.curation import CuratedAnswer, curated_answers
from assistant.desk.schema import OFFICE, OUTCOMES, Case
from assistant.desk.store import Store
from assistant.errors import UnusableInput
from assistant.measures import Formula, Measure, Silence
from assistant.passages import Passages
from assistant.policies import Policy
from assistant.targets import UNLISTED

Kind = Literal["measure", "clause", "silence", "curated", "case", "answer"]
KINDS: dict[Kind, str] = {
    "measure": "事项", "clause": "条款", "silence": "没有规定", "curated": "已定答复", "case": "以前的来电",
    "answer": "回执",
}  # fmt: skip
_SENTENCE = re.compile(r"[^。；\n]*[。；]?")


@dataclass(frozen=True)
class Hit:
    """One result: where it leads (`kind`, `id`), its title, where it stands, and the line to read aloud."""

    kind: Kind
    id: str
    title: str
    place: str
    aloud: str


@dataclass(frozen=True)
class Twin:
    """A measure that is easily taken for another, or that stands in a clause."""

    id: str
    name: str
    quote: str


@dataclass(frozen=True)
class Card:
    """A result opened.

    `ended` is said after the line read aloud once the term is over; `bound` is the figure with its modality and `quote`
    its words; `asks` and `conditions` are for the caller; `kept` is the answer a receipt or a case rests on.
    """

    hit: Hit
    ended: str = ""
    bound: str = ""
    quote: str = ""
    asks: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    not_promised: tuple[str, ...] = ()
    unsaid: str = ""
    clauses: tuple[Clause, ...] = ()
    departments: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()
    notes: tuple[str, ...] = ()
    curated: tuple[tuple[str, str], ...] = ()
    kept: Kept | None = None


class Cards:
    """Opens what a look-up finds."""

    def __init__(self, policy: Policy, store: Store) -> None:
        self.policy, self.store = policy, store
        self._passages = Passages(policy)
        self._open: dict[Kind, Callable[[str, date], Card]] = {
            "measure": self._measure, "clause": self._clause, "silence": self._silence, "curated": self._curated,
            "case": self._case, "answer": self._answer,
        }  # fmt: skip

    def open(self, kind: Kind, name: str, on: date) -> Card:
        """One result opened as of a day; `UnusableInput` when there is none (any more)."""
        return self._open[kind](name, on)

    def measure_hit(self, measure: Measure) -> Hit:
        return Hit("measure", measure.id, measure.name, measure.clause, measure.aloud)

    def clause_hit(self, clause: Clause) -> Hit:
        return Hit("clause", clause.id, clause.label, clause.id, self._line(clause))

    def silence_hit(self, silence: Silence) -> Hit:
        line = f"{silence.topic}，这份文件没有规定，请问{self.policy.description.contact.department}。"
        return Hit("silence", silence.id, f"文件未规定：{silence.topic}", "", cut(line))

    def _line(self, clause: Clause) -> str:
        """The measures of a clause, else its first sentence, else what stands below it."""
        if measures := self.policy.measures_of(clause.id):
            more = f"（另有 {len(measures) - 1} 项）" if len(measures) > 1 else ""
            return f"{cut(measures[0].aloud, LONGEST_LINE - len(more))}{more}"
        if below := [c.title for c in self._below(clause)]:
            return cut(f"包括{'、'.join(below)}。")
        body = clause.body or clause.title
        return cut(next((s.strip() for s in _SENTENCE.findall(body) if s.strip()), clause.title))

    def _below(self, clause: Clause) -> list[Clause]:
        """The places right below a clause without words of its own."""
        depth = clause.id.count(".") + 1
        below = [c for c in self.policy.clauses if c.id.startswith(f"{clause.id}.") and c.id.count(".") == depth]
        return below if len(clause.body) < LONGEST_LINE else []

    def _measure(self, name: str, on: date) -> Card:
        measure = next((m for m in self.policy.measures if m.id == name), None)
        if measure is None:
            raise UnusableInput(f"没有事项 {name}，请重新查找。")
        clause = self.policy.clause(measure.clause)
        return Card(
            self.measure_hit(measure),
            ended=self._ended(on),
            bound=bound(measure),
            quote=measure.quote,
            asks=tuple(item.ask for item in measure.missing(())),
            conditions=tuple(c.text for c in measure.conditions),
            not_promised=(*_modality_warning(measure), *self._never_promised(on)),
            unsaid=self._unsaid(),
            clauses=(clause,),
            departments=clause.departments,
            twins=tuple(self._twin(other) for other in self.twins_of(measure)),
            notes=measure.notes,
            curated=self._curated_of(clause),
        )

    def _clause(self, name: str, on: date) -> Card:
        if not self.policy.has_clause(name):
            raise UnusableInput(f"没有条款 {name}，请重新查找。")
        clause = self.policy.clause(name)
        is_support = clause.id.startswith(f"{self.policy.description.support_chapter}.")
        return Card(
            self.clause_hit(clause),
            ended=self._ended(on) if is_support else "",
            not_promised=self._never_promised(on) if is_support else (),
            unsaid=self._unsaid() if is_support else "",
            clauses=(clause, *self._below(clause)),
            departments=clause.departments,
            twins=tuple(self._twin(m) for m in self.policy.measures_of(clause.id)),
            curated=self._curated_of(clause),
        )

    def _silence(self, name: str, on: date) -> Card:
        silence = next((s for s in self.policy.silences if s.id == name and s.id != UNLISTED), None)
        if silence is None:
            raise UnusableInput("没有这一项，请重新查找。")
        contact = self.policy.description.contact
        near = dict.fromkeys((*silence.near, contact.clause))
        return Card(
            self.silence_hit(silence),
            not_promised=("不要自己补上文件没有写的内容。",),
            clauses=tuple(self.policy.clause(c) for c in near),
            departments=(contact.department,),
            notes=(silence.says,),
        )

    def _case(self, name: str, on: date) -> Card:
        case, _ = find_case(self.store, int(name) if name.isdecimal() and len(name) < 10 else 0)
        kept = find_answer(self.store, case.receipt) if case.receipt else None
        return Card(case_hit(case), notes=(case.answer,), kept=kept)

    def _answer(self, name: str, on: date) -> Card:
        kept = find_answer(self.store, name)
        if kept is None:
            raise UnusableInput(f"没有回执 {name[:20]} 的记录：可能抄错了，或者已经清理。")
        return Card(answer_hit(kept), kept=kept)

    def _curated(self, name: str, on: date) -> Card:
        answer = next((a for a in curated_answers(self.store, self.policy) if str(a.row.id) == name), None)
        if answer is None or not answer.is_current:
            raise UnusableInput("这条答复已经撤下，或者条文改过、暂停使用。")
        clause = self.policy.clause(answer.row.clause)
        return Card(
            curated_hit(answer), ended=self._ended(on), not_promised=self._never_promised(on), unsaid=self._unsaid(),
            clauses=(clause,), departments=clause.departments, notes=(answer.row.answer,),
        )  # fmt: skip

    def _curated_of(self, clause: Clause) -> tuple[tuple[str, str], ...]:
        answers = curated_answers(self.store, self.policy, [clause.id])
        return tuple((a.row.question, a.row.answer) for a in answers if a.is_current)

    def twins_of(self, measure: Measure) -> list[Measure]:
        """What it is taken for, said on either side, and the other routes of its clause."""
        return [
            other
            for other in self.policy.measures
            if other.id in measure.twins
            or measure.id in other.twins
            or (other.clause == measure.clause and other.id != measure.id)
        ]

    def _twin(self, measure: Measure) -> Twin:
        return Twin(measure.id, f"{measure.name}（{self.policy.clause(measure.clause).label}）", measure.quote)

    def _ended(self, on: date) -> str:
        term = self.policy.description.term
        return f"文件期限 {term.start.year}—{term.end.year} 年，已经到期。" if term.is_over(on) else ""

    def _never_promised(self, on: date) -> tuple[str, ...]:
        """What no caller may be told as certain: that it can still be had, and that several add up."""
        ended = self._passages.ended(on)
        return (*([ended.text] if ended else []), *(s.says for s in self.policy.silences if s.beside_several))

    def _unsaid(self) -> str:
        topics = "、".join(s.topic for s in self.policy.silences if not s.measures and s.id != UNLISTED)
        return f"不要自己补充：{topics}。"


def bound(measure: Measure) -> str:
    """The figures of a measure as its clause bounds them: rates, tiers, grades and caps with their modality."""
    formula = measure.formula
    most = measure.modality == "at_most"
    parts = []
    if formula.rate:
        parts.append(f"{'不超过' if most else '按'} {percent(formula.rate.value)}")
    if formula.asset_share:
        parts.append(f"借款不超过固定资产的 {percent(formula.asset_share.value)}")
    if formula.unit_cap:
        parts.append(f"不超过 {format_yuan(formula.unit_cap.value)}/㎡/月")
    parts += _awards(measure, formula)
    if formula.cap:
        parts.append(f"最高不超过 {format_yuan(formula.cap.value)}")
    if measure.years:
        parts.append(f"{'不超过 ' if most else ''}{measure.years.value} 年")
    return f"{'，'.join(parts)}（{measure.per}）" if parts else "文件没有写数额"


def _awards(measure: Measure, formula: Formula) -> list[str]:
    """Each tier or grade with what is given for it."""
    if not formula.awards:
        return []
    if formula.thresholds:
        labels = [f"{format_yuan(value)}奖" for value in formula.thresholds.values]
    else:
        labels = [measure.input(name).label for name in formula.heads]
    pairs = zip(labels, formula.awards.values, strict=True)
    return ["；".join(f"{label} {format_yuan(value)}" for label, value in pairs)]


def _modality_warning(measure: Measure) -> tuple[str, ...]:
    if measure.modality is None:
        return ("这一项没有金额，不要说数。",)
    if measure.modality == "at_most":
        return ("这是上限：只说“最高不超过”，不说“能拿到”。",)
    capped = "，而且有上限" if measure.formula.cap else ""
    return (f"金额按条文算{capped}；要条件都符合并经认定，不要说“一定给”。",)


def answer_hit(kept: Kept) -> Hit:
    return Hit("answer", kept.receipt, kept.turns[-1], f"回执 {kept.receipt}", cut(plain_words(kept.reply.text)))


def case_hit(case: Case) -> Hit:
    place = f"案件 {case.id} · {case.opened_at.astimezone(OFFICE):%Y-%m-%d} · {OUTCOMES[case.outcome]}"
    return Hit("case", str(case.id), case.question, place, cut(plain_words(case.answer)))


def curated_hit(answer: CuratedAnswer) -> Hit:
    return Hit("curated", str(answer.row.id), answer.row.question, answer.row.clause, cut(answer.row.answer))


def cut(text: str, longest: int = LONGEST_LINE) -> str:
    """The text in at most `longest` characters, cut at a mark where there is one."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    kept = line[: longest - 1]
    at = max(kept.rfind(mark) for mark in "，。；、")
    return f"{kept[:at] if at > longest // 3 else kept}…"


def plain_words(markdown: str) -> str:
    """Markdown without its marks."""
    return re.sub(r"[*>#|`]|^\s*-\s+", "", markdown, flags=re.MULTILINE)
