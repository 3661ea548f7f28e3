"""The facts told before and those of a message → the facts that hold after it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from assistant.amounts import Quantity
from assistant.facts import Fact, read_fact
from assistant.measures import Measure
from assistant.ratios import with_told_by_others
from assistant.slots import Filled

_ALL_OF_THEM = re.compile(r"都|全是|全算")
_OF_THEM = re.compile(r"其中|[里当]中|里[面头]")
_GROWN = re.compile(r"今年[^，。；]{0,8}(?:增长|增加|涨|同比|翻|多了|更|提高|上升)")


def latest_facts(
    text: str, facts: Mapping[str, Fact], known: Mapping[str, Fact], measures: Sequence[Measure]
) -> dict[str, Fact]:
    """The facts; an earlier year's figure told alone (去年 9000 万), with no growth since, is the one in question."""
    facts = dict(facts)
    if _GROWN.search(text):
        return facts
    for formula in (m.formula for m in measures):
        base, previous = formula.base, formula.previous
        if base and previous in facts and base not in {*facts, *known}:
            facts[base] = replace(facts.pop(previous), name=base)
    return facts


def with_deducted(filled: Filled, known: Mapping[str, Fact], measures: Sequence[Measure]) -> Filled:
    """What was filled, and what is to be deducted though it is said to be something else (300 万是办公电脑，剔掉)."""
    sums = [i for m in measures for i in m.inputs if i.sum and i.name in known]
    parts = [q for q in filled.foreign for i in sums if q.kind == i.kind and q.high < known[i.name].low]
    news = [n for n, f in filled.facts.items() if n not in known or (f.low, f.high) != (known[n].low, known[n].high)]
    if news or len(sums) != 1 or len(parts) != 1:
        return filled
    return replace(filled, facts={sums[0].name: read_fact(sums[0], parts[0])}, unused=())


def with_shares_of(whole: Quantity, text: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, with those told as a share or a multiple of a figure of a message before (完成了一半)."""
    if any(q.kind == whole.kind for q in quantities):
        return list(quantities)
    lead = f"{whole.text}，"
    first = replace(whole, start=0, end=len(whole.text))
    told = with_told_by_others(f"{lead}{text}", [first, *(_moved(q, len(lead)) for q in quantities)])
    return [_moved(q, -len(lead)) for q in told if q.start >= len(lead)]


def _moved(quantity: Quantity, by: int) -> Quantity:
    return replace(quantity, start=quantity.start + by, end=quantity.end + by)


def kept_facts(
    text: str, told: Mapping[str, Fact], known: Mapping[str, Fact], measures: Sequence[Measure], supposes: bool
) -> dict[str, Fact]:
    """The `known` facts that stand beside those told now; `supposes`: these are only supposed."""
    known = dict(known)
    heads = {h for m in measures for h in m.formula.heads}
    if supposes and heads & told.keys() and _ALL_OF_THEM.search(text):  # 这 6 个要都只是高级工呢
        known = {n: f for n, f in known.items() if n not in heads}
    fresh, others = heads & told.keys() - known.keys(), heads & known.keys() - told.keys()
    if len(fresh) == len(others) == 1 and _OF_THEM.search(text):  # 其中 4 个其实是技师
        (part,), (other,) = fresh, others
        if told[part].high < known[other].low:
            known[other] = known[other].minus(told[part])
    for item in (i for m in measures for i in m.inputs if i.derived and i.name not in told):
        assert item.derived is not None
        sources = set(item.derived.of)
        if sources & told.keys() and sources <= {*known, *told}:  # 更正，原值 4500 万，累计折旧 1700 万
            known.pop(item.name, None)
    for item in (i for m in measures for i in m.inputs if i.name in told):
        whole = item.part_of
        if whole and whole in known and whole not in told and known[whole].high < told[item.name].low:
            known.pop(whole)  # 那如果加到 2000 万，都完成了: more than the whole told before
    return known


def revised_facts(
    told: Mapping[str, Fact], known: Mapping[str, Fact], intents: Collection[str], adds: bool
) -> dict[str, Fact]:
    """The facts told: on top of the `known` ones where the message says so (再加上 80 万元), or for one part."""
    revised = dict(told)
    for name in told.keys() & known.keys():
        old, new = known[name], told[name]
        if "deducts" in intents and new.high < old.low:
            revised[name] = old.minus(new)
        elif adds and not _says_again(old, new):
            revised[name] = old.plus(new)
        elif "correction" in intents:
            revised[name] = old.corrected(new)
    return revised


def _says_again(old: Fact, new: Fact) -> bool:
    """Whether the figure of before is one of those told now (这 300 万没算软件，软件另外花了 80 万)."""
    return len(new.parts) > 1 and any((p.low, p.high) == (old.low, old.high) for p in new.parts)


def is_known(quantity: Quantity, facts: Mapping[str, Fact]) -> bool:
    """Whether a figure is one of those told before, or of the parts that they were told in."""
    told = [(p.low, p.high) for f in facts.values() for p in f.parts] + [(f.low, f.high) for f in facts.values()]
    return (quantity.low, quantity.high) in told


def is_one_of_several(quantity: Quantity, facts: Mapping[str, Fact]) -> bool:
    """Whether a figure is one of the parts that a fact was told in."""
    several = (f.parts for f in facts.values() if len(f.parts) > 1)
    return any((p.low, p.high) == (quantity.low, quantity.high) for parts in several for p in parts)
