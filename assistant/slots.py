"""Quantities of a message + the inputs asked about → facts: the right number in the right place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise, permutations

from assistant.amounts import Quantity
from assistant.facts import FITS, FITS_LABELLED, Fact, fault_of, fits, is_small, read_fact
from assistant.labels import AS_ONE, LIST, SEPARATOR, STOP, Label, Labels, is_shared, pair
from assistant.measures import Input, Measure
from assistant.parts import labels_of_parts
from assistant.quantities import as_meant, is_year, prices_alone, without_parts
from assistant.ratios import FIRST, is_portion
from assistant.years import THIS_YEAR, years_of

_CLEARLY = 2  # characters by which a label must be longer to be the better one
_BARE = "亿万"  # 头一次过亿 is no sum of its own
_AMONG = "其中"
_PART = re.compile(rf"{_AMONG}|包括|包含|里面有|含|(?<=[万亿元块])里(?:面|头)?|当中")
_LATER = re.compile(r"后来|又|现在|如今|目前|再|变成|变为|之后|改为|调整[为到]|涨到|增至|减到")
_FINAL = re.compile(
    r"(?<!还)剩|余额|眼下|最后|最终|到头来|符合(?:条件)?的(?:只|才)?有?$|实际$|实际(?:成交|交易|付)|定在|敲定"
)
_REST = re.compile(r"(?:其余|剩下|其他|余下)(?:的|几个?|人)*(?:都|全部?|就)*(?:是|为)?$")
_MORE = re.compile(r"[又再还](?:追加|增加|加投|补投|增投|投入|招聘?|添|买)了?$|追加了?$")
_ANOTHER = re.compile(r"[和跟与及、]|又|还有|另|再|加")
_EXACTLY = re.compile(r"准|确切|具体|精确|严格|实际|其实|就是|应该是")
_INCLUDED = re.compile(r"[^，,。；;]{0,4}(?:在内|算进|已含|包含)")
_PER_HEAD = re.compile(r"(?:每|人均|一)(?:人|个|名|位)?[^，。；\d]{0,2}$")
_ROOMS = (2, 3, 4)  # kinds of rooms with a rent of their own
_TIER = re.compile(r"元?(?:的|那|这)?(?:一)?(?:个)?(?:档|奖|台阶)")


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
class _Mention:
    """A quantity taken for an input: the word that points at it, and what stands before and behind it.

    `between` goes back to the quantity used before; all are "" for one without a label. `is_listed`: it is one of the
    parts told after that word and a colon (技改投资：设备 1200 万，软件 300 万).
    """

    quantity: Quantity
    label: str = ""
    between: str = ""
    after: str = ""
    is_listed: bool = False


@dataclass
class _Reading:
    """One message with its quantities and labels, and what has been made of them.

    `places` are where it first speaks of each measure. `used` are the starts of the quantities taken, `foreign` and
    `left_out` the words of those labelled as something else and of those that gave way to others, `parts` the labels of
    those told as parts of one sum, by their starts.
    """

    text: str
    quantities: Sequence[Quantity]
    labels: Sequence[Label]
    places: Mapping[str, int]
    facts: dict[str, Fact] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    foreign: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    parts: dict[int, Label] = field(default_factory=dict)

    @property
    def left(self) -> list[Quantity]:
        """The quantities not taken yet that no label says are something else."""
        return [q for q in self.quantities if q.start not in self.used and q.start not in self.foreign]

    def mention(self, quantity: Quantity, label: Label) -> _Mention:
        """The quantity as its label and the words around it make it."""
        since = max((start for start in self.used if start < quantity.start), default=0)
        word = self.text[label.start : label.end]
        between, after = self.text[since : quantity.start], self.text[quantity.end :]
        is_listed = quantity.start in self.parts
        is_listed = is_listed or (label.end <= since and bool(LIST.match(self.text[label.end : since])))
        return _Mention(quantity, word, between, after, is_listed)

    def put(self, item: Input, mention: _Mention, *, adds: bool = False) -> None:
        """Take a mention as an input's; `adds` says whether several are added up."""
        new = read_fact(item, mention.quantity, mention.label)
        old = self.facts.get(item.name)
        if old and not (is_portion(self.text, mention.quantity) and new.words.startswith(old.words)):
            new = _together(old, new, mention.between, adds or mention.is_listed)
        self.facts[item.name] = new
        self.used.add(mention.quantity.start)

    def set_aside(self, quantity: Quantity, label: Label) -> None:
        """Take a quantity for what its label says, which is no input."""
        self.foreign[quantity.start] = self.text[min(label.start, quantity.start) : max(label.end, quantity.end)]

    def unlabelled(self, item: Input, is_asked: bool) -> Quantity | None:
        """The first quantity left that may be the input's without a word that says so."""
        fitting = (q for q in self.left if fits(item, q, is_asked) and q.text[0] not in _BARE)
        return next((q for q in fitting if not is_year(q) or q.text == self.text), None)

    def filled(self, kinds: set[str]) -> Filled:
        """What was read, with the problem of a quantity left that is of the `kinds` of the inputs."""
        problem = next((q.problem for q in self.left if q.problem and q.kind in kinds), "")
        foreign = tuple(q for q in self.quantities if q.start in self.foreign)
        unused = {q.start: q.text for q in self.left if q.kind in FITS} | self.foreign | self.left_out
        return Filled(self.facts, problem, foreign, tuple(unused[start] for start in sorted(unused)))


