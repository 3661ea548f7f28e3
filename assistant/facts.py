"""A quantity taken for an input of a measure → a fact, or the reason why it cannot be one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.amounts import Quantity, format_yuan, read_amount
from assistant.answer import percent, plain
from assistant.errors import UnusableInput
from assistant.measures import Input, Kind

_SHOWN = 40  # characters of a wrong value that its error repeats
_SMALL_UNITS = ("元", "块", "块钱", "圆")
_SMALL = 1000  # yuan per ㎡ per month; more is a whole rent
# Which kinds of quantity may fill an input of a kind outright, and which only where words point at it.
FITS: dict[str, tuple[str, ...]] = {
    "money": ("money",),
    "rate": ("rate",),
    "area": ("area",),
    "unit_rent": ("unit_rent",),
    "count": ("count",),
    "months": ("months",),
}
# A bare number of yuan is not read as money: 5000 may be 元 or 万元.
FITS_LABELLED: dict[str, tuple[str, ...]] = {
    "rate": ("number",),
    "area": ("number",),
    "unit_rent": ("number", "money"),
    "count": ("number",),
}
# A daily rate, and 厘/分, which are thousandths or hundredths by custom and not by rule.
_DAY_RATE = re.compile(r"日(?:息|利率?|利息)[是为]?$")
_DAILY = re.compile(r"(?:每|一)(?:天|日)|日租金?[是为]?$")
OLD_UNIT = re.compile(r"[厘分毫]")


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
    kind: Kind
    approximate: bool = False
    bound: str = ""
    parts: tuple[Part, ...] = ()

    def plus(self, other: Fact) -> Fact:
        """Both together, in both their words."""
        return replace(self, approximate=self.approximate or other.approximate).made_of((*self.parts, *other.parts))

    def minus(self, other: Fact) -> Fact:
        """What is left when a part is taken off (里面有 300 万是办公电脑，剔掉)."""
        off = [replace(p, low=-p.high, high=-p.low, words=f"−{p.words}") for p in other.parts]
        return replace(self, approximate=self.approximate or other.approximate).made_of((*self.parts, *off))

    def made_of(self, parts: Sequence[Part]) -> Fact:
        """The same input as the sum of `parts`, of prices and rates as all of them from the lowest to the highest."""
        if self.kind in ("unit_rent", "rate"):
            low, high = min(p.low for p in parts), max(p.high for p in parts)
            return replace(self, low=low, high=high, words="、".join(p.words for p in parts), parts=tuple(parts))
        return replace(
            self,
            low=sum((p.low for p in parts), Decimal(0)),
            high=sum((p.high for p in parts), Decimal(0)),
            words=" + ".join(p.words for p in parts).replace("+ −", "− "),
            parts=tuple(parts),
        )

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


def fits(item: Input, quantity: Quantity, labelled: bool) -> bool:
    """Whether the quantity is of the input's kind, or with a word that points at it may be taken for it."""
    if quantity.kind in FITS[item.kind]:
        return True
    if not labelled or quantity.kind not in FITS_LABELLED.get(item.kind, ()):
        return False
    if quantity.kind == "money":
        return is_small(quantity)
    return item.kind != "rate" or 0 < quantity.high < 100


def is_small(quantity: Quantity) -> bool:
    """Whether a sum is a price of a ㎡ rather than a whole rent."""
    return quantity.unit in _SMALL_UNITS and quantity.high < _SMALL


def read_fact(item: Input, quantity: Quantity, label: str = "") -> Fact:
    """The quantity as this input's fact; ValueError when it cannot be one."""
    if fault := fault_of("", item, quantity):
        raise ValueError(fault)
    scale = Decimal("0.01") if item.kind == "rate" and quantity.kind == "number" else Decimal(1)
    low, high = quantity.low * scale, quantity.high * scale
    return Fact(
        item.name, low, high, quantity.text, item.kind, quantity.approximate, quantity.bound,
        (Part(label, low, high, quantity.text),),
    )  # fmt: skip


def read_words(item: Input, words: str) -> Fact:
    """The one quantity that a form's field holds as this input's fact; `UnusableInput` names the field and value."""
    try:
        return read_fact(item, read_amount(f"{words}个月" if item.kind == "months" and words.isdecimal() else words))
    except ValueError as error:
        raise UnusableInput(f"{item.label}＝{words[:_SHOWN]}：{error}") from error


def fault_of(text: str, item: Input, quantity: Quantity) -> str:
    """Why the quantity cannot be this input's, as a sentence for the user; "" when it can."""
    if quantity.problem:
        return quantity.problem
    if not fits(item, quantity, True):
        return f"“{quantity.text}”不是{item.label}的量，请连单位一起写。"
    if item.kind == "count" and quantity.low != quantity.low.to_integral_value():
        return f"{item.label}应是整数，“{quantity.text}”不是。"
    if item.kind == "unit_rent" and _DAILY.search(text[: quantity.start]):
        return f"{item.label}要按月算，请把“{quantity.text}”换算成每平方米每月多少元再告诉我。"
    if item.kind == "rate":
        if quantity.kind == "rate" and quantity.high > 1:
            return f"{item.label}“{quantity.text}”超过了百分之百，请核对。"
        if _DAY_RATE.search(text[: quantity.start]) or OLD_UNIT.match(text[quantity.end :]):
            return f"{item.label}要按年的百分数算，请把“{quantity.text}”换算成年利率再告诉我。"
    return ""


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
