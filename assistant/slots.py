"""Quantities of a message + the inputs asked about → facts: the right number in the right place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.amounts import Quantity
from assistant.facts import FITS, FITS_LABELLED, Fact, fault_of, fits, is_small, read_fact
from assistant.measures import Input, Measure
from assistant.quantities import as_meant

_SEPARATOR = re.compile(r"[，,；;、]")
_STOP = re.compile(r"[。！？!?\n]")
_FAR = 26.0
_VERB = 2  # characters of a word that may be only a verb (花了, 买, 投)
_CLEARLY = 2  # characters by which a label must be longer to be the better one
# Kinds of quantity that general words of something else (员工, 毛利, 物业费) can claim.
_OTHERS = ("money", "rate", "count", "unit_rent")
_BARE = "亿万"  # 头一次过亿 is no sum of its own
_AMONG = "其中"
_OF_WHICH = re.compile(rf"[^。；\d]{{0,20}}(?:{_AMONG}|剩下的?|真正的?|符合的)(?:有|只有|才)?")
_PART = re.compile(rf"{_AMONG}|包括|包含|里面有|含")
_LATER = re.compile(r"后来|又|现在|如今|目前|再|变成|变为|之后|改为|调整[为到]|涨到|增至|减到")
_FINAL = re.compile(r"(?<!还)剩|余额|眼下|最后|最终|到头来|实际(?:成交|交易|付)|定在|敲定")
_EXACTLY = re.compile(r"准|确切|具体|精确|严格|实际|其实|就是|应该是")
_INCLUDED = re.compile(r"[^，,。；;]{0,4}(?:在内|算进|已含|包含)")
# Everything said so far counts for one thing.
_ALL = re.compile(r"(?:都|均)(?:是|算|属于|计入|为|算进|算作)|加起来|累计|同一个(?!实际)|合成一个|算一个项目|两年一个")
_BOUND = re.compile(r"(?:上|里|中)?(?:写|签|约定)?(?:的|着)?")
_JOINED = re.compile(r"[和跟与及、加]")
_PER_HEAD = re.compile(r"(?:每|人均|一)(?:人|个|名|位)?[^，。；\d]{0,2}$")
_PERIOD = (
    r"(?:\d{4}年|[前去今上明]年(?:底|初)?|第?[一二三四五]期|第[一二三四五]年|(?:到)?[一二三四五六七八九十\d]+月(?:份)?)"
)
_AND = re.compile(
    r"(?:一(?:笔|批|台|家|套|宗|单))?[、,，；;]?(?:和|及|与|加|\+|再加|还有|以及|跟)?"
    r"(?:另?一(?:笔|批|台|家|套|宗|单)|[\u4e00-\u9fff]{1,2}(?:行|厂|家|台)"
    rf"|{_PERIOD}+(?:又|再|接着|还|也)?(?:实际)?(?:完成|投|添|增加|花|干|做|卖)?(?:了|到)?)?"
)
# Years in order: relative to this one, or as they are counted.
_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)|[前去旧上今本]一?年|如今|现在|目前")
_ORDER = {"前": -2, "去": -1, "旧": -1, "上": -1, "今": 0, "本": 0, "如": 0, "现": 0, "目": 0}
_ABSOLUTE = 1000
_TIER = re.compile(r"元?(?:的|那|这)?(?:一)?(?:个)?(?:档|奖|台阶)")
_TURNED = re.compile(r"[^。；\d]{0,10}(?:变成|变为|增至|增加到|涨到|升到|调整为|调整到|改为|调到|减到)了?")


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

    def __init__(
        self,
        measures: Sequence[Measure],
        other_words: Mapping[str, Sequence[str]],
        link: str = "",
        is_met: Callable[[str], bool] = lambda words: False,
    ) -> None:
        """`other_words`, by kind of quantity (or "any"), label what is no input, with `link` between them and the
        figure; `is_met` says whether some words speak of a condition of the measures as met."""
        self.measures = tuple(measures)
        self._inputs = [item for measure in measures for item in measure.inputs]
        self._is_met = is_met
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
        for item in self._inputs:  # 合同租金 is no average rent, but it may be another measure's rent
            for word in (w for i in self._inputs if i.kind == item.kind for w in i.not_words):
                if word not in item.not_words and any(own in word for own in item.words):
                    names.setdefault(word, set()).add(item.name)
        for kind, words in other_words.items():
            for word in words:
                if not any(re.search(word, own) for own in names):
                    kinds.setdefault(word, set()).update(_OTHERS if kind == "any" else [kind])
        self._labels = [
            (
                re.compile(word if word in names else f"(?:{word}){link}"),
                frozenset(names.get(word, ())),
                frozenset(kinds[word]),
                frozenset(denies.get(word, ())),
            )
            for word in kinds
        ]

    def read(
        self, text: str, quantities: Sequence[Quantity], pending: str = "", places: Mapping[str, int] | None = None
    ) -> Filled:
        """Fill the inputs; `pending` names the input just asked for, which takes a quantity without a label.

        `places` says by measure where the text first speaks of it: a word that several measures' inputs share (花了)
        points at the one spoken of nearest.
        """
        quantities = as_meant(text, quantities)
        labels = self._find_labels(text, quantities)
        quantities = self._without_tiers(text, quantities, labels)
        facts: dict[str, Fact] = {}
        used: set[int] = set()
        foreign: dict[int, str] = {}
        left_out: dict[int, str] = {}
        for start, item in self._dated(text, quantities, labels).items():
            figure = next(q for q in quantities if q.start == start)
            if item.name not in facts or facts[item.name].high < figure.high:
                facts[item.name] = read_fact(item, figure)
            used.add(start)
        # Quantities of the very kind first; bare numbers only for what those leave open.
        for kinds in (FITS, FITS_LABELLED):
            for kind, fitting in kinds.items():
                group = [q for q in quantities if q.kind in fitting and q.start not in used and not _is_year(q)]
                if kind == "money" and any(i.kind == "unit_rent" for i in self._inputs):
                    group = [q for q in group if not is_small(q)]
                if kind == "count":
                    group = [q for q in group if q.kind == "count" or not _PER_HEAD.search(text[: q.start])]
                names = {item.name for item in self._inputs if item.kind == kind} - facts.keys()
                near = [x for x in labels if x.names & names or (not x.names and kind in x.kinds)]
                for quantity, label in _enumerated(text, group, list(_align(text, group, near, quantities))):
                    hit = [
                        i for i in self._inputs
                        if i.name in label.names and i.kind == kind and fits(i, quantity, True)
                    ]  # fmt: skip
                    hit = self._nearest(text, hit, quantity, places or {})
                    if not hit and (not label.names or quantity.kind in FITS[kind]):
                        span = slice(min(label.start, quantity.start), max(label.end, quantity.end))
                        foreign[quantity.start] = text[span]
                    if kind == "count" and _is_shared(text, quantity, label, near, group):
                        continue
                    for item in hit:
                        if problem := fault_of(text, item, quantity):
                            return Filled({}, problem)
                        between = text[max((u for u in used if u < quantity.start), default=0) : quantity.start]
                        word, after = text[label.start : label.end], text[quantity.end :]
                        if not self._is_part(facts.get(item.name), between, word, after):
                            _put(facts, item, quantity, between, word, adds=item.sum or bool(_ALL.search(text)))
                        used.add(quantity.start)
                    if hit and not any(quantity.text in facts[i.name].words for i in hit if i.name in facts):
                        left_out[quantity.start] = quantity.text
        for item in self._inputs:  # 投到 2500 万，全部完成: the part is the whole
            if item.name not in facts and item.part_of in facts and any(re.search(w, text) for w in item.all_words):
                facts[item.name] = replace(facts[item.part_of], name=item.name)
        left = [q for q in quantities if q.start not in used | foreign.keys()]
        for measure in self.measures:
            awaited = [i for i in measure.inputs if i.name == pending and pending not in facts]
            for item in (*awaited, *measure.missing(facts)):
                asked = item.name == pending
                if item.only_labelled and not asked:
                    continue
                open_ = [q for q in left if fits(item, q, asked) and q.start not in used and q.text[0] not in _BARE]
                fit = next((q for q in open_ if not _is_year(q) or q.text == text), None)
                if fit is None:
                    continue
                if problem := fault_of(text, item, fit):
                    return Filled({}, problem)
                _put(facts, item, fit)
                used.add(fit.start)
        self._take_alone(labels, facts, [q for q in left if q.start not in used], used)
        spare = {q.start: q.text for q in left if q.start not in used and q.kind in FITS}
        wanted = {kind for item in self._inputs for kind in FITS[item.kind]}
        problem = next((q.problem for q in left if q.problem and q.start not in used and q.kind in wanted), "")
        unused = {**spare, **foreign, **left_out}
        return Filled(
            facts, problem, tuple(q for q in quantities if q.start in foreign),
            tuple(unused[start] for start in sorted(unused)),
        )  # fmt: skip

    def _nearest(self, text: str, hit: list[Input], quantity: Quantity, places: Mapping[str, int]) -> list[Input]:
        """Of inputs that share a word those of the measure spoken of nearest to the quantity."""
        owners = [m for m in self.measures if any(i in hit for i in m.inputs) and m.id in places]
        if len({i.name for i in hit}) < 2 or len(owners) < 2:
            return hit
        owner = min(owners, key=lambda m: _apart(text, places[m.id], quantity))
        return [i for i in hit if i in owner.inputs]

    def _is_part(self, old: Fact | None, between: str, label: str, after: str) -> bool:
        """Whether a quantity is only a part of the one before (设备 300 万，其中二手设备 100 万).

        A part that is more of what is asked (发票 1900 万，其中核心仪器的发票 1300 万) is the figure itself.
        """
        part = _PART.search(between) if old is not None else None
        if old is None or part is None:
            return False
        rest = between[part.end() :] + _SEPARATOR.split(after)[0]
        is_closer = self._is_met(rest) or (label in rest and len(label) > len(old.parts[0].label))
        return part[0] != _AMONG or not is_closer or bool(_INCLUDED.match(after))

    def _dated(self, text: str, quantities: Sequence[Quantity], labels: Sequence[_Label]) -> dict[int, Input]:
        """Of several years' figures (前年 9700 万，去年 1.34 亿) the last is the base, all others came before it."""
        found: dict[int, Input] = {}
        for formula in (m.formula for m in self.measures if m.formula.previous):
            base = next(i for i in self._inputs if i.name == formula.base)
            earlier = next(i for i in self._inputs if i.name == formula.previous)
            own = {base.name, earlier.name}
            foreign = [x for x in labels if not own & x.names or base.name in x.denies]
            years: dict[int, int] = {}
            end = 0
            for q in quantities:
                if _is_year(q):
                    continue
                year = _YEAR.findall(text[end : q.start])[-1:]
                other = any(end <= x.start and x.end <= q.start for x in foreign)
                if q.kind == base.kind and not q.problem and year and not other:
                    years[q.start] = _ORDER[year[0][0]] if year[0][0] in _ORDER else int(year[0][:4])
                end = q.end
            order = set(years.values())
            if len(order) > 1 and len({year > _ABSOLUTE for year in order}) == 1:
                found |= {start: base if year == max(order) else earlier for start, year in years.items()}
        return found

    def _without_tiers(self, text: str, quantities: Sequence[Quantity], labels: Sequence[_Label]) -> list[Quantity]:
        """The quantities without a tier that is only spoken of (突破十亿的奖励) beside the figure itself."""
        bases = {m.formula.base for m in self.measures if m.formula.thresholds}
        nouns = [x for x in labels if x.names & bases and x.end - x.start > _VERB + 1]
        named = {q.start for q in quantities for x in nouns if 0 <= q.start - x.end <= _VERB}
        return [q for q in quantities if not (named - {q.start} and _TIER.match(text[q.end :]))]

    def _take_alone(
        self, labels: Sequence[_Label], facts: dict[str, Fact], left: Sequence[Quantity], used: set[int]
    ) -> None:
        """A single count far from its word goes to the only counted thing the sentence speaks of."""
        counts = [q for q in left if q.kind == "count" and not q.problem]
        spoken = {name for label in labels for name in label.names}
        heads = [i for m in self.measures for i in m.inputs if i.kind == "count" and i.name in spoken]
        if (
            len(counts) == 1
            and len(heads) == 1
            and heads[0].name not in facts
            and not fault_of("", heads[0], counts[0])
        ):
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
            if not any(
                s <= start and end <= e and (s, e) != (start, end) and label.kinds <= longer.kinds
                for (s, e), longer in found.items()
            )
        ]  # fmt: skip
        apart: list[_Label] = []
        for label in longest:
            if apart and self._is_one(apart[-1], label, text, quantities):
                apart[-1] = replace(apart[-1], end=label.end)
            else:
                apart.append(label)
        return [_denied(label, before, text) for label, before in zip(apart, (None, *apart), strict=False)]

    def _is_one(self, first: _Label, second: _Label, text: str, quantities: Sequence[Quantity]) -> bool:
        """Whether a label only goes on the one before it (银行借 + 借款, 实缴的 + 注册资本, 运费另 + 花了)."""
        if first.names == second.names:
            return second.start <= first.end
        if not second.names:
            phrase = text[first.start : second.end].replace("的", "")
            return _overlaps(second, first) or self._is_name(phrase, first)
        return not first.names and _is_verb_of(first, second, text, quantities)

    def _is_name(self, phrase: str, label: _Label) -> bool:
        """Whether a phrase begins with a longer name of the input that the label at its start points at."""
        own = (w for i in self._inputs if i.name in label.names for w in i.words)
        return any(len(w) > label.end - label.start and phrase.startswith(w) for w in own)