class Slots:
    """The inputs of some measures with their words compiled: fills them from a sentence's quantities."""

    def __init__(
        self,
        measures: Sequence[Measure],
        other_words: Mapping[str, Sequence[str]],
        link: str = "",
        is_met: Callable[[str], bool] = lambda words: False,
    ) -> None:
        """`other_words` and `link` are as in `Labels`; `is_met` says whether some words speak of a condition of the
        measures as met."""
        self._measures = tuple(measures)
        self._inputs = [item for measure in measures for item in measure.inputs]
        self._labels = Labels(self._inputs, other_words, link)
        self._is_met = is_met

    def read(
        self,
        text: str,
        quantities: Sequence[Quantity],
        pending: str = "",
        places: Mapping[str, int] | None = None,
        known: Collection[str] = (),
    ) -> Filled:
        """Fill the inputs; `pending` names the input just asked for, which takes a quantity without a label.

        `places` says by measure where the text first speaks of it: a word that several measures' inputs share (花了)
        points at the one spoken of nearest. `known` are the inputs told before.
        """
        keeps_earlier = any(m.formula.previous for m in self._measures)
        by_year = keeps_earlier or any(m.years for m in self._measures)
        is_rented = any(item.kind == "unit_rent" for item in self._inputs)
        quantities = as_meant(text, quantities, keeps_earlier=keeps_earlier, by_year=by_year, is_rented=is_rented)
        labels = self._labels.find(text, quantities)
        sources = {name for item in self._inputs if item.derived for name in item.derived.of}
        parts = [x for x in labels if x.names & sources]

        def is_other(whole: Quantity, part: Quantity) -> bool:  # 原值 4500 万，扣除折旧 1700 万
            return any(whole.end <= x.start and x.end <= part.start for x in parts)

        def is_told(whole: Quantity, rest: int) -> bool:
            own = {name for x in labels if _same_clause(text, x.end, whole.start) for name in x.names}
            return any(_same_clause(text, rest, x.start) and x.names - own for x in labels)

        def is_named(start: int, end: int) -> bool:
            return any(x.names and start <= x.start and x.end <= end for x in labels)

        quantities = without_parts(text, quantities, is_other, is_told, is_named)
        reading = _Reading(text, self._without_tiers(text, quantities, labels), labels, places or {})
        reading.parts = labels_of_parts(text, reading.quantities, labels)
        for price in prices_alone(text, reading.quantities, is_rented=is_rented):
            reading.used.add(price.start)
            reading.left_out[price.start] = price.text
        self._take_dated(reading, known)
        self._take_rooms(reading)
        if problem := self._take_labelled(reading):
            return Filled({}, problem)
        self._take_whole(reading)
        self._take_rest(reading)
        if problem := self._take_awaited(reading, pending):
            return Filled({}, problem)
        self._take_alone(reading)
        return reading.filled({kind for item in self._inputs for kind in FITS[item.kind]})

    def _without_tiers(self, text: str, quantities: Sequence[Quantity], labels: Sequence[Label]) -> list[Quantity]:
        """The quantities without a tier that is only spoken of (突破十亿的奖励) beside the figure itself."""
        bases = {m.formula.base for m in self._measures if m.formula.thresholds}
        nouns = [x for x in labels if x.names & bases and x.is_noun]
        named = {q.start for q in quantities for x in nouns if x.leads_to(q)}
        return [q for q in quantities if not (named - {q.start} and _TIER.match(text[q.end :]))]

    def _take_dated(self, reading: _Reading, known: Collection[str]) -> None:
        """Of several years' figures (前年 9700 万，去年 1.34 亿) the last is the base, all others came before it."""
        for measure in self._measures:
            if measure.formula.base is None or measure.formula.previous is None:
                continue
            base, earlier = measure.input(measure.formula.base), measure.input(measure.formula.previous)
            years = years_of(reading.text, reading.quantities, reading.labels, base, earlier)
            order = set(years.values())
            is_past = base.name in known and bool(order) and max(order) < THIS_YEAR  # 去年就到过 5.1 亿了
            if len(order) < 2 and not is_past:
                continue
            for quantity, year in years.items():
                item = base if year == max(order) and not is_past else earlier
                if item.name not in reading.facts or reading.facts[item.name].high < quantity.high:
                    reading.facts[item.name] = read_fact(item, quantity)
                reading.used.add(quantity.start)

    def _take_rooms(self, reading: _Reading) -> None:
        """Areas told each with its own rent (厂房 2000 ㎡ 18 元，办公 600 ㎡ 40 元) go pair by pair, in any order."""
        for formula, measure in ((m.formula, m) for m in self._measures if m.formula.area and m.formula.unit_rent):
            area, rent = measure.input(formula.area or ""), measure.input(formula.unit_rent or "")
            told = [
                q for q in reading.quantities
                if q.kind in (area.kind, rent.kind) and not q.problem and not self._is_denied(reading, rent, q)
            ]  # fmt: skip
            areas = [q for q in told if q.kind == area.kind]
            rents = [q for q in told if q.kind == rent.kind]
            if len(areas) != len(rents) or len(areas) not in _ROOMS:
                continue
            for quantity, price in zip(areas, self._by_room(reading, areas, rents), strict=True):
                reading.put(area, _Mention(quantity), adds=True)
                reading.put(rent, _Mention(price), adds=True)

    def _by_room(self, reading: _Reading, areas: Sequence[Quantity], rents: Sequence[Quantity]) -> Sequence[Quantity]:
        """The rents in the order of the areas that they share a word with (厂房, 办公), else as they are."""
        ends = [0, *(q.end for q in reading.quantities)]

        def words(quantity: Quantity) -> set[tuple[str, str]]:
            since = max(end for end in ends if end <= quantity.start)
            return set(pairwise(reading.text[since : quantity.start]))

        def common(order: Sequence[Quantity]) -> int:
            return sum(len(words(a) & words(r)) for a, r in zip(areas, order, strict=True))

        return max(permutations(rents), key=common)

    def _is_denied(self, reading: _Reading, item: Input, quantity: Quantity) -> bool:
        """Whether the words right before a quantity say that it is not this input (合同租金 42 元)."""
        since = max((q.end for q in reading.quantities if q.end <= quantity.start), default=0)
        said = [x for x in reading.labels if since <= x.start and x.end <= quantity.start]
        return quantity.kind == item.kind and bool(said) and item.name in said[-1].denies

    def _take_labelled(self, reading: _Reading) -> str:
        """Each quantity goes to the inputs its label points at; what is wrong with the first that cannot."""
        # Quantities of the very kind first; bare numbers only for what those leave open.
        for kinds in (FITS, FITS_LABELLED):
            for kind, fitting in kinds.items():
                free = (q for q in reading.quantities if q.kind in fitting and q.start not in reading.used)
                group = [q for q in free if self._may_be(kind, q, reading.text)]
                if problem := self._take_kind(reading, kind, group):
                    return problem
        return ""

    def _may_be(self, kind: str, quantity: Quantity, text: str) -> bool:
        """Whether a quantity fit for inputs of a kind is no year, no price of a ㎡, and nothing by the head."""
        is_price = kind == "money" and is_small(quantity) and any(i.kind == "unit_rent" for i in self._inputs)
        is_per_head = kind == "count" and quantity.kind != "count" and bool(_PER_HEAD.search(text[: quantity.start]))
        return not (is_year(quantity) or is_price or is_per_head)

    def _take_kind(self, reading: _Reading, kind: str, group: Sequence[Quantity]) -> str:
        """The same for the inputs of one kind and the quantities that fit them."""
        text = reading.text
        names = {item.name for item in self._inputs if item.kind == kind} - reading.facts.keys()
        near = [x for x in reading.labels if x.names & names or (not x.names and kind in x.kinds)]
        listed = [(q, reading.parts[q.start]) for q in group if q.start in reading.parts and kind == "money"]
        listed = [(q, label) for q, label in listed if label.names & names]
        taken = [q for q, _ in listed]
        rest = [q for q in group if q not in taken and not (taken and FIRST.search(text[: q.start]))]
        paired = pair(text, rest, near, reading.quantities)
        for quantity, label in sorted([*listed, *paired], key=lambda p: p[0].start):
            if not label.names:
                reading.set_aside(quantity, label)
                continue
            if kind == "count" and len(group) == 1 and is_shared(text, quantity, label, near):
                continue
            if quantity.kind == "number" and any(
                label.end <= x.end <= quantity.start and (x.start >= label.end or x.size > label.size)
                for x in reading.labels
                if x.names - names
            ):
                continue  # 同类厂房平均 28, 平均租金是 28: the nearer or fuller word says what a bare number is
            items = [i for i in self._inputs if i.name in label.names and i.kind == kind and fits(i, quantity, True)]
            items = self._nearest(items, quantity, reading)
            if problem := self._take_mention(reading, items, reading.mention(quantity, label)):
                return problem
        return ""

    def _take_mention(self, reading: _Reading, items: Sequence[Input], mention: _Mention) -> str:
        """The same for one quantity and the inputs that its label points at."""
        quantity = mention.quantity
        for item in items:
            if problem := fault_of(reading.text, item, quantity):
                return problem
            if self._is_part(reading.facts.get(item.name), mention):
                reading.used.add(quantity.start)
            else:
                reading.put(item, mention, adds=item.sum or bool(AS_ONE.search(reading.text)))
        if items and not any(quantity.text in reading.facts[i.name].words for i in items):
            reading.left_out[quantity.start] = quantity.text
        return ""

    def _nearest(self, items: list[Input], quantity: Quantity, reading: _Reading) -> list[Input]:
        """Of inputs that share a word those of the measure spoken of nearest to the quantity."""
        owners = [m for m in self._measures if any(i in items for i in m.inputs) and m.id in reading.places]
        if len({i.name for i in items}) < 2 or len(owners) < 2:
            return items
        owner = min(owners, key=lambda m: _apart(reading.text, reading.places[m.id], quantity))
        return [i for i in items if i in owner.inputs]

    def _is_part(self, old: Fact | None, mention: _Mention) -> bool:
        """Whether a quantity is only a part of the one before (设备 300 万，其中二手设备 100 万).

        A part that is more of what is asked (发票 1900 万，其中核心仪器的发票 1300 万) is the figure itself.
        """
        part = _PART.search(mention.between)
        if old is None or part is None:
            return False
        rest = mention.between[part.end() :] + SEPARATOR.split(mention.after)[0]
        is_fuller = mention.label in rest and len(mention.label) > len(old.parts[0].label)
        is_closer = is_fuller or self._is_met(rest)
        return part[0] != _AMONG or not is_closer or bool(_INCLUDED.match(mention.after))

    def _take_whole(self, reading: _Reading) -> None:
        """An input that is part of another is as large where the words say so (投到 2500 万，全部完成)."""
        facts = reading.facts
        for item in self._inputs:
            if item.name in facts or item.part_of not in facts:
                continue
            if any(re.search(word, reading.text) for word in item.all_words):
                facts[item.name] = replace(facts[item.part_of], name=item.name)

    def _take_rest(self, reading: _Reading) -> None:
        """What is left of a number of people told with its parts (10 人，其中 4 人是技师，其余是高级工)."""
        heads = {item.name: item for item in self._inputs if item.kind == "count"}
        told = [reading.facts[name] for name in heads if name in reading.facts]
        for label in reading.labels:
            item = heads.get(next(iter(label.names), "")) if len(label.names) == 1 else None
            wholes = [q for q in reading.left if q.kind == "count" and q.end <= label.start and not q.problem]
            if item is None or item.name in reading.facts or not told or len(wholes) != 1:
                continue
            whole, parts = wholes[0], sum((fact.high for fact in told), Decimal(0))
            if whole.low > parts and _REST.search(reading.text[: label.start]):
                words = f"{whole.text} − " + " − ".join(fact.words for fact in told)
                rest = replace(whole, low=whole.low - parts, high=whole.high - parts, text=words)
                reading.put(item, _Mention(rest))

    def _take_awaited(self, reading: _Reading, pending: str) -> str:
        """Quantities without a label go to the input asked for, then to what is missing; as `_take_labelled`."""
        for measure in self._measures:
            asked = [i for i in measure.inputs if i.name == pending and pending not in reading.facts]
            for item in (*asked, *measure.missing(reading.facts)):
                is_asked = item.name == pending
                quantity = reading.unlabelled(item, is_asked)
                if quantity is None or item.name in reading.facts or (item.only_labelled and not is_asked):
                    continue
                if problem := fault_of(reading.text, item, quantity):
                    return problem
                reading.put(item, _Mention(quantity))
        return ""

    def _take_alone(self, reading: _Reading) -> None:
        """A single count far from its word goes to the only counted thing the sentence speaks of."""
        counts = [q for q in reading.left if q.kind == "count" and not q.problem]
        spoken = {name for label in reading.labels for name in label.names}
        heads = [i for i in self._inputs if i.kind == "count" and i.name in spoken]
        if len(counts) != 1 or len(heads) != 1 or heads[0].name in reading.facts:
            return
        if not fault_of("", heads[0], counts[0]):
            reading.put(heads[0], _Mention(counts[0]))


