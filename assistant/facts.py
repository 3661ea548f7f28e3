"""Quantities in a sentence + the inputs asked about → facts: the right number in the right place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from assistant.amounts import Quantity, format_yuan
from assistant.answer import percent, plain
from assistant.measures import Input, Measure

_SEPARATOR = re.compile(r"[，,；;、]")
_STOP = re.compile(r"[。！？!?\n]")
_FAR = 26.0
_SMALL_UNITS = ("元", "块", "块钱", "圆")
_SMALL = 1000  # yuan per ㎡ per month; more is a whole rent
# Which kinds of quantity may fill an input of a kind outright, and which only where words point at it.
_FITS: dict[str, tuple[str, ...]] = {
    "money": ("money",),
    "rate": ("rate",),
    "area": ("area",),
    "unit_rent": ("unit_rent",),
    "count": ("count",),
    "months": ("months",),
}
# A bare number of yuan is not read as money: 5000 may be 元 or 万元.
_FITS_LABELLED: dict[str, tuple[str, ...]] = {
    "rate": ("number",),
    "area": ("number",),
    "unit_rent": ("number", "money"),
    "count": ("number",),
}
# Kinds of quantity that general words of something else (员工, 毛利) can claim.
_OTHERS = ("money", "rate", "count")


@dataclass(frozen=True)
class Part:
    """One of the mentions a fact adds up: the word that pointed at it and its ends."""

    label: str
    low: Decimal
    high: Decimal
    words: str


@dataclass(frozen=True)
class Fact:
    """What the user said an input is: yuan, a fraction, ㎡, yuan per ㎡ per month, months or people; a range is two."""

    name: str
    low: Decimal
    high: Decimal
    words: str
    kind: str
    approximate: bool = False
    bound: str = ""
    parts: tuple[Part, ...] = ()

    def plus(self, other: Fact) -> Fact:
        """Both together, in both their words."""
        return replace(self, approximate=self.approximate or other.approximate).made_of((*self.parts, *other.parts))

    def made_of(self, parts: Sequence[Part]) -> Fact:
        """The same input as the sum of `parts`."""
        return replace(
            self,
            low=sum((p.low for p in parts), Decimal(0)),
            high=sum((p.high for p in parts), Decimal(0)),
            words=" + ".join(p.words for p in parts),
            parts=tuple(parts),
        )

    def is_of_other_parts(self, new: Fact) -> bool:
        """Whether `new` is about another part of the sum than those known (开发工具 beside 研发投入)."""
        labels = {p.label for p in self.parts} | {p.label for p in new.parts}
        return all(labels) and not any(a.label in b.label or b.label in a.label for a in self.parts for b in new.parts)

    def corrected(self, new: Fact) -> Fact:
        """With the part that `new` is about replaced (研发投入那块改成 300 万); `new` alone where it is about all."""
        label = new.parts[0].label if len(new.parts) == 1 else ""
        same = [p for p in self.parts if label and (label in p.label or p.label in label)]
        if len(self.parts) < 2 or len(same) != 1:
            return new
        return self.made_of([new.parts[0] if part is same[0] else part for part in self.parts])

    @property
    def shown(self) -> str:
        ends = [_shown(self.kind, end) for end in dict.fromkeys((self.low, self.high))]
        return " 至 ".join(ends)


@dataclass(frozen=True)
class Filled:
    """The facts read from one message, the quantities that are none, and what is wrong with the first unusable one.

    `foreign` are the quantities labelled as something else (注册资本 500 万元); `unused` are the words of those and of
    the quantities that found no place.
    """

    facts: dict[str, Fact]
    problem: str = ""
    foreign: tuple[Quantity, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Label:
    """A word of the inputs `names`, or with none of something else, which it claims quantities of `kinds` for.

    `denies` are the inputs that it says are not meant.
    """

    start: int
    end: int
    names: frozenset[str]
    kinds: frozenset[str]
    denies: frozenset[str]


class Slots:
    """The inputs of some measures with their words compiled: fills them from a sentence's quantities."""

    def __init__(self, measures: Sequence[Measure], other_words: Sequence[str], link: str = "") -> None:
        self.measures = tuple(measures)
        self._inputs = [item for measure in measures for item in measure.inputs]
        names: dict[str, set[str]] = {}
        denies: dict[str, set[str]] = {}
        kinds: dict[str, set[str]] = {}
        for item in self._inputs:
            for word in item.words:
                names.setdefault(word, set()).add(item.name)
            for word in item.not_words:
                denies.setdefault(word, set()).add(item.name)
            for word in (*item.words, *item.not_words):
                kinds.setdefault(word, set()).add(item.kind)
        for word in other_words:
            kinds.setdefault(word, set()).update(_OTHERS)
        self._labels = [
            (
                re.compile(word if word in names else f"(?:{word}){link}"),
                frozenset(names.get(word, ())),
                frozenset(kinds[word]),
                frozenset(denies.get(word, ())),
            )
            for word in kinds
        ]

    def read(self, text: str, quantities: Sequence[Quantity], pending: str = "") -> Filled:
        """Fill the inputs; `pending` names the input just asked for, which takes a quantity without a label."""
        quantities = _without_totals(text, _alternatives(text, _multiplied(text, _yearly(text, quantities))))
        labels = self._find_labels(text, quantities)
        facts: dict[str, Fact] = {}
        used: set[int] = set()
        foreign: dict[int, str] = {}
        # Quantities of the very kind first; bare numbers only for what those leave open.
        for kinds in (_FITS, _FITS_LABELLED):
            for kind, fitting in kinds.items():
                group = [q for q in quantities if q.kind in fitting and q.start not in used and not _is_year(q)]
                if kind == "count":
                    group = [q for q in group if q.kind == "count" or not _PER_HEAD.search(text[: q.start])]
                names = {item.name for item in self._inputs if item.kind == kind} - facts.keys()
                near = [x for x in labels if x.names & names or (not x.names and kind in x.kinds)]
                for quantity, label in _enumerated(text, group, list(_align(text, group, near, quantities))):
                    hit = [
                        i for i in self._inputs
                        if i.name in label.names and i.kind == kind and _fits(i, quantity, True)
                    ]  # fmt: skip
                    if not hit and (not label.names or quantity.kind in _FITS[kind]):
                        span = slice(min(label.start, quantity.start), max(label.end, quantity.end))
                        foreign[quantity.start] = text[span]
                    if kind == "count" and _is_shared(text, quantity, label, near, group):
                        continue
                    for item in hit:
                        if problem := _fault(text, item, quantity):
                            return Filled({}, problem)
                        between = text[max((u for u in used if u < quantity.start), default=0) : quantity.start]
                        word, after = text[label.start : label.end], text[quantity.end :]
                        _put(facts, item, quantity, between, word, after, adds=item.sum or bool(_ALL.search(text)))
                        used.add(quantity.start)
        left = [q for q in quantities if q.start not in used | foreign.keys()]
        for measure in self.measures:
            awaited = [i for i in measure.inputs if i.name == pending and pending not in facts]
            for item in (*awaited, *measure.missing(facts)):
                asked = item.name == pending
                if item.only_labelled and not asked:
                    continue
                fits = [q for q in left if _fits(item, q, asked) and q.start not in used]
                fit = next((q for q in fits if not _is_year(q) or q.text == text), None)
                if fit is None:
                    continue
                if problem := _fault(text, item, fit):
                    return Filled({}, problem)
                _put(facts, item, fit)
                used.add(fit.start)
        self._take_alone(labels, facts, [q for q in left if q.start not in used], used)
        spare = {q.start: q.text for q in left if q.start not in used and q.kind in _FITS}
        problem = next((q.problem for q in left if q.problem and q.start not in used), "")
        unused = {**spare, **foreign}
        return Filled(
            facts, problem, tuple(q for q in quantities if q.start in foreign),
            tuple(unused[start] for start in sorted(unused)),
        )  # fmt: skip

    def _take_alone(
        self, labels: Sequence[_Label], facts: dict[str, Fact], left: Sequence[Quantity], used: set[int]
    ) -> None:
        """A single count far from its word goes to the only counted thing the sentence speaks of."""
        counts = [q for q in left if q.kind == "count" and not q.problem]
        spoken = {name for label in labels for name in label.names}
        heads = [i for m in self.measures for i in m.inputs if i.kind == "count" and i.name in spoken]
        if len(counts) == 1 and len(heads) == 1 and heads[0].name not in facts and not _fault("", heads[0], counts[0]):
            _put(facts, heads[0], counts[0])
            used.add(counts[0].start)

    def _find_labels(self, text: str, quantities: Sequence[Quantity]) -> list[_Label]:
        """Label words outside the quantities; of two where one holds the other, the longer stays."""
        found: dict[tuple[int, int], _Label] = {}
        for pattern, names, kinds, denies in self._labels:
            for match in pattern.finditer(text):
                if not any(match.start() < q.end and q.start < match.end() for q in quantities):
                    same = found.get(match.span(), _Label(*match.span(), frozenset(), frozenset(), frozenset()))
                    found[match.span()] = replace(
                        same, names=same.names | names, kinds=same.kinds | kinds, denies=same.denies | denies
                    )
        longest = [
            label for (start, end), label in sorted(found.items())
            if not any(s <= start and end <= e and (s, e) != (start, end) for s, e in found)
        ]  # fmt: skip
        apart: list[_Label] = []
        for label in longest:  # 银行借 and 借款 in 银行借款 are one
            if apart and label.start < apart[-1].end and label.names == apart[-1].names:
                apart[-1] = replace(apart[-1], end=label.end)
            else:
                apart.append(label)
        return [_denied(label, before, text) for label, before in zip(apart, (None, *apart), strict=False)]


