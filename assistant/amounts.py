"""Text as users type it -> quantities: money, rates, areas, rents, people, durations, bare numbers.

The text is made plain (`lookalikes`), then read from the start to the end: each number (`numerals`) with its unit
(`units`), ranges (3-5千万) and the words around it (超过, 左右, 每年) here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Literal

from assistant.errors import UnusableInput
from assistant.lookalikes import plain_text
from assistant.numerals import EXACT, SCALES, TOO_LARGE
from assistant.units import Item, Kind, read_item

Bound = Literal["", "over", "at_least", "at_most", "under"]


@dataclass(frozen=True)
class Quantity:
    """A quantity as the user wrote it; `text[start:end]` is number and unit, without words such as 超过 or 每年.

    `low` and `high` are equal unless a range was written: money in yuan, rate as a fraction, area in ㎡, unit_rent in
    yuan per ㎡ per month, count in people or pieces, months, years. A vague amount (几千万) spans one order of
    magnitude. Where `problem` is set, the numbers must not be used; it is a sentence for the user.
    """

    text: str
    start: int
    end: int
    kind: Kind
    low: Decimal
    high: Decimal
    unit: str
    per: str = ""
    approximate: bool = False
    bound: Bound = ""
    problem: str = ""


class UnreadableAmount(UnusableInput, ValueError):
    """A form value holds no quantity, or several."""


_START = re.compile(r"[\d.¥$€£一二两三四五六七八九十零半几数若好负百千万亿每∞无i-]")
_WORTH = (
    r"(?:约|大约|大概|差不多)?"
    r"(?:折[合成算]?|折算成?|换算(?:成|下来|过来)?|换成|约合|合计?|相当于|等于|也就是|即|汇率)"
)
_CONVERTED = re.compile(rf"[^。；？?\d]{{0,8}}?{_WORTH}[^。；？?\d]{{0,12}}")
_CONVERTED_BACK = re.compile(rf"(?:元|人民币)?[，（(]{{0,2}}{_WORTH}[^。；，？?\d]{{0,6}}")
_RANGE = re.compile(r"(?:\(含\))?\s?(?:至|到|[-~—–～―─]{1,2})\s?")

_BOUNDS: tuple[Bound, ...] = ("at_most", "at_least", "under", "over")
_OVER = "超过|突破|超出|高于|大于|多于|超|逾|破|(?<![通经])过|>"
_AT_LEAST = "至少|不低于|不少于|不小于|起码|最少|最低|不下|(?<![以马线网加算账面手同表身市])上|≥|>="
_AT_MOST = "不超过?|不高于|不多于|不大于|最多|最高|至多|顶多|≤|<="
_UNDER = "不到|不足|低于|少于|小于|未达到?|不满|未满|差一?点(?:儿|到)?|没到|未到|<"
_BEFORE = re.compile(
    rf"(?:(?P<at_most>{_AT_MOST})|(?P<at_least>{_AT_LEAST})|(?P<under>{_UNDER})|(?P<over>{_OVER})"
    r"|(?P<near>近)|(?P<about>大约|约|大概|将近|接近|差不多|大致|估计|小)"
    r"|(?:[每一]个?|(?P<rent>)年租?均?|月租?均?)?(?P<per>(?<=[每一个])[年月天]|年租金?|月租金?|年均|月均|年薪|月薪)"
    r"(?:的?(?:租金|房租))?)[为是:了]?\s?$"
)
_AFTER = re.compile(
    r"(?:人民币)?\s?(?:\(含(?:本数)?\)|含)?\s?(?:(?P<at_least>及?以上|往上|打底|起步|开外)|(?P<at_most>及?以[下内]|之内|封顶|为限)"
    r"|(?P<under>不到|差一?点)(?!\s?\d)|(?P<about>左右|上下|出头|大概|前后|的样子))"
)

VAGUE = "这个数不够准确，请给出准确的数字和单位。"
_PROBLEMS = {
    "foreign": "这里按人民币计算，请先把外币换算成人民币再告诉我。",
    "negative": "数字不能是负数，请核对后重新填写。",
    "zero": "金额要大于 0，请核对后重新填写。",
    "large": "这个数过大，请核对单位（元、万元、亿元）后重新填写。",
    "daily": "这里按每月租金计算，请换算成每平方米每月多少元。",
    "endless": "请给出具体的数字和单位。",
}


def _joined(text: str, left: Item) -> tuple[Item, Decimal, Decimal] | None:
    """Read `left` as the lower end of a range such as 3-5千万; the left end borrows what only the right end has."""
    sep = _RANGE.match(text, left.end)
    if not sep or sep.end() >= len(text) or left.problem or left.numeral.vague or text[left.start - 1] == "差":
        return None
    right = read_item(text, sep.end())
    if right is None or right.kind is None or right.problem not in {"", "foreign", "daily"} or right.numeral.vague:
        return None
    a, b = left.numeral, right.numeral
    bare = left.kind in {None, "number"} and left.end == a.end
    borrows = bare or (left.kind == "money" and not left.unit)
    if not borrows and left.kind != right.kind and not (left.kind == "rate" and right.kind == "number"):
        return None
    if bare and right.kind == "number" and not (a.alone and b.alone):
        return None
    if left.kind == "money" and right.kind == "number":
        return None
    low, high = a.low, b.high
    if a.large == 1 and bare:
        step = b.chain if low < 10 and b.chain > 1 and low < b.high / b.chain else b.large
        low = low * step if low * step <= high else low
    if right.kind == "number" and left.kind == "rate":
        right = Item(b, right.start, right.end, right.resume, "rate", left.unit, left.factor)
    low = low * (right.factor if borrows else left.factor) + (Decimal(0) if borrows else left.extra)
    high = high * right.factor + right.extra
    return (right, low, high) if low < high else None


@dataclass(frozen=True)
class _Words:
    """What the words on both sides of a quantity say; those before it begin at `start`."""

    start: int
    bound: Bound
    about: bool
    per: str


def _words_around(text: str, start: int, end: int) -> _Words:
    bounds: list[Bound] = []
    about, per, begin = False, "", start
    for _ in range(4):
        offset = max(0, begin - 12)
        word = _BEFORE.search(text[offset:begin])
        if not word:
            break
        begin = offset + word.start()
        per = per or (word["per"] or "")[:1]
        about = about or bool(word["about"] or word["near"])
        bounds += [k for k in _BOUNDS if word[k]]
    if word := _AFTER.match(text, end):
        about = about or bool(word["about"])
        bounds += [k for k in _BOUNDS if k != "over" and word[k]]
    return _Words(begin, bounds[0] if bounds else "", about, per)


def read_quantities(text: str) -> list[Quantity]:
    """Read every quantity of `text`, in order, without overlap; a foreign sum told in yuan as well is read in yuan."""
    with localcontext(EXACT):
        found = _read_all(text)
    return [q for q in found if not _is_converted(text, q, found)]


def _is_converted(text: str, quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether a foreign sum stands beside what it comes to (150 万美元，折人民币 1020 万元)."""
    if quantity.problem != _PROBLEMS["foreign"]:
        return False
    at = quantities.index(quantity)
    behind, ahead = quantities[at + 1 : at + 2], quantities[max(at - 1, 0) : at]
    return any(not q.problem and _CONVERTED.fullmatch(text[quantity.end : q.start]) for q in behind) or any(
        not q.problem and _CONVERTED_BACK.fullmatch(text[q.end : quantity.start]) for q in ahead
    )


