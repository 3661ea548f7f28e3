"""The words that point at inputs + a text and its quantities → labels, and the quantity each of them points at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from assistant.amounts import Quantity
from assistant.measures import Input

SEPARATOR = re.compile(r"[，,；;、]")
_BREAK = re.compile(r"[，,；;、。！!？?\n]")
STOP = re.compile(r"[。！？!?\n]")
# Everything said so far counts for one thing.
AS_ONE = re.compile(
    r"(?<!剩下)(?<!剩下的)(?<!其余)(?<!其余的)(?<!余下的)(?<!其他)(?<!其他的)(?:都|均)(?:是|算|属于|计入|为|算进|算作)|加起来|累计|同一个(?!实际)|合成一个|算一个项目|两年一个"
    r"|(?:合计|一共|总共|总计)(?:投资|投入|投了?)额?(?![^，。；]{0,3}[\d一二两三四五六七八九十])|[合加]起来就是|合计就是|由[^。；]{1,6}(?:组成|构成|凑成|合成)"
)
# 示波器 80 万，频谱仪 160 万，合计补多少: what is told is asked about together.
_ALL_ASKED = re.compile(r"(?:一共|总共|合计|总计|共计|拢共|加起来)[^，。；\d]{0,6}(?:补|奖|贴|拿|领|给|多少|几)")
_NAMED = re.compile(r"[，、；和与及]?(?:一[台套条]|[^，。；、\d其含共比])[^，。；、\d其含共比]{0,8}|[，、；和与及]")
_SUM = re.compile(r"(?:合计|总计|总共|一共|共计|总额|人数)[是为有]?")
_FAR = 26.0  # distance from which a label points at nothing
_NEAR = 2  # characters
_VERB = 2  # characters of a word that may be only a verb (花了, 买, 投)
# Kinds of quantity that general words of something else (员工, 毛利, 物业费) can claim.
_OTHERS = ("money", "rate", "count", "unit_rent")
_BOUND = re.compile(r"(?:上|里|中)?(?:写|签|约定)?(?:的|着)?")
_JOINED = re.compile(r"[和跟与及、加]")
# 原来 3000 万，增资后变成 4500 万: both are what the first is.
_TURNED = re.compile(
    r"[^。；\d]{0,10}(?:变成|变为|增至|增加到|涨到|升到|调整为|调整到|改为|调到|减到|最后(?:只|就)?[来剩成有])了?"
)
# 9 名技师，其中 7 名…，剩下 4 个: both are of the same kind.
_OF_WHICH = re.compile(r"[^。；\d]{0,20}(?:其中|剩下的?|真正的?|(?:符合|够|达标)(?:条件)?的)(?:有|只有|才)?")
# The next item of a numbered list is what the one before it is.
_ITEM = re.compile(r"[；，、]?(?:\d{1,2}[)、.]|[-·•*])[^，。；\d]{1,12}")
# 完成的投资：土建 4200 万，设备 6180 万: each part that is told is of what stands before the colon.
LIST = re.compile(r"[^，。；\d]{0,4}(?:[:：]|有|包括)[^，。；\d]{0,8}")
_PART = re.compile(r"[，；、][^，。；、\d]{0,8}")
_ALIKE = re.compile(r"元?(?:都|均|全部)")  # 厂房 3500 万、设备 5100 万都已完成
# 追加到 2100 万，完成的不变: no figure of this message is of what stays as it was.
_UNCHANGED = re.compile(r"的?(?:金额|部分|数|那块)?(?:都|还是|仍旧?|保持)?(?:不变|没变|照旧|不动|没动)")
# 900 万是新建项目实际完成的固定资产投资
_IS = re.compile(
    r"元?(?:才|就|都|其实|应该|实际)?(?:是|为|属于|指的?是)(?P<noun>[^，。；？?！!\d]+?)(?:[的了吧啊哦呀]|金?额)*(?=[，。；！!]|$)"
)
# 大概五千万出头，准确数是 5128 万: both are of the same thing, whatever stands by the second.
_EXACTLY = re.compile(r"[^。；\d]{0,10}(?:准确|确切|精确|准数|严格)[^，。；\d]{0,4}")
_PERIOD = (
    r"(?:\d{4}年|[前去今上明]年(?:底|初)?|第?[一二三四五]期|第[一二三四五]年|(?:到)?[一二三四五六七八九十\d]+月(?:份)?)"
)
_PIECE = "(?:笔|批|台|家|套|宗|单|张|次|个|条|款)"
_AND = re.compile(
    rf"(?:一{_PIECE})?[、,，；;]?(?:和|及|与|加|\+|再加|还有|以及|跟)?"
    rf"(?:(?:另|第)?[一二三四五]{_PIECE}|(?:后来|后面|随后|之后)?[又再](?:追加|加投|补投|投|添)了?"
    r"|[\u4e00-\u9fff]{1,2}(?:行|厂|家|台|社)"
    rf"|[a-z甲乙丙丁](?:[行厂家台套线]|公司)?[^，。；\d]{0, 3}"
    rf"|{_PERIOD}+(?:又|再|接着|还|也)?(?:实际)?(?:完成|投|添|增加|花|干|做|卖)?(?:了|到)?)?"
)


@dataclass(frozen=True)
class Label:
    """A word of the inputs `names`, or with none of something else, which it claims quantities of `kinds` for.

    `denies` are the inputs that it says are not meant.
    """

    start: int
    end: int
    names: frozenset[str]
    kinds: frozenset[str]
    denies: frozenset[str]

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def is_noun(self) -> bool:
        """Whether it is too long to be only a verb."""
        return self.size > _VERB + 1

    def leads_to(self, quantity: Quantity) -> bool:
        """Whether the quantity stands right behind it."""
        return 0 <= quantity.start - self.end <= _NEAR


@dataclass(frozen=True)
class _Word:
    """A pattern and what its matches are labels of, as in `Label`."""

    pattern: re.Pattern[str]
    names: frozenset[str]
    kinds: frozenset[str]
    denies: frozenset[str]


class Labels:
    """The words of some inputs, and of what is none of them, compiled: finds their places in a text."""

    def __init__(self, inputs: Iterable[Input], other_words: Mapping[str, Sequence[str]], link: str = "") -> None:
        """`other_words`, by kind of quantity (or "any"), label what is no input, with `link` between them and the
        figure."""
        self._inputs = tuple(inputs)
        self._words = _compiled(self._inputs, other_words, link)

    def find(self, text: str, quantities: Sequence[Quantity]) -> list[Label]:
        """The labels outside the quantities in reading order, each with what only goes on it."""
        apart: list[Label] = []
        for label in _longest(self._matches(text, quantities)):
            if apart and self._is_one(apart[-1], label, text, quantities):
                apart[-1] = replace(apart[-1], end=label.end)
            else:
                apart.append(label)
        apart = _heads(text, [x for x in apart if not _UNCHANGED.match(text, x.end)], quantities)
        return [_denied(label, before, text) for label, before in zip(apart, (None, *apart), strict=False)]

    def _matches(self, text: str, quantities: Sequence[Quantity]) -> list[Label]:
        """Where the words stand in reading order; those of one place are one label."""
        found: dict[tuple[int, int], Label] = {}
        for word in self._words:
            for match in word.pattern.finditer(text):
                if any(match.start() < q.end and q.start < match.end() for q in quantities):
                    continue
                label = Label(*match.span(), word.names, word.kinds, word.denies)
                same = found.get(match.span(), label)
                found[match.span()] = replace(
                    same, names=same.names | label.names, kinds=same.kinds | label.kinds,
                    denies=same.denies | label.denies,
                )  # fmt: skip
        return [found[span] for span in sorted(found)]

    def _is_one(self, first: Label, second: Label, text: str, quantities: Sequence[Quantity]) -> bool:
        """Whether a label only goes on the one before it (银行借 + 借款, 实缴的 + 注册资本, 运费另 + 花了)."""
        if first.names == second.names:
            return second.start <= first.end
        if _SUM.fullmatch(text[second.start : second.end]) and second.start == first.end and first.size >= _VERB:
            return True  # 发票金额合计, 高级工人数
        if not second.names:
            phrase = text[first.start : second.end].replace("的", "")
            # 注册资本是 begins inside 实缴注册资本.
            return (second.start < first.end and first.is_noun) or self._is_name(phrase, first)
        return not first.names and _is_verb_of(first, second, text, quantities)

    def _is_name(self, phrase: str, label: Label) -> bool:
        """Whether a phrase begins with a longer name of the input that the label at its start points at."""
        own = (w for i in self._inputs if i.name in label.names for w in i.words)
        return any(len(w) > label.size and phrase.startswith(w) for w in own)


def pair(
    text: str, group: Sequence[Quantity], labels: Sequence[Label], quantities: Sequence[Quantity]
) -> list[tuple[Quantity, Label]]:
    """Those of a group of the text's quantities that a label points at, with it: their own or a neighbour's."""
    found = {quantity.start: label for quantity, label in _align(text, group, labels, quantities)}
    owned = [label for label in found.values() if label.names]
    is_one = len({label.names for label in owned}) == 1
    if is_one and AS_ONE.search(text) and len(owned) == len(found):
        found = {q.start: owned[0] for q in group} | found
    else:
        if is_one and _ALL_ASKED.search(text):
            listed = (b for a, b in pairwise(group) if _NAMED.fullmatch(text[a.end : b.start]))
            found = {q.start: owned[0] for q in listed} | found
        _pass_on(text, group, found)
    return [(q, found[q.start]) for q in group if q.start in found]


def is_shared(text: str, quantity: Quantity, label: Label, labels: Iterable[Label]) -> bool:
    """Whether a quantity is of several labels' inputs together (高级工跟技师总共 40 人)."""
    mates = (x for x in labels if x.names and x.names != label.names and x.end <= quantity.start)
    return any(_JOINED.fullmatch(text[mate.end : label.start]) for mate in mates)