def _denied(label: _Label, before: _Label | None, text: str) -> _Label:
    """The label, without the inputs that the word right before it says are not meant (合同 + 租金, 租约 + 单价)."""
    if before is None or not before.denies & label.names or not _BOUND.fullmatch(text[before.end : label.start]):
        return label
    return replace(label, names=label.names - before.denies, start=before.start)


_BOUND = re.compile(r"(?:上|里|中)?(?:写|签|约定)?(?:的|着)?")
_OR = re.compile(r"[，,]?(?:或者?是?|还是|要么)[^\d，。；]{0,4}")
_AMONG = "其中"
_PART = re.compile(rf"{_AMONG}|包括|包含|里面有|含")
_LATER = re.compile(r"后来|又|现在|如今|目前|再")
_FINAL = re.compile(r"(?<!还)剩|最后|最终|到头来|实际(?:成交|交易|付)|定在|敲定")
_OPENS = re.compile(rf"[(（:：]|{_AMONG}|包括|包含|分别")
_INCLUDED = re.compile(r"[^，,。；;]{0,4}(?:在内|算进|已含|包含)")
# Everything said so far counts for one thing.
_ALL = re.compile(r"(?:都|均|全)(?:是|算|属于|计入|为|算进|算作)")
_TOTAL = re.compile(r"(?:合计|总计|共计|一共|总共|加起来|合起来|总和|拢共)[^，,。；;\d]{0,6}$")
# A daily rate, and 厘/分, which are thousandths or hundredths by custom and not by rule.
_MONTH_RATE = re.compile(r"月(?:息|利率?|利息)[是为]?$")
_DAY_RATE = re.compile(r"日(?:息|利率?|利息)[是为]?$")
_DAILY = re.compile(r"(?:每|一)(?:天|日)|日租金?[是为]?$")
_OLD_UNIT = re.compile(r"[厘分毫]")
_PER_HEAD = re.compile(r"(?:每|人均|一)(?:人|个|名|位)?[^，。；\d]{0,2}$")


