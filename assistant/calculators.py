"""A measure, facts and verdicts → a Calculation: what it comes to in yuan, step by step, or why it does not.

Rounding, said once: amounts are exact decimals until the end and are rounded half up to 0.01 yuan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from assistant.amounts import format_yuan
from assistant.answer import Calculation, Check, Reading, State, percent, plain
from assistant.facts import Fact
from assistant.measures import Condition, Formula, Input, Measure

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Verdict:
    """Whether a condition holds, and the user's words that decide it."""

    state: State
    words: str = ""


@dataclass
class _Work:
    """A formula at work: the values it may use, and the steps and readings it leaves.

    `rooms` are areas with the rent of each, where each has its own.
    """

    formula: Formula
    values: Mapping[str, Decimal]
    labels: Mapping[str, str]
    defaults: Mapping[str, Decimal]
    rooms: Sequence[tuple[Decimal, Decimal]] = ()
    open_end: bool = False
    steps: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def value(self, name: str | None) -> Decimal:
        assert name is not None, "the corpus lint proves that a formula names its inputs"
        return self.values[name]

    def label(self, name: str | None) -> str:
        return self.labels[name or ""]

    def capped(self, amount: Decimal) -> Decimal:
        cap = self.formula.cap
        if cap is None or amount <= cap.value:
            return amount
        self.steps.append(f"超过上限 {format_yuan(cap.value)}，按上限 {format_yuan(cap.value)}计")
        return cap.value


def _cap_only(work: _Work) -> Decimal | None:
    assert work.formula.cap is not None
    work.steps.append(f"条文只写了上限：最高 {format_yuan(work.formula.cap.value)}，没有计算公式")
    return work.formula.cap.value


def _share(work: _Work) -> Decimal | None:
    assert work.formula.rate is not None
    base, rate = work.value(work.formula.base), work.formula.rate.value
    amount = base * rate
    work.steps.append(f"{format_yuan(base)} × {percent(rate)} = {format_yuan(amount)}")
    return work.capped(amount)


def _interest(work: _Work) -> Decimal | None:
    assert work.formula.asset_share is not None
    loan, asset, rate = (work.value(n) for n in (work.formula.base, work.formula.asset, work.formula.interest_rate))
    share = work.formula.asset_share.value
    limit = asset * share
    principal = min(loan, limit)
    work.steps.append(
        f"计息本金以{work.label(work.formula.asset)}的 {percent(share)} 为限："
        f"{format_yuan(asset)} × {percent(share)} = {format_yuan(limit)}"
    )
    work.steps.append(
        f"{work.label(work.formula.base)} {format_yuan(loan)}{'超过' if loan > limit else '没有超过'}该限额，"
        f"按 {format_yuan(principal)}计"
    )
    amount = principal * rate
    work.steps.append(f"一年利息：{format_yuan(principal)} × {percent(rate)} = {format_yuan(amount)}")
    return work.capped(amount)


def _tiers(work: _Work) -> Decimal | None:
    formula = work.formula
    assert formula.thresholds is not None and formula.awards is not None
    tiers = list(zip(formula.thresholds.values, formula.awards.values, strict=True))
    revenue = work.value(formula.base)
    reached = [(t, a) for t, a in tiers if (revenue > t if work.open_end else revenue >= t)]
    if not reached:
        work.steps.append(f"{format_yuan(revenue)} 没有达到最低一档 {format_yuan(tiers[0][0])}")
        return None
    threshold, award = reached[-1]
    previous = work.values.get(formula.previous) if formula.previous else None
    if previous is not None and previous >= threshold:
        work.steps.append(f"此前 {format_yuan(previous)} 已达到 {format_yuan(threshold)} 这一档，不是首次")
        return None
    work.steps.append(f"达到的最高一档是 {format_yuan(threshold)}，奖励 {format_yuan(award)}")
    crossed = [a for t, a in reached if previous is not None and t > previous]
    if len(crossed) > 1:
        work.readings.append(Reading(label="只按达到的最高一档", amount_yuan=award))
        work.readings.append(Reading(label="一年内跨过的各档累加", amount_yuan=sum(crossed, Decimal(0))))
        work.steps.append(
            f"各档累加则为 {' + '.join(map(format_yuan, crossed))} = {format_yuan(sum(crossed, Decimal(0)))}"
        )
    return award


