"""Text → its figures in `Decimal`, with units; written apart from the product's own reader, so as to check it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Figure:
    """A number in its base unit: 元 (万 and 亿 multiplied out), % (成 and ‰ turned into it), ㎡, 年, 月, 家 …

    `unit` is empty where none was written: "3000万" is 30000000 of something.
    """

    value: Decimal
    unit: str
    text: str = ""

    def is_held_by(self, other: Figure) -> bool:
        """Whether the other is the same number, in the same unit or in none; a percentage is only a percentage."""
        if self.value != other.value:
            return False
        return self.unit == other.unit or ("%" not in (self.unit, other.unit) and not (self.unit and other.unit))


_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8, "w": 10**4, "k": 1000}
_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLAIN = str.maketrans(
    "０１２３４５６７８９．％〇壹贰叁肆伍陆柒捌玖拾佰仟萬億圆圓俩兩",
    "0123456789.%零一二三四五六七八九十百千万亿元元两两",
    "*`\\",
)
# What looks like a figure and is a place: list marks, footnotes, clause labels and clause ids.
_PLACES = re.compile(
    r"^[\s>*-]*\d{1,2}(?:[.)）](?=\s)|、(?!\d))|\[\d{1,2}\]|(?<=[一二三四五六七八九十]）)\d{1,2}[.．]"
    r"|(?<![\d.])\d{1,2}(?:\.\d{1,2}){2,}(?![\d.])|第\s*\d+(?:\.\d+)*\s*(?:条|款|项|章|节|步|部分)"
    r"|条款\s*\d+(?:\.\d+)*(?!\s*[\d.万亿元%])",
    re.MULTILINE,
)
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)[ \u3000]?(?P<scale>[十百千]?[万亿]{1,2}|kw|w|百(?!分)|千|)"
    r"|百分之(?P<percent>[零一二两三四五六七八九十百点]+)"
    r"|(?P<chinese>[零一二两三四五六七八九十百千](?:(?!一个(?![十百千万亿]))[零一二两三四五六七八九十百千万亿]|个(?=[十百千万亿半]))*)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[ \u3000]?(?:(?P<percent>%|个?百分点|个点)|(?P<permille>‰)|(?P<tenth>成(?![立本为功员都熟长交果品绩效份]))"
    r"|(?P<yuan>元|块|人民币|rmb)|(?P<area>平方米|平方|平米|㎡|m2|m²|平)|(?P<months>个月|月)|(?P<years>年)"
    r"|(?P<people>[人名位])|(?P<other>[家个项条档台套倍号亩日天次强所类批种]))",
    re.IGNORECASE,
)
_BASE = {"percent": "%", "permille": "%", "tenth": "%", "yuan": "元", "area": "㎡", "months": "月", "years": "年"}
_RANGE = re.compile(r"\s*(?:[-–—~～]|至|到)\s*")


@dataclass(frozen=True)
class _Term:
    number: Decimal
    scale: int
    unit: str
    factor: Decimal
    start: int
    stop: int  # after the scale
    end: int  # after the unit


def read_figures(text: str, places: Iterable[str] = ()) -> tuple[Figure, ...]:
    """Every figure of the text in order; `places` are further labels and ids that hold no figure."""
    text = text.translate(_PLAIN)
    for place in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\d.]){re.escape(place.translate(_PLAIN))}(?!\d|\.\d|\s*[万亿元%年倍])", " ", text)
    text = _PLACES.sub(" ", text)
    terms = list(_terms(text))
    figures: list[Figure] = []
    n = 0
    while n < len(terms):
        first = last = terms[n]
        value = first.number * first.scale
        while n + 1 < len(terms) and _goes_on(last, terms[n + 1]):
            n += 1
            last = terms[n]
            value += last.number * last.scale
        unit, factor = last.unit, last.factor
        if n + 1 < len(terms) and first is last and not unit and first.scale == 1:  # 20-30万元, 2018至2022年
            following = terms[n + 1]
            if _RANGE.fullmatch(text, last.stop, following.start):
                value, unit, factor = value * following.scale, following.unit, following.factor
        figures.append(Figure(value * factor, unit, text[first.start : last.end].strip()))
        n += 1
    return tuple(figures)


def _goes_on(last: _Term, following: _Term) -> bool:
    """Whether the next term belongs to the same number, as 2千万 does to 1亿 in 1亿2千万."""
    return not last.unit and last.scale > following.scale > 1 and last.stop == following.start


def _terms(text: str) -> Iterator[_Term]:
    position = 0
    while found := _NUMBER.search(text, position):
        position = found.end()
        unit, factor, end = "", Decimal(1), found.end()
        if found["percent"]:
            yield _Term(_chinese(found["percent"]), 1, "%", factor, found.start(), end, end)
            continue
        if named := _UNIT.match(text, found.end()):
            kind = str(named.lastgroup)
            unit, end = _BASE.get(kind, "人" if kind == "people" else named[0].strip()), named.end()
            factor = {"tenth": Decimal(10), "permille": Decimal("0.1")}.get(kind, factor)
        if run := found["chinese"]:
            # 一次, 三年, 十四五 are words; a Chinese numeral is a figure where it is money: 两千万, 三百元, 百亿
            if unit == "元" or (run[-1] in "万亿" and (run[0] in _NUMERALS or run[0] == "十" or run[-1] == "亿")):
                yield _Term(_chinese(run), 1, unit, factor, found.start(), found.end(), end)
                position = end
            continue
        scale = 1
        for char in found["scale"].lower().replace("kw", "千w"):
            scale *= _SCALES[char]
        beside = text[found.start() - 1 : found.start()] + text[found.end() : found.end() + 1]
        if scale == 1 and not unit and re.search(r"[A-Za-z]", beside):  # 5G, IPv6
            continue
        number = Decimal(found["digits"].replace(",", ""))
        yield _Term(number, scale, unit, factor, found.start(), found.end(), end)
        position = max(position, end) if unit else position


def _chinese(run: str) -> Decimal:
    """A Chinese numeral: 三千八百万 → 38000000, 十二点五 → 12.5, 一个亿 → 100000000."""
    whole, _, fraction = run.replace("个", "").partition("点")
    total = section = digit = 0
    pending = False
    for char in whole:
        if char in _NUMERALS:
            digit, pending = _NUMERALS[char], char != "零"
        elif char in "万亿":  # 亿 lifts all before it (一万亿), 万 only its own section (一亿两千万)
            section, total = (section + digit, total) if char == "万" else (total + section + digit, 0)
            total += section * _SCALES[char]
            section = digit = 0
            pending = False
        else:
            section += (digit if pending else 1) * _SCALES[char]
            digit, pending = 0, False
    decimals = "".join(str(_NUMERALS.get(c, "")) for c in fraction)
    return Decimal(f"{total + section + digit}.{decimals or 0}")