def _alternatives(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, two of a kind joined by 或者 read as the ends of a range."""
    out: list[Quantity] = []
    for q in quantities:
        before = out[-1] if out else None
        if before and before.kind == q.kind and before.end <= q.start and _OR.fullmatch(text[before.end : q.start]):
            ends = (before.low, before.high, q.low, q.high)
            span = text[before.start : q.end]
            problem = before.problem or q.problem
            out[-1] = replace(before, low=min(ends), high=max(ends), text=span, end=q.end, problem=problem)
        else:
            out.append(q)
    return out


def _yearly(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, a monthly rate (月利率千分之四) taken for the twelve months of a year."""
    return [
        replace(q, low=q.low * 12, high=q.high * 12, text=f"{q.text}×12")
        if q.kind == "rate" and not q.problem and _MONTH_RATE.search(text[: q.start]) and not _OLD_UNIT.match(text[q.end :])
        else q
        for q in quantities
    ]


def _without_totals(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities without the parts a sum just given breaks into, and without the total of the parts just given."""
    out: list[Quantity] = []
    for at, q in enumerate(quantities):
        behind = [x for x in quantities[at + 1 :] if x.kind == q.kind]
        if q.kind == "money" and _TOTAL.search(text[: q.start]) and q.high in _running_sums(reversed(out), q.kind):
            continue
        opens = bool(behind) and _OPENS.search(text[q.end : behind[0].start])
        if q.kind == "money" and opens and (count := _running_sums(behind, q.kind).get(q.high)):
            parts = {x.start for x in behind[:count]}
            return [*out, q, *_without_totals(text, [x for x in quantities[at + 1 :] if x.start not in parts])]
        out.append(q)
    return out


def _running_sums(quantities: Iterable[Quantity], kind: str) -> dict[Decimal, int]:
    """What two, three, … of the quantities of a kind come to, and how many they are."""
    sums: dict[Decimal, int] = {}
    total = Decimal(0)
    for count, q in enumerate((q for q in quantities if q.kind == kind), 1):
        total += q.high
        if count > 1:
            sums[total] = count
    return sums


_EACH = re.compile(r"各(?:自|是|为)?$|(?:每|单)(台|套|件|部|条|位|人)(?:设备|机器|仪器)?[^，,。；;\d]{0,8}$")


def _multiplied(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, a price for each (每台净值 86 万) taken times the number of pieces the sentence gives (12 台)."""
    out = []
    for q in quantities:
        each = _EACH.search(text[: q.start]) if q.kind == "money" else None
        counts = [c for c in quantities if each and c.kind == "count" and (not each[1] or c.unit == each[1])]
        if counts and not q.problem:
            before = [c for c in counts if c.end <= q.start]
            pieces = before[-1] if before else counts[0]
            if not pieces.problem:
                words = f"{q.text}×{pieces.text}"
                q = replace(q, low=q.low * pieces.low, high=q.high * pieces.high, text=words)
        out.append(q)
    return out


def _align(
    text: str, group: Sequence[Quantity], labels: Sequence[_Label], quantities: Sequence[Quantity]
) -> Iterable[tuple[Quantity, _Label]]:
    """Match quantities and labels in reading order, each at most once, as near as possible."""
    n, m = len(group), len(labels)
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        best[i][m] = best[i + 1][m] + _FAR
        for j in range(m - 1, -1, -1):
            pair = _distance(text, group[i], labels[j], quantities) + best[i + 1][j + 1]
            best[i][j] = min(best[i][j + 1], best[i + 1][j] + _FAR, pair)
    i = j = 0
    while i < n and j < m:
        if best[i][j] == best[i][j + 1]:
            j += 1
        elif best[i][j] == best[i + 1][j] + _FAR:
            i += 1
        else:
            yield group[i], labels[j]
            i, j = i + 1, j + 1


_AND = re.compile(
    r"(?:一(?:笔|批|台|家|套|宗|单))?[、,，]?(?:和|及|与|加|\+|再加|还有|以及|跟)?(?:另?一(?:笔|批|台|家|套|宗|单)|[\u4e00-\u9fff]{1,2}(?:行|厂|家|台))?"
)


def _enumerated(
    text: str, group: Sequence[Quantity], pairs: list[tuple[Quantity, _Label]]
) -> list[tuple[Quantity, _Label]]:
    """The pairs, and for a quantity that merely goes on a list (600 万、850 万和 420 万) the label of its neighbour."""
    labels = {quantity.start: label for quantity, label in pairs}
    if _ALL.search(text) and len({label.names for label in labels.values()}) == 1:
        only = next(iter(labels.values()))
        return [(q, labels.get(q.start, only)) for q in group] if only.names else pairs
    listed = [(a, b) for a, b in pairwise(group) if a.end < b.start and _AND.fullmatch(text[a.end : b.start])]
    for known, other in (*listed, *((b, a) for a, b in reversed(listed))):
        if other.start not in labels and known.start in labels:
            labels[other.start] = labels[known.start]
    return [(q, labels[q.start]) for q in group if q.start in labels]


def _distance(text: str, quantity: Quantity, label: _Label, quantities: Sequence[Quantity]) -> float:
    before = label.end <= quantity.start
    gap = text[label.end : quantity.start] if before else text[quantity.end : label.start]
    lo, hi = (label.end, quantity.start) if before else (quantity.end, label.start)
    between = sum(1 for q in quantities if q.kind == quantity.kind and lo <= q.start and q.end <= hi)
    counted = quantity.kind == "count" and not before and not gap
    distance = len(gap) * (1.0 if before else 1.5) + (0.0 if before or counted else 2.0)
    distance += (8.0 if before else 14.0) * len(_SEPARATOR.findall(gap)) + 20.0 * len(_STOP.findall(gap))
    return distance + 22.0 * between - 0.3 * min(label.end - label.start, 6)


def _is_shared(
    text: str, quantity: Quantity, label: _Label, labels: Sequence[_Label], group: Sequence[Quantity]
) -> bool:
    """Whether one count is of several grades together (高级工跟技师总共 40 人), so that it is none of theirs."""
    mates = [x for x in labels if x.names and x.names != label.names and x.end <= quantity.start]
    bound = any(_JOINED.fullmatch(text[a.end : b.start]) for a in mates for b in (label,) if a.end <= b.start)
    return len(group) == 1 and bound


_JOINED = re.compile(r"[和跟与及、加]")


def _is_year(quantity: Quantity) -> bool:
    """Whether a bare number is more likely a year (2021) than a measure of anything."""
    return quantity.kind == "number" and 1990 <= quantity.low <= 2050 and len(quantity.text) == 4


def _fits(item: Input, quantity: Quantity, labelled: bool) -> bool:
    if quantity.kind in _FITS[item.kind]:
        return True
    if not labelled or quantity.kind not in _FITS_LABELLED.get(item.kind, ()):
        return False
    if quantity.kind == "money":
        return quantity.unit in _SMALL_UNITS and quantity.high < _SMALL
    return item.kind != "rate" or 0 < quantity.high < 100


def read_fact(item: Input, quantity: Quantity, label: str = "") -> Fact:
    """The quantity as this input's fact; ValueError when it cannot be one."""
    if fault := _fault("", item, quantity):
        raise ValueError(fault)
    scale = Decimal("0.01") if item.kind == "rate" and quantity.kind == "number" else Decimal(1)
    low, high = quantity.low * scale, quantity.high * scale
    return Fact(
        item.name, low, high, quantity.text, item.kind, quantity.approximate, quantity.bound,
        (Part(label, low, high, quantity.text),),
    )  # fmt: skip


def _fault(text: str, item: Input, quantity: Quantity) -> str:
    """Why the quantity cannot be this input's, as a sentence for the user; "" when it can."""
    if quantity.problem:
        return quantity.problem
    if not _fits(item, quantity, True):
        return f"“{quantity.text}”不是{item.label}的量，请连单位一起写。"
    if item.kind == "count" and quantity.low != quantity.low.to_integral_value():
        return f"{item.label}应是整数，“{quantity.text}”不是。"
    if item.kind == "unit_rent" and _DAILY.search(text[: quantity.start]):
        return f"{item.label}要按月算，请把“{quantity.text}”换算成每平方米每月多少元再告诉我。"
    if item.kind == "rate":
        if quantity.kind == "rate" and quantity.high > 1:
            return f"{item.label}“{quantity.text}”超过了百分之百，请核对。"
        if _DAY_RATE.search(text[: quantity.start]) or _OLD_UNIT.match(text[quantity.end :]):
            return f"{item.label}要按年的百分数算，请把“{quantity.text}”换算成年利率再告诉我。"
    return ""


def _put(
    facts: dict[str, Fact], item: Input, quantity: Quantity, between: str = "", label: str = "", after: str = "",
    *, adds: bool = False,
) -> None:  # fmt: skip
    """Take a quantity as an input's: in place of the earlier one, on top of it, or not at all.

    `between` stands between it and the quantity before, `after` behind it; `label` is the word that points at it;
    `adds` whether several mentions are added up.
    """
    new = read_fact(item, quantity, label)
    old = facts.get(item.name)
    if old is not None and (part := _PART.search(between)):
        # 发票 1900 万，其中核心仪器的发票 1300 万 is about the part; 设备 300 万，其中二手 100 万 about the whole.
        if part[0] != _AMONG or not label or label not in between[part.end() :] or _INCLUDED.match(after):
            return
    elif old is None or (old.approximate and not new.approximate) or _FINAL.search(between):
        pass  # 小七百万，准数 684 万: the exact figure takes the rough one's place
    elif not adds and _LATER.search(between):
        pass  # 掉到 4.9 亿又涨回 5.1 亿: what came later counts
    elif adds and old.words != new.words:
        new = old.plus(new)
    elif not adds and (old.bound not in ("over", "at_least") or new.bound):
        # Of two values the limit that was passed gives way to the value reached (突破 2 亿，做到 2.7 亿).
        return
    facts[item.name] = new


def _shown(kind: str, value: Decimal) -> str:
    match kind:
        case "money":
            return format_yuan(value)
        case "rate":
            return percent(value)
        case "area":
            return f"{plain(value)} 平方米"
        case "unit_rent":
            return f"{plain(value)} 元/㎡/月"
        case "months":
            return f"{plain(value)} 个月"
        case _:
            return f"{plain(value)} 人"