def _per_head(work: _Work) -> Decimal | None:
    assert work.formula.awards is not None
    total = Decimal(0)
    for name, award in zip(work.formula.heads, work.formula.awards.values, strict=True):
        if (count := work.values.get(name)) is not None:
            total += count * award
            work.steps.append(f"{plain(count)} 人 × {format_yuan(award)} = {format_yuan(count * award)}")
    if len(work.steps) > 1:
        work.steps.append(f"合计 {format_yuan(total)}")
    return total


def _rent(work: _Work) -> Decimal | None:
    formula = work.formula
    year = work.defaults[formula.months or ""]
    months = min(work.values.get(formula.months or "", year), year)
    rooms = work.rooms or [(work.value(formula.area), work.value(formula.unit_rent))]
    amounts = []
    for area, rent in rooms:
        if formula.unit_cap is not None and rent > formula.unit_cap.value:
            work.steps.append(
                f"租金 {plain(rent)} 元/㎡/月超过 {plain(formula.unit_cap.value)} 元/㎡/月，"
                f"按 {plain(formula.unit_cap.value)} 元/㎡/月计"
            )
            rent = formula.unit_cap.value
        amount = area * rent * months
        work.steps.append(f"{plain(area)} ㎡ × {plain(rent)} 元/㎡/月 × {plain(months)} 个月 = {format_yuan(amount)}")
        amounts.append(amount)
    total = sum(amounts, Decimal(0))
    if len(amounts) > 1:
        work.steps.append(f"{' + '.join(map(format_yuan, amounts))} = {format_yuan(total)}")
    return work.capped(total)


FORMULAS: dict[str, Callable[[_Work], Decimal | None]] = {
    "none": lambda work: None,
    "cap_only": _cap_only,
    "share": _share,
    "interest": _interest,
    "tiers": _tiers,
    "per_head": _per_head,
    "rent": _rent,
}


def calculate(
    measure: Measure, facts: Mapping[str, Fact], verdicts: Mapping[str, Verdict], years: Decimal | None = None
) -> Calculation:
    """Work `measure` out on `facts` (by input name) and `verdicts` (by condition name).

    `amount_yuan` (yuan; of a yearly benefit one year's) is None while an input is missing or a condition fails;
    the ends of a range, totals over the allowed years and second readings of an unclear rule stand in `readings`.
    """
    known = _known(measure, facts)
    checks = tuple(_check(measure, condition, known, verdicts) for condition in measure.conditions)
    result = Calculation(
        measure=measure.id, name=measure.name, clause=measure.clause, amount_yuan=None,
        modality=measure.modality, per=measure.per, conditions=checks, given=tuple(known),
    )  # fmt: skip
    if measure.formula.name == "none":
        return result
    told = tuple(f"{i.label}：{_said(known[i.name])}" for i in measure.inputs if i.name in known)
    if failed := [c for c in checks if c.state == "fails"]:
        why = tuple(f"不符合“{c.text}”" + (f"（您说的是“{c.words}”）" if c.words else "") for c in failed)
        return result.model_copy(update={"steps": (*told, *why)})
    if lacking := missing(measure, known):
        update = {"steps": told, "readings": _bound(measure, known), "missing": tuple(i.name for i in lacking)}
        return result.model_copy(update=update)
    amount, steps, readings = _ends(measure, known)
    if amount is not None and measure.years is not None and _is_whole_year(measure, known):
        readings = (*readings, *_totals(amount, measure.years.value, years))
    return result.model_copy(update={"amount_yuan": amount, "steps": (*told, *steps), "readings": readings})


