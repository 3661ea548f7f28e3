"""What staff type while someone waits → what may answer it, at once; and each opened to what is said and asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from typing import Literal

from assistant.amounts import format_yuan, read_quantities
from assistant.answer import percent
from assistant.audit import LONGEST_LINE
from assistant.clauses import COLOPHON, HEAD, Clause
from assistant.desk.answers import Kept, find_answer
from assistant.desk.cases import Filter, find_case, find_cases
from assistant.desk.curation import curated_answers
from assistant.desk.schema import Case
from assistant.desk.store import Store
from assistant.errors import UnusableInput
from assistant.guard import figures
from assistant.measures import Measure, Silence
from assistant.passages import Passages
from assistant.policies import Policy
from assistant.questions import Cues
from assistant.references import read_references

Kind = Literal["measure", "clause", "silence", "curated", "case", "answer"]
KINDS: dict[Kind, str] = {
    "measure": "事项", "clause": "条款", "silence": "没有规定", "curated": "已定答复", "case": "以前的来电",
    "answer": "回执",
}  # fmt: skip
_SHOWN, _NEAR_BEST = 12, 0.1
# What a query's parts are worth: a clause named by number goes before all, then figures, departments, cues and words.
_NAMED, _FIGURE, _DEPARTMENT, _CUE, _PHRASE, _TITLE_WORD, _WORD = 1000, 60, 50, 40, 20, 4, 1
_SENTENCE = re.compile(r"[^。；\n]*[。；]?")
_MARK = re.compile(r"^(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d+[.．、])\s*")
_RECEIPT = re.compile(r"[0-9a-fA-F]{10}")
_UNLISTED = "other"


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
    """What a measure is easily taken for."""

    id: str
    name: str
    quote: str


@dataclass(frozen=True)
class Card:
    """A result opened: what to read aloud, the figure with its modality, what to ask, the clause, what not to say."""

    hit: Hit
    bound: str = ""
    asks: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    departments: tuple[str, ...] = ()
    not_promised: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()
    notices: tuple[str, ...] = ()
    curated: tuple[tuple[str, str], ...] = ()
    kept: Kept | None = None


@dataclass(frozen=True)
class _Entry:
    hit: Hit
    title: str
    text: str
    figures: frozenset[tuple[str, object]]
    departments: tuple[str, ...]
    cues: Cues | None = None


class Lookup:
    """Looks up the clauses, measures and silences of one policy, and what staff have settled before."""

    def __init__(
        self,
        policy: Policy,
        clean: Callable[[str], str],
        tokens: Callable[[str], list[str]],
        store: Store,
    ) -> None:
        self._policy, self._clean, self._tokens, self._store = policy, clean, tokens, store
        self._passages = Passages(policy)
        self._entries = self._list_entries()
        self._rarity = self._weigh_tokens()

    def find(self, words: str) -> list[Hit]:
        """The results for what has been typed so far, best first; none for nothing."""
        typed = words.strip()
        if not typed:
            return []
        text = self._clean(typed)
        quantities = read_quantities(text)
        named = set(read_references(text, quantities, self._policy))
        asked_figures = {f for f in figures(text, frozenset(named)) if f[0] != "digits"}
        parts = [t for t in dict.fromkeys(self._tokens(text)) if not t[0].isdigit()]
        scored = []
        for order, entry in enumerate(self._entries):
            score = _NAMED if entry.hit.kind != "silence" and entry.hit.place in named else 0.0
            score += _FIGURE * len(asked_figures & entry.figures)
            score += _DEPARTMENT * any(text in d or (len(d) > 2 and d in text) for d in entry.departments)
            score += _CUE * bool(entry.cues and entry.cues.weight(text))
            score += _PHRASE * (text in entry.title or text in entry.text)
            for part in parts:
                weight = _TITLE_WORD * (part in entry.title) + _WORD * (part in entry.text)
                score += weight * self._rarity.get(part, 0.0)
            if score > 0:
                scored.append((-score, order, entry.hit))
        scored.sort(key=lambda item: item[:2])
        enough = _NEAR_BEST * scored[0][0] if scored else 0
        best = [hit for score, _, hit in scored if score <= enough][:_SHOWN]
        return [*self._settled(typed, parts), *best]

    def open(self, kind: Kind, name: str, on: date) -> Card:
        """One result opened; `UnusableInput` when there is none (any more)."""
        if kind == "case":
            return self._case(name)
        if kind == "curated":
            return self._curated(name, on)
        if kind == "answer":
            return self._answer(name)
        entry = next((e for e in self._entries if (e.hit.kind, e.hit.id) == (kind, name)), None)
        if entry is None:
            raise UnusableInput("没有这一项，请重新查找。")
        if kind == "measure":
            return self._measure(entry.hit, self._policy.measure(name), on)
        if kind == "silence":
            return self._silence(entry.hit, next(s for s in self._policy.silences if s.id == name))
        return self._clause(entry.hit, self._policy.clause(name), on)

    # — What can be found —

    def _list_entries(self) -> tuple[_Entry, ...]:
        measures = [self._measure_entry(m) for m in self._policy.measures]
        clauses = [self._clause_entry(c) for c in self._policy.clauses if c.id != COLOPHON]
        silences = [self._silence_entry(s) for s in self._policy.silences if s.id != _UNLISTED]
        return (*measures, *silences, *clauses)

    def _weigh_tokens(self) -> dict[str, float]:
        """What each token of the entries tells: the fewer have it, the more."""
        counts = Counter(token for entry in self._entries for token in set(self._tokens(f"{entry.title} {entry.text}")))
        return {token: log(1 + len(self._entries) / count) for token, count in counts.items()}

    def _measure_entry(self, measure: Measure) -> _Entry:
        clause = self._policy.clause(measure.clause)
        hit = Hit("measure", measure.id, measure.name, clause.id, measure.aloud)
        text = f"{measure.quote} {' '.join(c.text for c in measure.conditions)} {measure.benefit}"
        return _Entry(
            hit, self._clean(f"{measure.name} {clause.title}"), self._clean(text), figures(self._clean(measure.quote)),
            clause.departments, Cues(measure.cues, measure.unless),
        )  # fmt: skip

    def _clause_entry(self, clause: Clause) -> _Entry:
        hit = Hit("clause", clause.id, clause.label, clause.id, _line(clause))
        return _Entry(
            hit, self._clean(clause.title), self._clean(clause.text), figures(self._clean(clause.body)),
            clause.departments,
        )  # fmt: skip

    def _silence_entry(self, silence: Silence) -> _Entry:
        place = silence.near[0] if silence.near else HEAD
        hit = Hit("silence", silence.id, f"文件未规定：{silence.topic}", place, self._unsaid(silence.topic))
        title, text = self._clean(silence.topic), self._clean(silence.says)
        return _Entry(hit, title, text, frozenset(), (), Cues(silence.cues, silence.unless))

    def _unsaid(self, topic: str) -> str:
        return f"{topic}，这份文件没有规定，请问{self._policy.description.contact.department}。"

    def _settled(self, typed: str, parts: Sequence[str]) -> list[Hit]:
        """The answer under a receipt; curated answers and answered calls that hold every word typed."""
        if _RECEIPT.fullmatch(typed) and (kept := find_answer(self._store, typed)):
            return [_answer_hit(kept)]
        words = typed.split() if " " in typed else list(parts) or [typed]
        hits = [
            Hit("curated", str(a.row.id), a.row.question, a.row.clause, cut(a.row.answer))
            for a in curated_answers(self._store, self._policy)
            if a.is_current and all(word in f"{a.row.question} {a.row.answer}" for word in words)
        ]
        calls = find_cases(self._store, Filter(words=" ".join(words), outcome="resolved"), 5)
        return [*hits[:3], *(_case_hit(case) for case in calls)]

    # — Each kind opened —

    def _measure(self, hit: Hit, measure: Measure, on: date) -> Card:
        clause = self._policy.clause(measure.clause)
        twins = [self._policy.measure(name) for name in measure.twins]
        return Card(
            hit,
            bound=bound(measure),
            asks=tuple(i.ask for i in measure.inputs if not i.optional),
            conditions=tuple(c.text for c in measure.conditions),
            clauses=(clause,),
            departments=clause.departments,
            not_promised=(*_modality_warning(measure), *self._never_promised(on)),
            twins=tuple(Twin(t.id, f"{t.name}（{self._policy.clause(t.clause).label}）", t.quote) for t in twins),
            notices=measure.notes,
            curated=self._curated_of(clause),
        )

    def _clause(self, hit: Hit, clause: Clause, on: date) -> Card:
        below = [c for c in self._policy.clauses if c.id.startswith(f"{clause.id}.") and not clause.body]
        is_support = clause.id.startswith(f"{self._policy.description.support_chapter}.")
        return Card(
            hit,
            clauses=(clause, *below),
            departments=clause.departments,
            not_promised=self._never_promised(on) if is_support else (),
            twins=tuple(Twin(m.id, m.name, m.quote) for m in self._policy.measures_of(clause.id)),
            curated=self._curated_of(clause),
        )

    def _silence(self, hit: Hit, silence: Silence) -> Card:
        contact = self._policy.description.contact
        near = dict.fromkeys((*silence.near, contact.clause))
        return Card(
            hit,
            clauses=tuple(self._policy.clause(c) for c in near),
            departments=(contact.department,),
            not_promised=("不要自己补上文件没有写的内容。",),
            notices=(silence.says,),
        )

    def _case(self, name: str) -> Card:
        case, _ = find_case(self._store, int(name) if name.isdecimal() and len(name) < 10 else 0)
        return Card(_case_hit(case), notices=(case.answer,))

    def _answer(self, receipt: str) -> Card:
        kept = find_answer(self._store, receipt)
        if kept is None:
            raise UnusableInput(f"没有回执 {receipt} 的记录：可能抄错了，或者已经清理。")
        return Card(_answer_hit(kept), kept=kept)

    def _curated(self, name: str, on: date) -> Card:
        answer = next((a for a in curated_answers(self._store, self._policy) if str(a.row.id) == name), None)
        if answer is None or not answer.is_current:
            raise UnusableInput("这条答复已经撤下，或者条文改过、暂停使用。")
        clause = self._policy.clause(answer.row.clause)
        hit = Hit("curated", name, answer.row.question, clause.id, cut(answer.row.answer))
        return Card(
            hit, clauses=(clause,), departments=clause.departments, not_promised=self._never_promised(on),
            notices=(answer.row.answer,),
        )  # fmt: skip

    def _curated_of(self, clause: Clause) -> tuple[tuple[str, str], ...]:
        answers = curated_answers(self._store, self._policy, [clause.id])
        return tuple((a.row.question, a.row.answer) for a in answers if a.is_current)

    def _never_promised(self, on: date) -> tuple[str, ...]:
        """What no caller may be told as certain: what has ended, what is not added up, and what the file leaves out."""
        ended = self._passages.ended(on)
        stacking = (s.says for s in self._policy.silences if s.beside_several)
        topics = "、".join(s.topic for s in self._policy.silences if not s.measures and s.id != _UNLISTED)
        return (*([ended.text] if ended else []), *stacking, f"文件没有规定、不要自己补充的：{topics}。")


def _answer_hit(kept: Kept) -> Hit:
    return Hit("answer", kept.receipt, kept.turns[-1], f"回执 {kept.receipt}", cut(plain_words(kept.reply.text)))


def _case_hit(case: Case) -> Hit:
    return Hit("case", str(case.id), case.question, f"案件 {case.id}", cut(plain_words(case.answer)))


def bound(measure: Measure) -> str:
    """The figures of a measure as its clause bounds them: rates, tiers and caps with their modality."""
    formula = measure.formula
    parts = []
    if formula.rate:
        parts.append(f"{'不超过' if measure.modality == 'at_most' else '按'} {percent(formula.rate.value)}")
    if formula.asset_share:
        parts.append(f"借款不超过固定资产的 {percent(formula.asset_share.value)}")
    if formula.unit_cap:
        parts.append(f"不超过 {format_yuan(formula.unit_cap.value)}/㎡/月")
    if formula.awards:
        parts.append(
            "、".join(format_yuan(v) for v in formula.awards.values) + ("（按档）" if formula.thresholds else "")
        )
    if formula.cap:
        parts.append(f"最高不超过 {format_yuan(formula.cap.value)}")
    if measure.years:
        parts.append(f"最长 {measure.years.value} 年")
    return f"{'，'.join(parts)}（{measure.per}）" if parts else "文件没有写数额"


def _modality_warning(measure: Measure) -> tuple[str, ...]:
    if measure.modality is None:
        return ("这一项没有金额，不要说数。",)
    if measure.modality == "at_most":
        return ("这是上限：只说“最高不超过”，不说“能拿到”。",)
    return ("金额按条文算，但要条件都符合并经认定；不要说“一定给”。",)


def _line(clause: Clause) -> str:
    """The first sentence of a clause, whole or cut where a comma allows."""
    body = _MARK.sub("", clause.body or clause.title)
    return cut(next((s.strip() for s in _SENTENCE.findall(body) if s.strip()), clause.title))


def cut(text: str) -> str:
    """The text in at most `LONGEST_LINE` characters, cut at a mark where there is one."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_LINE:
        return line
    kept = line[: LONGEST_LINE - 1]
    at = max(kept.rfind(mark) for mark in "，。；、")
    return f"{kept[:at] if at > LONGEST_LINE // 3 else kept}…"


def plain_words(markdown: str) -> str:
    """Markdown without its marks."""
    return re.sub(r"[*>#|`]|^\s*-\s+", "", markdown, flags=re.MULTILINE)
