"""The rows of a checkup → words, and a table of safe HTML; an upper bound is worded as one and nothing is added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from assistant.amounts import format_yuan
from assistant.answer import STATES, Check, Reading, percent
from assistant.policies import Policy
from assistant.sweep import Row

_MOST = "最高不超过"
_COLUMNS = ("事项", "条款", "情况", "金额", "还缺什么")
_KINDS = ("算出", "条文只写了上限", "没有可算的金额", "还缺信息", "没有说到", "不适用")


def table(policy: Policy, rows: Sequence[Row]) -> str:
    """The counts, a table with a row for every measure, and what the policy does not say of several, on one line."""
    title = escape(f"《{policy.description.short_title}》逐项对照")
    heads = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in _COLUMNS)
    notices = "".join(f'<p class="notice">{escape(words)}</p>' for words in stacking(policy))
    return (
        f'<div class="checkup"><p class="counts">{escape(counts(rows))}</p>'
        f'<table role="table"><caption>{title}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(_row(policy, row) for row in rows)}</tbody></table>{notices}</div>'
    )


def counts(rows: Sequence[Row]) -> str:
    """How many measures stand how, in one sentence."""
    kinds = Counter(map(_kind, rows))
    return "，".join(f"{kind} {kinds[kind]} 项" for kind in _KINDS if kinds[kind]) + "。"


def stacking(policy: Policy) -> tuple[str, ...]:
    """What the policy does not say of several amounts beside each other."""
    return tuple(f"文件未规定：{s.topic}。{s.says}" for s in policy.silences if s.beside_several)


def standing(row: Row) -> str:
    """Whether a measure may apply, and the conditions that say it does not."""
    match row.standing:
        case "fails":
            return "不适用：" + "；".join(f"不符合“{c.text}”{_basis(c)}" for c in row.calculation.failed)
        case "unmentioned":
            return "没有说到"
        case "lacks":
            return "可能适用，还缺信息"
        case _:
            reaches_nothing = row.measure.formula.name != "none" and not figures(row)
            return "按您说的数没有可算的金额" if reaches_nothing else "可能适用"


def figures(row: Row) -> tuple[Reading, ...]:
    """What a measure comes to or what its clause bounds it by: a figure with the label "", the ends of a range, or the
    readings of an unclear rule. Totals over the years are left out, since `per` says what a figure is of.
    """
    calculation, formula = row.calculation, row.measure.formula
    if row.standing == "fails" or formula.name == "none":
        return ()
    if row.standing != "unmentioned" and formula.name != "cap_only":
        amount = calculation.amount_yuan
        shown = calculation.readings if amount is None or row.measure.years is None else ()
        if amount is not None and not shown:
            shown = (Reading(label="", amount_yuan=amount),)
        if shown or row.standing == "worked_out":
            return shown
    return (Reading(label="条文的上限", amount_yuan=formula.cap.value),) if formula.cap else ()


def notes(row: Row) -> tuple[str, ...]:
    """How the figures of a row are to be read, as its measure's notes say."""
    return row.measure.notes if row.standing in ("worked_out", "lacks") else ()


def most(row: Row) -> str:
    """What is written before the figures of a row; while anything is missing each of them is only a bound."""
    return f"{_MOST} " if row.calculation.modality == "at_most" or row.standing != "worked_out" else ""


def no_figure(row: Row) -> str:
    """Why a row without figures has none, or the rate or the awards of its clause."""
    formula, calculation = row.measure.formula, row.calculation
    if row.standing == "fails":
        return "无"
    if formula.name == "none":
        return "条文没有写金额"
    if row.standing == "worked_out":
        return calculation.working[-1] if calculation.working else "没有可算的金额"
    if formula.rate is not None:
        return f"不超过{row.measure.input(formula.base or '').label}的 {percent(formula.rate.value)}，条文没有写上限"
    if formula.awards is not None:
        ends = "至 ".join(format_yuan(end(formula.awards.values)) for end in (min, max))
        return f"{'每人' if formula.heads else '每档'} {ends}"
    return "按条文"


def proviso(row: Row) -> str:
    """On what the figures worked out depend: conditions still open, a rule with two readings; "" where on nothing."""
    calculation = row.calculation
    if row.standing != "worked_out" or not figures(row):
        return ""
    is_open = any(c.state == "unknown" for c in calculation.conditions)
    is_unclear = calculation.amount_yuan is not None and len(figures(row)) > 1
    return "；".join(["条件都符合并经认定时"] * is_open + ["按哪种读法，文件未规定"] * is_unclear)


def lacking(row: Row) -> tuple[str, ...]:
    """The questions still to be answered, then the conditions nothing has been said about."""
    if row.standing == "fails":
        return ()
    unknown = (c.text for c in row.calculation.conditions if c.state == "unknown")
    return (*(item.ask for item in row.missing), *(f"{STATES['unknown']}：{text}" for text in unknown))


def conditions(row: Row) -> tuple[str, ...]:
    """Each condition with its state and what decides it."""
    return tuple(f"{STATES[c.state]}：{c.text}{_basis(c)}" for c in row.calculation.conditions)


def _basis(check: Check) -> str:
    return f"（依据：{check.words}）" if check.words else ""


def _kind(row: Row) -> str:
    match row.standing:
        case "fails":
            return "不适用"
        case "unmentioned":
            return "没有说到"
        case "lacks":
            return "还缺信息"
        case _ if not figures(row):
            return "没有可算的金额"
        case _:
            return "条文只写了上限" if row.measure.formula.name == "cap_only" else "算出"


def _row(policy: Policy, row: Row) -> str:
    clause = policy.clause(row.measure.clause)
    name, *labels = _COLUMNS
    link = f'<a href="#clause-{escape(clause.id)}">{escape(clause.label)}</a>'
    cells = (link, _standing(row), _amount(row), _list(lacking(row)) or "无")
    shown = "".join(
        f'<td role="cell" data-label="{label}"><div>{cell}</div></td>'
        for label, cell in zip(labels, cells, strict=True)
    )
    head = f'<th role="rowheader" scope="row" data-label="{name}"><div>{escape(row.measure.name)}</div></th>'
    return f'<tr role="row" class="{row.standing}">{head}{shown}</tr>'


def _standing(row: Row) -> str:
    """Whether it may apply, how many conditions stand how, and what was taken from the user."""
    words = f'<p class="standing">{escape(standing(row))}</p>'
    if row.standing == "unmentioned":
        return words
    states = Counter(c.state for c in row.calculation.conditions)
    told = "、".join(f"{STATES[state]} {states[state]}" for state in STATES if states[state])
    return words + _list([*([f"条件：{told}"] if told else []), *row.calculation.told])


def _amount(row: Row) -> str:
    shown = figures(row)
    if not shown:
        return f"<p>{escape(no_figure(row))}</p>"
    per = "；".join(filter(None, (row.calculation.per, proviso(row))))
    return "".join(_figure(row, r) for r in shown) + f'<p class="per">{escape(per)}</p>' + _list(notes(row))


def _figure(row: Row, reading: Reading) -> str:
    label = f'<span class="label">{escape(reading.label)}</span> ' if reading.label else ""
    return f'<p class="figure">{label}{most(row)}<strong>{escape(format_yuan(reading.amount_yuan))}</strong></p>'


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