def _compiled(inputs: Sequence[Input], other_words: Mapping[str, Sequence[str]], link: str) -> list[_Word]:
    """Every word once, with all that it labels."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    denies: defaultdict[str, set[str]] = defaultdict(set)
    for item in inputs:
        for word in item.words:
            names[word].add(item.name)
        for word in item.not_words:
            denies[word].add(item.name)
        for word in (*item.words, *item.not_words):
            kinds[word].add(item.kind)
    for item in inputs:  # 合同租金 is no average rent, but it may be another measure's rent
        for word in (w for i in inputs if i.kind == item.kind for w in i.not_words):
            if word not in item.not_words and any(own in word for own in item.words):
                names[word].add(item.name)
    for kind, words in other_words.items():
        for word in words:
            if not any(re.search(word, own) for own in names):
                kinds[word].update(_OTHERS if kind == "any" else [kind])
    return [
        _Word(
            _pattern(word if word in names else f"(?:{word}){link}"),
            frozenset(names.get(word, ())),
            frozenset(kinds[word]),
            frozenset(denies.get(word, ())),
        )
        for word in kinds
    ]


@cache
def _pattern(regex: str) -> re.Pattern[str]:
    """Compiled once: there are more of them than `re` itself remembers."""
    return re.compile(regex)


def _longest(labels: Sequence[Label]) -> list[Label]:
    """The labels without those that a longer one holds, unless they claim quantities of more kinds."""
    return [
        label for label in labels
        if not any(
            x is not label and x.start <= label.start and label.end <= x.end and label.kinds <= x.kinds
            for x in labels
        )
    ]  # fmt: skip


def _is_verb_of(thing: Label, verb: Label, text: str, quantities: Sequence[Quantity]) -> bool:
    """Whether a label is only the verb of what is no input (运费另花了, 办公电脑花了)."""
    gap = text[thing.end : verb.start]
    is_general = bool(thing.denies) or len(thing.kinds) > 1  # and no name of another measure's input
    is_near = is_general and len(gap) <= _NEAR and not SEPARATOR.search(gap) and not STOP.search(gap)
    return is_near and verb.size <= _VERB and any(q.start == verb.end for q in quantities)


def _heads(text: str, labels: Sequence[Label], quantities: Sequence[Quantity]) -> list[Label]:
    """The labels without those that only describe what a figure is said to be (900 万是新建项目实际完成的投资).

    The last noun of such a clause is what the figure is; a clause with another figure says more than that.
    """
    out = list(labels)
    for quantity in quantities:
        said = _IS.match(text, quantity.end)
        if said is None or any(said.start() < q.start < said.end() for q in quantities):
            continue
        inside = [x for x in out if said.start() <= x.start and x.end <= said.end()]
        if inside and inside[-1].end >= said.end("noun"):
            out = [x for x in out if x not in inside[:-1]]
    return out


def _denied(label: Label, before: Label | None, text: str) -> Label:
    """The label, without the inputs that the word right before it says are not meant (合同 + 租金, 租约 + 单价)."""
    if before is None or not before.denies & label.names or not _BOUND.fullmatch(text[before.end : label.start]):
        return label
    return replace(label, names=label.names - before.denies, start=before.start)


def _align(
    text: str, group: Sequence[Quantity], labels: Sequence[Label], quantities: Sequence[Quantity]
) -> Iterable[tuple[Quantity, Label]]:
    """Match quantities and labels in reading order, each at most once, as near as possible."""
    n, m = len(group), len(labels)
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        best[i][m] = best[i + 1][m] + _FAR
        for j in range(m - 1, -1, -1):
            both = _distance(text, group[i], labels[j], quantities) + best[i + 1][j + 1]
            best[i][j] = min(best[i][j + 1], best[i + 1][j] + _FAR, both)
    i = j = 0
    while i < n and j < m:
        if best[i][j] == best[i][j + 1]:
            j += 1
        elif best[i][j] == best[i + 1][j] + _FAR:
            i += 1
        else:
            yield group[i], labels[j]
            i, j = i + 1, j + 1


def _leads_on(text: str, label: Label, quantities: Sequence[Quantity]) -> bool:
    """Whether a quantity follows the label in its own clause."""
    following = next((q for q in quantities if q.start >= label.end), None)
    return following is not None and not _BREAK.search(text[label.end : following.start])


def _distance(text: str, quantity: Quantity, label: Label, quantities: Sequence[Quantity]) -> float:
    """How far a label is from a quantity: in characters, with more for each break or quantity between."""
    before = label.end <= quantity.start
    lo, hi = (label.end, quantity.start) if before else (quantity.end, label.start)
    gap = text[lo:hi]
    if not label.names and STOP.search(gap):
        return _FAR  # what is no input claims nothing of another sentence
    separators = len(SEPARATOR.findall(gap))
    if not before and separators and _leads_on(text, label, quantities):
        return _FAR  # 一平米四十块，水电一个月另交两万
    if before:
        distance = len(gap) + 8.0 * separators
    else:
        counted = quantity.kind == "count" and not gap
        if quantity.kind == "count" and separators:
            return _FAR  # 12 个人都有证，4 个是技师: the label is of those that it stands by
        distance = 1.5 * len(gap) + 14.0 * separators + (0.0 if counted else 2.0)
    between = sum(1 for q in quantities if q.kind == quantity.kind and lo <= q.start and q.end <= hi)
    return distance + 20.0 * len(STOP.findall(gap)) + 22.0 * between - 0.3 * min(label.size, 6)


def _pass_on(text: str, group: Sequence[Quantity], found: dict[int, Label]) -> None:
    """Give a quantity that merely goes on a list (600 万、850 万和 420 万) the label of its neighbour."""
    for link in (_TURNED, _OF_WHICH, _ITEM, _AND):
        linked = [(a, b) for a, b in pairwise(group) if a.end <= b.start and link.fullmatch(text[a.end : b.start])]
        for known, other in (*linked, *((b, a) for a, b in reversed(linked) if link is _AND)):
            gap = text[min(known.end, other.end) : max(known.start, other.start)]
            if known.kind == "count" and known.start > other.start and gap == "，":
                continue  # 11 人，7 个技师
            if known.start in found and (other.start not in found or _is_beyond(text, other, found[other.start])):
                found[other.start] = found[known.start]
    for last in [q for q in group if q.start in found and _ALIKE.match(text[q.end :])]:
        for known, other in pairwise(q for q in reversed(group) if q.start <= last.start):
            if other.start in found or not _PART.fullmatch(text[other.end : known.start]):
                break
            found[other.start] = found[last.start]
    for first in [q for q in group if q.start in found and LIST.fullmatch(text[found[q.start].end : q.start])]:
        for known, other in pairwise(q for q in group if q.start >= first.start):
            if not _PART.fullmatch(text[known.end : other.start]):
                break
            found.setdefault(other.start, found[first.start])
    for known, other in pairwise(group):
        if known.approximate and known.start in found and _EXACTLY.fullmatch(text[known.end : other.start]):
            found[other.start] = found[known.start]


def _is_beyond(text: str, quantity: Quantity, label: Label) -> bool:
    """Whether what is no input stands only in the clause after the quantity (第二批 3800 万，安装调试费补多少)."""
    return not label.names and bool(SEPARATOR.search(text[quantity.end : label.start]))