def _same_clause(text: str, start: int, end: int) -> bool:
    """Whether one place stands before another with no break between."""
    gap = text[start:end]
    return start <= end and not SEPARATOR.search(gap) and not STOP.search(gap)


def _apart(text: str, place: int, quantity: Quantity) -> float:
    """How far a measure is spoken of from a quantity: in characters, with more for each break between and behind it."""
    is_behind = place > quantity.start
    gap = text[quantity.end : place] if is_behind else text[place : quantity.start]
    return len(gap) + 14.0 * len(SEPARATOR.findall(gap)) + 30.0 * len(STOP.findall(gap)) + 20.0 * is_behind


def _together(old: Fact, new: Fact, between: str, adds: bool) -> Fact:
    """What two mentions of an input come to: the later, both added up where it `adds`, or the earlier.

    `between` stands between the later and the quantity before it.
    """
    if _FINAL.search(between) or _PART.search(between):
        return new
    if old.approximate and not new.approximate and _EXACTLY.search(between):
        return new  # 小七百万，准数 684 万: the exact figure takes the rough one's place
    if new.kind == "unit_rent" and adds:
        return old.plus(new)  # of another room
    if adds or _MORE.search(between):
        is_same = any(part.words == new.words for part in old.parts) and not _ANOTHER.search(between)
        return old if is_same else old.plus(new)
    # 掉到 4.9 亿又涨回 5.1 亿: what came later counts.
    is_later = bool(_LATER.search(between))
    # 账面 1200 万……项目投资额 1750 万: the fuller name is the input's own.
    is_fuller = len(new.parts[0].label) > len(old.parts[0].label) + _CLEARLY
    # Of two values the limit that was passed gives way to the value reached (突破 2 亿，做到 2.7 亿).
    is_passed = old.bound in ("over", "at_least") and not new.bound
    return new if is_later or is_fuller or is_passed else old
