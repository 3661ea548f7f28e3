"""Quantities and labels of a text → those told as the parts of one sum (产线 1200 万，软件 200 万，就这些)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.amounts import Quantity
from assistant.labels import SEPARATOR, STOP, Label
from assistant.ratios import is_portion

_PIECE = "台套件部条层栋间张个人名位"
_CLEARLY = 2  # characters by which a label must be longer to be the better one
# What parts an item from the one before, and the item itself: a bare noun with how many there are of it.
_ITEM = re.compile(
    r"元?(?:(?P<joined>[、+＋和与及]|(?=一[家台套条笔])|(?=另)|[，；](?=另(?!外?[一几])|还有|再加|外加|加上))|[，；])(?:另?外?还?有|再加|加上|外加|以及|和|另外?)?(?P<noun>[^，。；、\d？?！!]{0,14})"
)
# Words that make of a figure something else than an item: another time, another reckoning, a question.
_NO_ITEM = re.compile(
    r"[年月租没未省奖占首到扣剩几这那含错是为]|变(?![压频速电])|不(?!锈)|比(?!对)|差(?!速|分|压)|折[旧扣合算后]|贷款|利[润率息]|净[值额]|超(?!声|净|导|算|纯|级|高)"
    r"|补(?!光|焊|漆)|贴(?!片|膜|合|标|装)|合[计起在]|共(?!性|享)|总(?!装|线|成)|退[货款了掉]|减[去掉少免]|余[款额下]|改[为成]"
    r"|其中|预算|计划|估值|原[来本价值]|实际|突破|过|已|累计|目前|[后将]来|现在|多少|准[确数]|追加|里面|成交|报价|应该|其实|不?对[，。]"
)
# 另外有一批 500 万的设备还没到货，先不算
_NOT_YET = re.compile(
    r"[^，。；\d]{0,14}?(?:，[先暂也就都还]{0,2})?"
    r"(?:(?:没有?|未)(?:到|付|投|完|装|签|买|开|动)|[不别]算|不计|不含|取消|作废|退[货款了掉])"
)
# 先付 1800 万，后来又付了 700 万
_AGAIN = re.compile(r"(?:后来|之后|随后|后面)?[又再还](?:追加|完成|[付投买缴交添花借贷])入?了?")
# 实际交易额就是这两笔
_ARE_ALL = re.compile(r"(?:额|总额)?(?:就是|就|是|为|按)(?:这|以上|上面|前面)")
# What a price told for each of several pieces is written with.
_TIMES = "×"
# The period that an item is of.
_PERIOD = re.compile(
    r"(?:20\d\d年)?(?:\d{1,2}|[一二三四五六七八九十]{1,2})月份?|第?[一二三四]季度?|[上下]半年|第?[头首一二两三四五][批期笔]"
)
_QUARTER = re.compile(r"第?[一二三四]季度?")
_PHASE = re.compile(r"第?[一二三四五][批期笔]")
_PRICED = re.compile(rf"，?(?:每[{_PIECE}]|单价|各)[^，]{{0,3}}$")
# Several projects stand each for itself: 两个项目各自立项，分别补多少
_APART = re.compile(
    r"(?:分别|各自?|分开|单独)[^，。；\d]{0,6}(?:最[高多]|补|奖|拿|给|算|看|报|多少|立)|各自立|独立|分开"
)
# 净值分三类：注塑机
_HEADS = re.compile(r"[^，。；\d:]{0,8}:(?P<noun>[^。；:]*)")
# Words before a figure that name no item.
_NOT_NAMING = re.compile(
    r"\W|大概|大约|约|差不多|[一总]共|总|[是为了有到达仅只才就近投花用买购在上]|超过|合计|金额|额度?|费用|资金|今年|去年"
)
_TOLD = re.compile(r"分别|各自|由|(?:分成?|分为|分了)[两三四五六\d][块项部]|[两三四五六\d][笔块项张批家]")
_SUMMED = re.compile(
    r"[^。？?！!]{0,14}?(?:[合总共]计|一共|总共|加起来|合起来|加一起|拢共|(?<!公)共(?=\d)|合在一起|一起算|就这些|这些了|都在这[里儿]"
    r"|(?:都|均|全部?)(?:已经?|是|有|算|属|在|计入|完成|到位|投完))"
)
_AS_TOLD = re.compile(r"[^。？?！!]{0,14}?(?:都|均|全部?|就是|合?计?为|算)(?:已经?|是|算|属于)?$")


def labels_of_parts(text: str, quantities: Sequence[Quantity], labels: Sequence[Label]) -> dict[int, Label]:
    """By its start each sum of money told as a part, with the label of the whole, or its own that says the same."""
    if _APART.search(text):
        return {}
    labels = [x for x in labels if "money" in x.kinds and not _is_item(x)]
    found: dict[int, Label] = {}
    for run in _runs(text, [q for q in quantities if q.kind == "money" and not q.problem], labels, quantities):
        if owner := _owner(text, run, labels, quantities):
            found[run[0].start] = owner
            for a, b in pairwise(run):
                inside = (x for x in labels if a.end <= x.start and x.end <= b.start and x.names == owner.names)
                found[b.start] = next(inside, owner)
    return found


def _is_item(label: Label) -> bool:
    """Whether a label is only the name of another measure's input, which may be an item of this one (软件系统)."""
    return not label.names and not label.denies and len(label.kinds) == 1


