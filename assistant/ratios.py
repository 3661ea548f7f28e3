"""Figures told by another figure (去年的一半, 翻一番, 增长 25%, 比去年多 600 万) → quantities of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from assistant.amounts import Quantity
from assistant.numerals import EXACT, read_numeral

_N = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百点]+)"
_SHARE = (
    rf"(?:一半|{_N}分之{_N}|{_N}%|{_N}个点|{_N}成(?:半|[一二三四五六七八九])?|{_N}倍半?)"
    r"(?![^，。；]{0,3}(?:股|补|奖|贴))"
)
_YEAR = re.compile(r"[去前今上本][一]?年|上个?年度|20\d\d年?")
_LINK = r"(?:是|占|为|了|到|有|达|等于|相当于|刚好|正好|恰好|大概|大约|约)"
_OF = re.compile(rf"{_LINK}(?P<said>(?P<whole>[^，。；、\d的是占了为到有刚正]{{1,8}})的(?P<share>{_SHARE}))")
_THAN = r"(?:(?:比|较|相比)(?P<whole>[^，。；、\d比较]{0,6}?))?(?:同比|环比)?"
_ROSE = re.compile(
    rf"(?P<said>{_THAN}(?:(?:增长|增加|增幅|上升|提高|提升|上涨|多|涨|增)[了出约达是]?|(?P<less>下降|减少|下滑|下跌|少|降|跌)了?)"
    rf"(?P<share>{_SHARE}))"
)
_DOUBLED = re.compile(r"(?P<said>(?:翻(?:了|上)?(?P<times>[一两二三])番|翻(?:了|上)?(?:一)?倍))")
# 实缴了六成, 固定资产投资完成了四分之三: of the whole told before.
_DONE = re.compile(
    rf"(?P<said>(?:完成|[干做建盖投]完|实缴|缴|到位|投下去|投入)(?:了|的)?(?:固投|固定资产投资)?(?:约|大概|差不多)?(?P<share>{_SHARE}))(?!的)"
)
# 比去年多了 6000 万
_MORE = re.compile(
    r"(?:(?:比|较)(?P<whole>[^，。；、\d比较]{1,6}?)(?:同比)?|另一?[笔家批个台期条套](?:比它)?)(?:(?:增长|增加|多|涨|增)|(?P<less>减少|下降|少|降))[卖做投花买销]?[了出]?$"
)
# 其中三分之一投在技改，一半是高级工; 占六成: of the last one told that is no such portion itself.
_PORTION = re.compile(
    rf"(?:(?:其中|里面|里头|当中)(?:有|的)?|(?<=[，；、]))(?:大?约|大概|差不多)?(?P<said>(?P<share>{_SHARE}))"
    r"(?=的?(?:人|钱|资金|款)?(?:都|均|全)?(?:是(?!多少|上限|不是|按|怎|哪|什么)|为|属于|投|用[在于到]|花|拿去|给了))"
)
_MAKES_UP = re.compile(
    r"占(?:了|到|比(?:是|为)?)?(?:大?约|大概|差不多)?"
    rf"(?P<said>(?P<share>{_SHARE}))(?!的)"
)
# 四成技师，六成高级工; 一半技师一半高级工: of people, whatever they are called.
_EACH_KIND = re.compile(
    rf"(?<=[，、；\u4e00-\u9fff])(?<![是占了到达为的增长少多])(?P<said>(?P<share>{_SHARE}))"
    r"(?=[^，。；、\d是占的左上以]{2,6}?(?:[，。；、?]|另?一半|[一二三四五六七八九]成|$))"
)
_PATTERNS = (_OF, _ROSE, _DOUBLED, _DONE, _PORTION, _MAKES_UP, _EACH_KIND)
_PORTIONS = (_PORTION, _MAKES_UP, _EACH_KIND)
_CENT = Decimal("0.01")
_OF_BENEFIT = re.compile(r"(?:补|奖|贴(?!片|膜|合)|资助|支持|按|最高|不超过|上限|入股)[^，。；]{0,12}$")
_OF_OWNERS = re.compile(r"(?:股|表决权|控制权|董事会)[^，。；]{0,8}$")  # 股权我们占 51%: no share of a sum
# A threshold passed for the first time is no part and no whole of anything.
FIRST = re.compile(
    r"(?:(?:首次|第一次|头一[次回年遭]|首度)[^，。；\d]{0,4}(?:突破|[破过超上到跨]|达到?)|首[破过超])[^，。；\d]{0,2}$"
)
_SAME = re.compile(r"它|前者|前一|上一[个家笔]|这个数|该数")
_KINDS = ("money", "count", "area")


def with_told_by_others(text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, with those that the text tells as a share, a multiple or a growth of another one.

    A share that may be the rate of a benefit (补 10%), or whose whole is not told, stays what it is.
    """
    out = list(quantities)
    portions: set[int] = set()
    for match in _matches(text):
        overlapped = [q for q in out if q.start < match.end("said") and match.start("said") < q.end]
        is_rate = match.re is not _DOUBLED and bool(set(match["share"]) & set("%成点"))
        if any(q.kind in _KINDS for q in overlapped) or (is_rate and not overlapped):
            continue  # what was read otherwise, or taken for a benefit's rate
        whole = _whole(text, match, [q for q in out if q.start not in portions])
        if whole is None or (match.re is _EACH_KIND and whole.kind != "count"):
            continue
        factor = _factor(match)
        is_part = match.re in _PORTIONS
        told = replace(
            whole, low=_times(whole.low, factor), high=_times(whole.high, factor), end=match.end("said"),
            start=match.start("share") if is_part or match.re is _DONE else match.start(),
            text=f"{whole.text}{_said(match)}",
        )  # fmt: skip
        portions |= {told.start} if is_part else set()
        out = sorted([*(q for q in out if q not in overlapped), told], key=lambda q: q.start)
    return [_more(text, q, out) for q in out]