def _overlaps(label: _Label, noun: _Label) -> bool:
    """Whether a label begins inside the noun before it (注册资本是 in 实缴注册资本是)."""
    return label.start < noun.end and noun.end - noun.start > _VERB + 1


def _is_verb_of(thing: _Label, verb: _Label, text: str, quantities: Sequence[Quantity]) -> bool:
    """Whether a label is only the verb of what is no input (运费另花了, 办公电脑花了)."""
    gap = text[thing.end : verb.start]
    is_general = bool(thing.denies) or len(thing.kinds) > 1  # and no name of another measure's input
    is_near = is_general and len(gap) <= _VERB and not _SEPARATOR.search(gap) and not _STOP.search(gap)
    return is_near and verb.end - verb.start <= _VERB and any(q.start == verb.end for q in quantities)


def _denied(label: _Label, before: _Label | None, text: str) -> _Label:
    """The label, without the inputs that the word right before it says are not meant (合同 + 租金, 租约 + 单价)."""
    if before is None or not before.denies & label.names or not _BOUND.fullmatch(text[before.end : label.start]):
        return label
    return replace(label, names=label.names - before.denies, start=before.start)


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


def _enumerated(
    text: str, group: Sequence[Quantity], pairs: list[tuple[Quantity, _Label]]
) -> list[tuple[Quantity, _Label]]:
    """The pairs, and for a quantity that merely goes on a list (600 万、850 万和 420 万) the label of its neighbour."""
    labels = {quantity.start: label for quantity, label in pairs}
    if _ALL.search(text) and len({label.names for label in labels.values()}) == 1:
        only = next(iter(labels.values()))
        return [(q, labels.get(q.start, only)) for q in group] if only.names else pairs
    turned = [(a, b) for a, b in pairwise(group) if _TURNED.fullmatch(text[a.end : b.start]) and b.start not in labels]
    for before, now in turned:  # 原来 3000 万，增资后变成 4500 万: both are what the first is
        if before.start in labels:
            labels[now.start] = labels[before.start]
    for whole, among in pairwise(group):  # 9 名技师，其中 7 名…，剩下 4 个: both are of the same kind
        if whole.start in labels and among.start not in labels and _OF_WHICH.fullmatch(text[whole.end : among.start]):
            labels[among.start] = labels[whole.start]
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
    if not label.names and _STOP.search(gap):
        return _FAR  # what is no input claims nothing of another sentence
    counted = quantity.kind == "count" and not before and not gap
    distance = len(gap) * (1.0 if before else 1.5) + (0.0 if before or counted else 2.0)
    distance += (8.0 if before else 14.0) * len(_SEPARATOR.findall(gap)) + 20.0 * len(_STOP.findall(gap))
    return distance + 22.0 * between - 0.3 * min(label.end - label.start, 6)