def _runs(
    text: str, sums: Sequence[Quantity], labels: Sequence[Label], quantities: Sequence[Quantity]
) -> list[list[Quantity]]:
    """The sums that go on each other in a list, two or more together."""
    runs: list[list[Quantity]] = []
    for at, (a, b) in enumerate(pairwise(sums)):
        since = sums[at - 1].end if at else 0
        if not _goes_on(text, a, b, quantities) or _turns(labels, since, a, b) or _is_claimed(text, labels, b):
            continue
        if runs and runs[-1][-1] is a:
            runs[-1].append(b)
        else:
            runs.append([a, b])
    return runs


def _turns(labels: Sequence[Label], since: int, one: Quantity, other: Quantity) -> bool:
    """Whether the second begins to tell of something else (认缴 3000 万，三个股东实缴了 500 万、300 万)."""
    own = [x.names for x in labels if since <= x.start and x.end <= one.start]
    new = [x.names for x in labels if one.end <= x.start and x.end <= other.start]
    return bool(own and new and new[-1]) and not own[-1] & new[-1]


def _is_claimed(text: str, labels: Sequence[Label], quantity: Quantity) -> bool:
    """Whether the words behind a sum in its clause say that it is something else (另外花了 210 万做市场推广)."""
    behind = (x for x in labels if not x.names and x.start >= quantity.end)
    return any(
        not SEPARATOR.search(text, quantity.end, x.start) and not STOP.search(text, quantity.end, x.start)
        for x in behind
    )


def _goes_on(text: str, one: Quantity, other: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether the second is the next item of a list."""
    between = _AGAIN.sub("", _PERIOD.sub("", _between(text, one.end, other.start, quantities)))
    item = _ITEM.fullmatch(_PRICED.sub("", between)) if one.end <= other.start else None
    if is_portion(text, other):
        return False
    return item is not None and not _NO_ITEM.search(item["noun"]) and not _NOT_YET.match(text, other.end)


def _between(text: str, start: int, end: int, quantities: Sequence[Quantity]) -> str:
    """The text without the pieces counted in it (机器人 5 台每台)."""
    counts = [q for q in quantities if q.kind == "count" and start <= q.start and q.end <= end]
    for q in reversed(counts):
        text, end = text[: q.start] + text[q.end :], end - (q.end - q.start)
    return text[start:end]


def _owner(text: str, run: Sequence[Quantity], labels: Sequence[Label], quantities: Sequence[Quantity]) -> Label | None:
    """The label that a whole run is of: the one behind it that takes all, else the last before it."""
    first, last = run[0], run[-1]
    before = [x for x in labels if x.end <= first.start and not STOP.search(text[x.end : first.start])]
    heading = next((x for x in reversed(before) if _HEADS.fullmatch(text[x.end : first.start])), None)
    lead = heading or (before[-1] if before else None)
    if lead and any(lead.end <= q.start and q.end <= first.start and q.kind == "money" for q in quantities):
        lead = None
    behind = [x for x in labels if x.start >= last.end]
    tail = next(
        (x for x in behind if _AS_TOLD.fullmatch(text[last.end : x.start]) or _ARE_ALL.match(text, x.end)), None
    )
    tail = tail if tail and tail.names and not STOP.search(text[last.end : tail.start]) else None
    owner = tail or lead
    inside = [x for x in labels if first.end <= x.start and x.end <= last.start]
    if heading:  # whatever its items are called
        inside = [x for x in inside if x.is_noun]
    is_other = owner and any(x.names != owner.names or x.size > owner.size + _CLEARLY for x in inside)
    if owner is None or not owner.names or is_other:
        return None
    return owner if tail or _is_list(text, run, lead, labels, quantities) else None


def _is_list(
    text: str, run: Sequence[Quantity], lead: Label | None, labels: Sequence[Label], quantities: Sequence[Quantity]
) -> bool:
    """Whether words or the way it is written make a run a list of parts."""
    if lead is None:
        return False
    told = text[max(lead.start - 8, 0) : run[0].start]
    heading = _HEADS.fullmatch(text[lead.end : run[0].start])
    since = lead.end + heading.start("noun") if heading else lead.end
    if lead.size == 1:  # 电火花机: a verb's one character may stand inside an item's name
        since = max((m.end() for m in SEPARATOR.finditer(text, 0, lead.start)), default=0)
        since = max((x.end for x in labels if x.end <= lead.start), default=since)
    noun = _PRICED.sub("", _between(text, since, run[0].start, quantities))
    if _SUMMED.match(text, run[-1].end) or _TOLD.search(told):
        return True
    name = text[lead.start : lead.end]
    gaps = [text[a.end : b.start] for a, b in pairwise(run)]
    if any(_PERIOD.search(gap) for gap in gaps):  # a whole year's quarters, else only what is said to be one sum
        is_year = len(run) == 4 and all(_QUARTER.search(gap) for gap in gaps)
        return is_year or all(_PHASE.search(gap) for gap in gaps)  # 一期投了 900 万，二期又投了 700 万
    joined = all(_is_joined(gap) or name in gap or _AGAIN.search(gap) for gap in gaps)
    named = (len(_NOT_NAMING.sub("", noun)) > 1 and not _NO_ITEM.search(noun)) or _TIMES in run[0].text
    items = [_ITEM.fullmatch(_PRICED.sub("", _between(text, a.end, b.start, quantities))) for a, b in pairwise(run)]
    bare = [item for item in items if item and not item["joined"] and not item["noun"]]
    is_bare = len(bare) == len(items) and heading is not None  # 净值：410 万，690 万
    return joined or is_bare or (named and not bare)


def _is_joined(between: str) -> bool:
    item = _ITEM.fullmatch(between)
    return bool(item and item["joined"])