def is_portion(text: str, quantity: Quantity) -> bool:
    """Whether a quantity is a share of a whole told before it (其中三成), and nothing beside it (第二批是它的三成)."""
    return quantity.text.endswith(f"的{text[quantity.start : quantity.end]}")


def _matches(text: str) -> Iterator[re.Match[str]]:
    """In reading order, as one may be told by the one before (今年增长 25%，技改花了今年的 4%)."""
    found = [match for pattern in _PATTERNS for match in pattern.finditer(text)]
    for match in sorted(found, key=lambda m: m.start("said")):
        before = text[: match.start("said")]
        if not (_OF_BENEFIT.search(before) or (match.re is _MAKES_UP and _OF_OWNERS.search(before))):
            yield match


def _said(match: re.Match[str]) -> str:
    return match["said"] if match.re in (_ROSE, _DOUBLED) else f"的{match['share']}"


def _times(value: Decimal, factor: Decimal) -> Decimal:
    """Exact to the cent: a third has no end."""
    product = EXACT.multiply(value, factor)
    rounded = product.quantize(_CENT)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded


def _factor(match: re.Match[str]) -> Decimal:
    """What the whole is to be multiplied by."""
    if match.re is _DOUBLED:
        return Decimal(2) ** (_number(match["times"]) if match["times"] else Decimal(1))
    share = _share(match["share"])
    if match.re is _ROSE:
        return 1 - share if match["less"] else 1 + share
    return share


def _share(words: str) -> Decimal:
    """A share or a multiple: 一半, 三分之一, 25%, 三成半, 1.5 倍."""
    if words == "一半":
        return Decimal("0.5")
    if "分之" in words:
        below, above = words.split("分之")
        return EXACT.divide(_number(above), _number(below))
    number = re.match(_N, words)
    assert number is not None
    unit, more = words[number.end() :], Decimal(0)
    if unit[-1] not in "%点成倍":  # 三成半, 三成五
        more = Decimal("0.5") if unit[-1] == "半" else _number(unit[-1]) / 10
        unit = unit[:-1]
    return (_number(number[0]) + more) * {"%": Decimal("0.01"), "个点": Decimal("0.01"), "成": Decimal("0.1")}.get(
        unit, Decimal(1)
    )


def _number(words: str) -> Decimal:
    numeral = read_numeral("一百" if words == "百" else words, 0)
    return numeral.low if numeral else Decimal(0)


def _whole(text: str, match: re.Match[str], quantities: Sequence[Quantity]) -> Quantity | None:
    """The quantity that the share is of: the one that its name stands by, else the only or the last one before."""
    at = match.start("said")
    fitting = [q for q in quantities if q.kind in _KINDS and not q.problem and not FIRST.search(text[: q.start])]
    name = match.groupdict().get("whole") or ""
    before = [q for q in fitting if q.end <= at]
    if name and not _SAME.search(name):
        named = [q for q in fitting if _is_named(text, name, q, quantities)]
        if named:
            return min(named, key=lambda q: abs(q.start - at))
        return fitting[0] if len(fitting) == 1 and not _YEAR.search(name) else None
    return before[-1] if before else None


def _is_named(text: str, name: str, quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether a name stands between the quantity before and this one, as its last year if it is a year."""
    start = max((q.end for q in quantities if q.end <= quantity.start), default=0)
    words = text[start : quantity.start]
    if year := _YEAR.search(name):
        said = _YEAR.findall(words)
        return bool(said) and said[-1] == year[0]
    return name in words or text.startswith(name, quantity.end)


def _more(text: str, quantity: Quantity, quantities: Sequence[Quantity]) -> Quantity:
    """The quantity, one that another figure is more by (比去年多了 6000 万) as both together."""
    match = _MORE.search(text[: quantity.start]) if quantity.kind in _KINDS and not quantity.problem else None
    others = [q for q in quantities if q is not quantity and q.kind == quantity.kind and not q.problem]
    if match and match["whole"]:
        whole = next((q for q in others if _is_named(text, match["whole"], q, quantities)), None)
    else:  # 一笔 1500 万，另一笔多 500 万
        whole = next((q for q in reversed(others) if q.end <= quantity.start), None)
    if match is None or whole is None:
        return quantity
    sign = -1 if match["less"] else 1
    low, high = sorted((whole.low + sign * quantity.low, whole.high + sign * quantity.high))
    words = f"{whole.text} {'−' if match['less'] else '+'} {quantity.text}"
    return replace(quantity, low=low, high=high, text=words, start=match.start()) if low > 0 else quantity