def _apart(text: str, place: int, quantity: Quantity) -> float:
    """How far a measure is spoken of from a quantity: in characters, with more for each break between."""
    gap = text[place : quantity.start] if place <= quantity.start else text[quantity.end : place]
    return len(gap) + 14.0 * len(_SEPARATOR.findall(gap)) + 30.0 * len(_STOP.findall(gap))


def _is_shared(
    text: str, quantity: Quantity, label: _Label, labels: Sequence[_Label], group: Sequence[Quantity]
) -> bool:
    """Whether one count is of several grades together (高级工跟技师总共 40 人), so that it is none of theirs."""
    mates = [x for x in labels if x.names and x.names != label.names and x.end <= min(quantity.start, label.start)]
    return len(group) == 1 and any(_JOINED.fullmatch(text[mate.end : label.start]) for mate in mates)


def _is_year(quantity: Quantity) -> bool:
    """Whether a bare number is more likely a year (2021) than a measure of anything."""
    return quantity.kind == "number" and 1990 <= quantity.low <= 2050 and len(quantity.text) == 4


def _put(
    facts: dict[str, Fact], item: Input, quantity: Quantity, between: str = "", label: str = "", *, adds: bool = False
) -> None:
    """Take a quantity as an input's: in place of the earlier one, on top of it, or not at all.

    `between` stands between it and the quantity before; `label` is the word that points at it; `adds` whether several
    mentions are added up.
    """
    new = read_fact(item, quantity, label)
    old = facts.get(item.name)
    is_exact = old is not None and old.approximate and not new.approximate and _EXACTLY.search(between)
    if old is None or is_exact or _FINAL.search(between) or _PART.search(between):
        pass  # 小七百万，准数 684 万: the exact figure takes the rough one's place
    elif not adds and _LATER.search(between):
        pass  # 掉到 4.9 亿又涨回 5.1 亿: what came later counts
    elif adds and old.words != new.words:
        new = old.plus(new)
    elif not adds and len(label) > len(old.parts[0].label) + _CLEARLY:
        pass  # 账面 1200 万……项目投资额 1750 万: the fuller name is the input's own
    elif not adds and (old.bound not in ("over", "at_least") or new.bound):
        # Of two values the limit that was passed gives way to the value reached (突破 2 亿，做到 2.7 亿).
        return
    facts[item.name] = new
