"""A table pasted into a message → the same told in words (净值：410 万元、690 万元), headings by their figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_BARS = re.compile(r"\s*\|\s*")
_RULE = re.compile(r"[\s|:\-—=+]+")  # the line under a Markdown heading
_GAPS = (re.compile(r"\t"), re.compile(r"\s{2,}"), re.compile(r"[，](?=\S)"), re.compile(r" +"))
_QUOTED = re.compile(r'"([^"\n]*)"')
_FIGURE = re.compile(r"[¥￥]?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<unit>\D{0,6})")
_UNIT = re.compile(r"[(（\[](?:单位[:：])?(?P<unit>[百千万亿]*元[^)）\]]{0,8}|㎡|平方?米|平米|[个台套名人]|%)[)）\]]")
_UNIT_OF_ALL = re.compile(r"单位[:：是为]?\s*(?P<unit>[百千]?[万亿]?元)|[(（](?P<bare>[百千]?[万亿]?元)[)）]")
_TOTAL = re.compile(r"[合总共小]\s*计|总[数额和]")
_NUMBERING = re.compile(r"序号|编号|no\.?|#")
_NO_MONEY = re.compile(r"数量|[台套件人个]数|人员?$|名额|面积|年[份度]?$|期数|月数|比例|率$|租金")
_COUNT = re.compile(r"数量|[台套件人个]数|人员?$|名额")
_PRICE = re.compile(r"单价|每[台套件个]")
_EACH_ROW = re.compile(r"面积|租金|率$")  # each row's own stand together
_AMOUNT = re.compile(r"金额|费用|总价|小计|合计|数额|投资额?|人民币")
_YEAR = re.compile(r"(?:19|20)\d\d年?")


@dataclass(frozen=True)
class _Table:
    """A heading and its rows, cell by cell; `unit` is of all sums of money that have none of their own."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    unit: str


def told_in_words(text: str) -> str:
    """The text with each table in it told in words; a text without one as it is."""
    if "\n" not in text:
        return text
    lines = [line.strip() for line in text.split("\n")]
    unit = _UNIT_OF_ALL.search(text)
    common = (unit["unit"] or unit["bare"]) if unit else ""
    out: list[str] = []
    at = 0
    while at < len(lines):
        table, end = _table_at(lines, at, common)
        out.append(_words(table) if table else lines[at])
        at = end if table else at + 1
    return "\n".join(out)


def _table_at(lines: Sequence[str], at: int, unit: str) -> tuple[_Table | None, int]:
    """The table whose heading is a line, and the line behind it."""
    best: tuple[_Table | None, int] = (None, at)
    for gap in (_BARS,) if "|" in lines[at] else _GAPS:
        heads = _cells(lines[at], gap)
        if len(heads) < 2 or any(_FIGURE.fullmatch(head) for head in heads) or not all(heads):
            continue
        rows: list[list[str]] = []
        end = at + 1
        while end < len(lines) and (row := _row(lines[end], gap, len(heads))) is not None:
            rows += [row] if row else []
            end += 1
        if (len(rows) > 1 or (rows and gap in (_BARS, _GAPS[0]))) and end > best[1]:
            best = _Table(heads, rows, unit), end
    return best


def _cells(line: str, gap: re.Pattern[str]) -> list[str]:
    line = _QUOTED.sub(lambda m: m[1].replace("，", ""), line)
    return [cell.strip() for cell in gap.split(line.strip("|").strip() if gap is _BARS else line)]


def _row(line: str, gap: re.Pattern[str], width: int) -> list[str] | None:
    """A line's cells, under their headings; [] for a rule, None where the table has ended."""
    if gap is _BARS and line and _RULE.fullmatch(line):
        return []
    cells = _cells(line, gap)
    if 1 < len(cells) < width and _TOTAL.search(cells[0]):
        cells = [cells[0], *[""] * (width - len(cells)), *cells[1:]]
    is_row = len(cells) == width and any(_FIGURE.fullmatch(cell) for cell in cells[1:])
    return cells if is_row else None


def _words(table: _Table) -> str:
    """A table in words: of each column the total where it has one, else its figures in a row."""
    kept = [n for n, head in enumerate(table.heads) if n and not _NUMBERING.search(head)]
    names = 1 if _NUMBERING.search(table.heads[0]) and len(table.heads) > 2 else 0
    columns = [n for n in kept if n != names and any(_FIGURE.fullmatch(row[n]) for row in table.rows)]
    if any(_AMOUNT.search(table.heads[n]) for n in columns) and any(_PRICE.search(table.heads[n]) for n in columns):
        columns = [n for n in columns if not (_PRICE.search(table.heads[n]) or _COUNT.search(table.heads[n]))]
    totals = [row for row in table.rows if _TOTAL.search(row[0]) or _TOTAL.search(row[names])]
    rows = [row for row in table.rows if row not in totals]
    if any(_EACH_ROW.search(table.heads[n]) or _PRICE.search(table.heads[n]) for n in columns) or all(
        _YEAR.fullmatch(row[names]) for row in rows
    ):
        told = ["，".join([_dated(row[names]) + _cell(table, row, n) for n in columns]) for row in rows]
        return "；".join(told) + "。"
    return "；".join(_column(table, rows, totals, names, n) for n in columns) + "。"


def _column(table: _Table, rows: Sequence[Sequence[str]], totals: Sequence[Sequence[str]], names: int, n: int) -> str:
    head = _bare(table.heads[n])
    if _COUNT.search(head):  # 高级工 12 人: the row says who they are
        return "、".join(_named(row) + _figure(table, row, n) for row in rows if row[n])
    if totals and totals[-1][n]:
        return f"{head}合计{_figure(table, totals[-1], n)}"
    return f"{head}：" + "、".join(_figure(table, row, n) for row in rows if row[n])


def _cell(table: _Table, row: Sequence[str], n: int) -> str:
    return _bare(table.heads[n]) + _figure(table, row, n)


def _figure(table: _Table, row: Sequence[str], n: int) -> str:
    """A cell with the unit of its own, of its heading, or of the whole table."""
    figure = _FIGURE.fullmatch(row[n])
    if figure is None:
        return row[n]
    own = _UNIT.search(table.heads[n])
    piece = "台" if any(_PRICE.search(head) for head in table.heads) else "人"
    default = piece if _COUNT.search(table.heads[n]) else "" if _NO_MONEY.search(_bare(table.heads[n])) else table.unit
    return figure["number"] + (figure["unit"] or (own["unit"] if own else default))


def _bare(head: str) -> str:
    return re.sub(r"[(（\[].*?[)）\]]", "", head)


def _dated(name: str) -> str:
    return f"{name.rstrip('年')}年" if _YEAR.fullmatch(name) else name


def _named(row: Sequence[str]) -> str:
    """What a row is of: its cells that are no figures."""
    return re.sub(r"\d+", "", "".join(cell for cell in row if not _FIGURE.fullmatch(cell)))