def _read_all(text: str) -> list[Quantity]:
    plain = plain_text(text)
    found: list[Quantity] = []
    position = 0
    while begin := _START.search(plain, position):
        first = read_item(plain, begin.start())
        if first is None:
            position = begin.end()
            continue
        joined = _joined(plain, first)
        last, low, high = joined or (first, *_size(first))
        position = max(last.resume, begin.end())
        is_number = joined or first.numeral.alone or first.problem or plain[first.start : last.end] == plain.strip()
        if last.kind is None or (last.kind == "number" and not is_number):
            continue
        words = _words_around(plain, first.start, last.resume)
        quantity = _quantity(text, plain, first, last, (low, high), words)
        if quantity.per and found and found[-1].start >= words.start:
            found.pop()  # 一年 in 一年 30 万 is its period
        found.append(quantity)
    return found


def _size(item: Item) -> tuple[Decimal, Decimal]:
    """The lowest and highest value of an item in its kind's unit."""
    n = item.numeral
    low, high = (v * item.factor + item.extra * (-1 if v < 0 else 1) for v in (n.low, n.high))
    return low, high


def _quantity(text: str, plain: str, first: Item, last: Item, size: tuple[Decimal, Decimal], words: _Words) -> Quantity:
    """The quantity that goes from one item to another, which are the same where no range was written."""
    assert last.kind is not None
    low, high = size
    if last.kind == "area" and "亩" in (first.unit, last.unit):
        low, high = (v.quantize(Decimal("0.01"), ROUND_HALF_UP) if abs(v) < TOO_LARGE else v for v in size)
    span = text[first.start : last.end]
    is_fuzzy = first.numeral.fuzzy or last.numeral.fuzzy
    is_more = is_fuzzy and ("多" in span or "余" in span)
    is_near = last.kind in {"years", "months"} and plain[first.start - 1 : first.start] == "近"  # 近三年 are three
    problem = _PROBLEMS.get(last.problem, "") or (VAGUE if first.numeral.vague else "")
    if not problem and max(abs(low), abs(high)) >= TOO_LARGE:
        problem = _PROBLEMS["large"]
    elif not problem and last.kind == "money" and high == 0:
        problem = _PROBLEMS["zero"]
    return Quantity(
        text=span,
        start=first.start,
        end=last.end,
        kind=last.kind,
        low=low,
        high=high,
        unit=text[last.end - len(last.unit) : last.end] if plain.endswith(last.unit, 0, last.end) else last.unit,
        per=(last.per or words.per) if last.kind == "money" else "",
        approximate=is_fuzzy or (words.about and not is_near),
        bound=words.bound or ("over" if is_more else ""),
        problem=problem,
    )


def read_amount(text: str) -> Quantity:
    """Read the one quantity of a short text such as 3000万, 4% or 12; raise `UnreadableAmount` if not one."""
    found = read_quantities(text)
    if not found:
        raise UnreadableAmount(f"没有读到数字：“{text[:40]}”。请写成 3000万、5亿元、4% 或 12 这样的形式。")
    if len(found) > 1:
        seen = "、".join(q.text for q in found[:5])
        raise UnreadableAmount(f"读到了 {len(found)} 个数：{seen}。请只写一个。")
    return found[0]


def format_yuan(value: Decimal) -> str:
    """Write yuan in 亿元 or 万元 where at most four decimals say it exactly, else in 元, rounded half up to 0.01."""
    with localcontext(Context(prec=max(EXACT.prec, value.adjusted() + 10))):
        cents = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        for unit, size in (("亿元", SCALES["亿"]), ("万元", SCALES["万"]), ("元", Decimal(1))):
            shown = cents / size
            if size == 1 or (abs(cents) >= size and shown == shown.quantize(Decimal("0.0001"))):
                digits = f"{shown:f}"
                digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
                return f"{'0' if digits == '-0' else digits} {unit}"
    raise AssertionError("unreachable: 元 always fits")