def _known(measure: Measure, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts that are the measure's inputs, and those that follow from two of them."""
    known = {name: fact for name, fact in facts.items() if any(i.name == name for i in measure.inputs)}
    for item in (i for i in measure.inputs if i.derived and i.name not in known):
        assert item.derived is not None
        first, second = (known.get(name) for name in item.derived.of)
        if first and second and (fact := _derived(item, first, second)):
            known[item.name] = fact
    return known


def _derived(item: Input, first: Fact, second: Fact) -> Fact | None:
    """`first` less or over `second`, as the input's fact; None where nothing is left."""
    assert item.derived is not None
    sign = "−" if item.derived.operation == "difference" else "÷"
    if sign == "−":
        low, high = first.low - second.high, first.high - second.low
    elif second.low > 0:
        low, high = first.low / second.high, first.high / second.low
    else:
        return None
    words = f"{first.words} {sign} {second.words}"
    approximate = first.approximate or second.approximate
    return Fact(item.name, low, high, words, item.kind, approximate) if low > 0 else None


def missing(measure: Measure, facts: Mapping[str, Fact]) -> tuple[Input, ...]:
    """The inputs still needed, most decisive first: those of the formula, and those a limit cannot do without."""
    known = _known(measure, facts)
    lacking = measure.missing(known)
    limits = [c for c in measure.conditions if c.input and c.at_least and c.input not in known]
    open_limits = [c.input for c in limits if _check(measure, c, known, {}).state == "unknown"]
    needed = (measure.input(name) for name in open_limits if name and any(known))
    return tuple(dict.fromkeys((*lacking, *needed)))


def _ends(measure: Measure, known: Mapping[str, Fact]) -> tuple[Decimal | None, tuple[str, ...], tuple[Reading, ...]]:
    """The formula on the low and on the high end of what is known; one amount only where both ends agree."""
    low = _work(measure, {n: f.low for n, f in known.items()}, known)
    if any(_is_open(measure, fact) for fact in known.values()):
        return _from_below(measure, low)
    if all(fact.low == fact.high for fact in known.values()) or _rooms(measure, known):
        return low[0], low[1], low[2]
    high = _work(measure, {n: f.high for n, f in known.items()}, known)
    if low[0] == high[0]:
        return high[0], (*low[1], *high[1]), ()
    ends = (("按范围的低端", low[0]), ("按范围的高端", high[0]))
    return None, (*low[1], *high[1]), tuple(Reading(label=t, amount_yuan=a) for t, a in ends if a is not None)


def _is_open(measure: Measure, fact: Fact) -> bool:
    """Whether only a lower limit is known of something the amount grows with (超过 3000 万)."""
    formula = measure.formula
    grows = (formula.base, formula.asset, formula.interest_rate, formula.area, formula.unit_rent, *formula.heads)
    return (
        fact.bound in ("over", "at_least") and not fact.approximate and fact.name in grows and formula.name != "tiers"
    )


def _from_below(
    measure: Measure, low: tuple[Decimal | None, tuple[str, ...], tuple[Reading, ...]]
) -> tuple[Decimal | None, tuple[str, ...], tuple[Reading, ...]]:
    """The amount where the lower limit already reaches the cap; else what it comes to there, and the cap."""
    cap = measure.formula.cap
    if low[0] is None or (cap is not None and low[0] == cap.value):
        return low
    readings = [Reading(label="按所说的下限", amount_yuan=low[0])]
    readings += [Reading(label="再多也不超过上限", amount_yuan=cap.value)] if cap is not None else []
    return None, low[1], tuple(readings)


def _work(
    measure: Measure, values: Mapping[str, Decimal], known: Mapping[str, Fact]
) -> tuple[Decimal | None, tuple[str, ...], tuple[Reading, ...]]:
    base = known.get(measure.formula.base or "")
    work = _Work(
        measure.formula,
        values,
        _labels(measure),
        _defaults(measure),
        _rooms(measure, known),
        open_end=base is not None and base.bound == "under",
    )
    amount = FORMULAS[measure.formula.name](work)
    return None if amount is None else _rounded(amount), tuple(work.steps), tuple(work.readings)


def _rooms(measure: Measure, known: Mapping[str, Fact]) -> list[tuple[Decimal, Decimal]]:
    """The areas with the rent of each, where several were told one by one."""
    area, rent = known.get(measure.formula.area or ""), known.get(measure.formula.unit_rent or "")
    parts = zip(area.parts, rent.parts, strict=False) if area and rent else ()
    rooms = [(a.low, r.low) for a, r in parts if (a.low, r.low) == (a.high, r.high)]
    is_each = area and rent and len(rooms) == len(area.parts) == len(rent.parts) > 1
    return rooms if is_each else []


def _bound(measure: Measure, known: Mapping[str, Fact]) -> tuple[Reading, ...]:
    """An upper bound that already holds although an input is missing, as a reading."""
    formula = measure.formula
    values = {name: fact.high for name, fact in known.items()}
    if formula.unit_cap is not None and formula.area in values and formula.unit_rent not in values:
        values[formula.unit_rent or ""] = formula.unit_cap.value
        label = f"按标准上限 {plain(formula.unit_cap.value)} 元/㎡/月计"
    elif formula.base not in values and (whole := _whole(measure)) in values and not known[whole].bound:
        values[formula.base or ""] = values[whole]
        label = f"即使{measure.input(whole).label}全部计入"
    else:
        return ()
    if any(i.name not in values for i in measure.inputs if not i.optional):
        return ()
    amount = FORMULAS[formula.name](_Work(formula, values, _labels(measure), _defaults(measure)))
    return () if amount is None else (Reading(label=label, amount_yuan=_rounded(amount)),)


def with_most_over_years(measure: Measure, calculation: Calculation) -> Calculation:
    """The calculation, of a yearly benefit with a cap and nothing worked out yet also the most of all its years."""
    cap, years = measure.formula.cap, measure.years
    if calculation.amount_yuan is not None or calculation.readings or cap is None or years is None:
        return calculation
    label = f"每年都按上限 {format_yuan(cap.value)}，最长 {plain(years.value)} 年合计封顶"
    reading = Reading(label=label, amount_yuan=_rounded(cap.value * years.value))
    return calculation.model_copy(update={"readings": (reading,)})


def _defaults(measure: Measure) -> dict[str, Decimal]:
    return {item.name: item.default for item in measure.inputs if item.default is not None}


def _is_whole_year(measure: Measure, known: Mapping[str, Fact]) -> bool:
    """Whether a yearly amount is a full year's, so that years of it can be added up."""
    fact = known.get(measure.formula.months or "")
    return fact is None or fact.low >= _defaults(measure)[fact.name]


def _labels(measure: Measure) -> dict[str, str]:
    return {item.name: item.label for item in measure.inputs}


def _whole(measure: Measure) -> str:
    return next((i.part_of for i in measure.inputs if i.name == measure.formula.base and i.part_of), "")


def _totals(amount: Decimal, most: Decimal, years: Decimal | None) -> tuple[Reading, ...]:
    spans = [min(years, most)] if years is not None and years > 1 else []
    return tuple(
        Reading(label=f"{'最长 ' if span == most else ''}{plain(span)} 年合计", amount_yuan=_rounded(amount * span))
        for span in dict.fromkeys([*spans, most])
    )


def _check(measure: Measure, condition: Condition, known: Mapping[str, Fact], verdicts: Mapping[str, Verdict]) -> Check:
    verdict = verdicts.get(condition.name, Verdict("unknown"))
    if condition.input and condition.at_least:
        verdict = _meets_limit(measure, condition.input, condition.at_least.value, known)
    earlier, now = known.get(condition.decided_by or ""), known.get(measure.formula.base or "")
    if earlier and now:
        verdict = _is_new(measure.formula, earlier, now)
    return Check(text=condition.text, state=verdict.state, words=verdict.words, quote=condition.quote)


def _meets_limit(measure: Measure, name: str, limit: Decimal, known: Mapping[str, Fact]) -> Verdict:
    """“以上”包括本数（《民法典》第一千二百五十九条）; a part at the limit proves the whole, a smaller one nothing."""
    if fact := known.get(name):
        if fact.low >= limit and not (fact.bound in ("under", "at_most") and fact.low == limit):
            return Verdict("meets", fact.words)
        if fact.high < limit and fact.bound not in ("over", "at_least"):
            return Verdict("fails", fact.words)
        if fact.bound == "under" and fact.high == limit:
            return Verdict("fails", fact.words)
        return Verdict("unknown", fact.words)
    parts = [known[i.name] for i in measure.inputs if i.part_of == name and i.name in known]
    proof = next((part for part in parts if part.low >= limit), None)
    return Verdict("meets", proof.words) if proof else Verdict("unknown")


def _is_new(formula: Formula, earlier: Fact, now: Fact) -> Verdict:
    """Whether the tier reached now was not reached before, by the figures and whatever words there are."""
    assert formula.thresholds is not None
    reached = [tier for tier in formula.thresholds.values if now.low >= tier]
    if not reached:
        return Verdict("unknown")
    return Verdict("meets" if earlier.high < reached[-1] else "fails", earlier.words)


def _said(fact: Fact) -> str:
    rough = "，按约数计" if fact.approximate else ""
    return f"{fact.shown}（您说的“{fact.words}”{rough}）" if fact.words else fact.shown


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
