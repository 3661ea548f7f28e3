"""Quantities told of several years (前年 9700 万，去年 1.34 亿) → the year of each, in an order of years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.amounts import Quantity
from assistant.labels import SEPARATOR, STOP, Label
from assistant.measures import Input
from assistant.quantities import is_year

THIS_YEAR = 3000  # after every year that is counted

_YEAR = re.compile(
    r"(?:19|20)\d\d(?!\d)|(?<!\d)[12]\d(?=年)|[前去旧上今本]一?年|[前早头][几些两三]年|上个年度|如今|现在|目前|第[一二三四五]年"
    # the best of all years before (历史最高一亿八), and not what is reached now (创历史最高)
    r"|(?<![创破新下了])(?:历史|历年|以往|过往|往年|过去|以前|之前|此前|从前)[^，。；\d]{0,4}(?:最[高好多佳大]|峰值|纪录|记录|顶峰)"
)
_ROW = re.compile(
    r"(?P<count>[两三四五])年(?:来|间|里)?(?:的)?[^，。；\d]{0,8}(?:分别|依次|各)[是为有]?(?:做|卖)?[了到]?$"
)
_COMMAS = frozenset("、，和")
_SHORT_YEAR = re.compile(r"[12]\d年|一年")  # 21 年, 上一年
_BEST = -9  # the best of all years before
_ORDER = {"前": -2, "去": -1, "旧": -1, "上": -1, "今": 0, "本": 0, "如": 0, "现": 0, "目": 0}
_ORDER |= dict.fromkeys("历以过往之此从早头", _BEST)


def years_of(
    text: str, quantities: Sequence[Quantity], labels: Sequence[Label], base: Input, earlier: Input
) -> dict[Quantity, int]:
    """The year of each quantity that may be `base` or, of a year before, `earlier`; those without a year are left out.

    Years are numbers that only stand in order: as counted, or as told from now, where this one is `THIS_YEAR`.
    """
    own = {base.name, earlier.name}
    foreign = [x for x in labels if not own & x.names or base.name in x.denies]
    years = _years_in_row(text, quantities, base)
    end, last = 0, None
    for q in quantities:
        if is_year(q) or _SHORT_YEAR.fullmatch(q.text):
            continue
        between = text[end : q.start]
        said = _YEAR.findall(between)
        breaks = [m.end() for m in SEPARATOR.finditer(text, end, q.start)]
        clause = breaks[-1] if breaks else end
        here = [x for x in labels if clause <= x.start and x.end <= q.start]
        last = _rank(said[-1]) if said else None if STOP.search(between) else last
        # 今年突破 2 亿，做到 5.1 亿: the second is of the same, latest year, by a word of its own.
        goes_on = last == max(years.values(), default=None) != THIS_YEAR + _BEST and any(x.names & own for x in here)
        is_dated = bool(said) or goes_on
        if last is not None and is_dated and q.kind == base.kind and not q.problem and not set(here) & set(foreign):
            years[q] = last
        end = q.end
    return years


def _years_in_row(text: str, quantities: Sequence[Quantity], base: Input) -> dict[Quantity, int]:
    """The last years' figures told in one row, the latest last (近三年分别是 3.1 亿、4.4 亿、6.2 亿)."""
    for at, first in enumerate(quantities):
        row = _ROW.search(text[: first.start])
        if row is None or first.kind != base.kind:
            continue
        count = "两三四五".find(row["count"]) + 2
        listed = quantities[at : at + count]
        gaps = [text[a.end : b.start] for a, b in pairwise(listed)]
        if len(listed) == count and all(q.kind == base.kind and not q.problem for q in listed) and set(gaps) <= _COMMAS:
            return {q: THIS_YEAR - count + 1 + n for n, q in enumerate(listed)}
    return {}


def _rank(year: str) -> int:
    """Where a year stands among others, be it counted (2021), told from now (去年) or from the start (第二年)."""
    if year[0] in _ORDER:
        return THIS_YEAR + _ORDER[year[0]]
    return "一二三四五".index(year[1]) if year[0] == "第" else int(year) + 2000 * (len(year) == 2)
