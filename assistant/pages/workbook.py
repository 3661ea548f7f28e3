"""The rows of a checkup → an .xlsx workbook: amounts are numbers beside the words of their bound, and no cell adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from math import ceil
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from assistant.amounts import format_yuan
from assistant.pages.checkup import conditions, counts, figures, lacking, most, no_figure, proviso, stacking, standing
from assistant.passages import Passages
from assistant.policies import Policy
from assistant.sweep import Row

_RESULTS = "体检结果"
# Heading and width in characters of each column.
_COLUMNS = (
    ("事项", 24), ("条款", 22), ("情况", 20), ("界限", 22), ("金额（元）", 17), ("金额至（元）", 17), ("每", 16),
    ("所用数据", 32), ("条件", 36), ("还缺什么", 36), ("条文", 48),
)  # fmt: skip
_YUAN = "#,##0.00"
_ACROSS = 6  # columns that a line above the table spans, about as wide as a screen
_CAUTIONS = (
    "“最高不超过”是上限，不是能拿到的数；金额以主管部门认定为准。",
    "没有填的不算零，也不算不符合：条件分为符合、不符合和待确认三种。",
    "依据政策原文逐项对照，仅供参考，以主管部门认定为准。",
)
_BARRED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold
_FORMULA = tuple("=+-@\t\r")
_LINE = 16  # points of a line
_TITLE = Font(bold=True, size=14)
_EDGE = Border(bottom=Side(style="thin", color="DFE5EA"))
_HEAD = PatternFill("solid", start_color="E6F2F0")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can name


def workbook(policy: Policy, rows: Sequence[Row], as_of: date) -> bytes:
    """The file: a sheet 体检结果 with a row for every measure and a sheet 说明; the same rows give the same bytes."""
    book = Workbook()
    book.properties.title, book.properties.creator = _RESULTS, "政策问答"
    book.properties.created = book.properties.modified = datetime(as_of.year, as_of.month, as_of.day)
    notices = (counts(rows), *stacking(policy), Passages(policy).term_notice(as_of))
    results = book.worksheets[0]
    results.title = _RESULTS
    _fill_results(results, policy, rows, as_of, notices)
    _fill_notes(book.create_sheet("说明"), policy, notices)
    return _packed(book)


def _fill_results(sheet: Worksheet, policy: Policy, rows: Sequence[Row], as_of: date, notices: Sequence[str]) -> None:
    description = policy.description
    numbered = f"{description.number}　{description.issuer}　体检日期：{as_of.year} 年 {as_of.month} 月 {as_of.day} 日"
    above = (description.title, numbered, *notices)
    for at, words in enumerate(above, 1):
        _write_across(sheet, at, words)
    sheet["A1"].font = _TITLE
    head = len(above) + 1
    for column, (label, width) in enumerate(_COLUMNS, 1):
        cell = _write(sheet, head, column, label)
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    for at, row in enumerate(rows, head + 1):
        for column, value in enumerate(_values(policy, row), 1):
            _write(sheet, at, column, value)
    last = get_column_letter(len(_COLUMNS))
    sheet.freeze_panes = f"B{head + 1}"
    sheet.auto_filter.ref = f"A{head}:{last}{head + len(rows)}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0


def _values(policy: Policy, row: Row) -> tuple[str | Decimal | None, ...]:
    """A row's cells, in the order of `_COLUMNS`."""
    calculation, clause = row.calculation, policy.clause(row.measure.clause)
    low, high = _ends(row)
    return (
        row.measure.name, clause.label, standing(row), _bound(row), low, high, calculation.per,
        "\n".join(calculation.told) if row.standing != "unmentioned" else "",
        "\n".join(conditions(row)), "\n".join(lacking(row)), row.measure.quote,
    )  # fmt: skip


def _ends(row: Row) -> tuple[Decimal | None, Decimal | None]:
    """The figure in yuan, or both ends of a range; of a rule with two readings the one that is worked out first."""
    amounts = [reading.amount_yuan for reading in figures(row)]
    is_range = len(amounts) > 1 and row.calculation.amount_yuan is None
    return amounts[0] if amounts else None, amounts[-1] if is_range else None


def _bound(row: Row) -> str:
    """The words of the figures: what each is, whether it is an upper bound, and on what it depends."""
    shown = figures(row)
    if not shown:
        return no_figure(row)
    if len(shown) == 1:
        words = [f"{shown[0].label} {most(row)}".strip() or "按条文计算，以认定为准"]
    else:
        words = [f"{r.label}：{most(row)}{format_yuan(r.amount_yuan)}" for r in shown]
    return "\n".join(filter(None, (*words, proviso(row))))


def _fill_notes(sheet: Worksheet, policy: Policy, notices: Sequence[str]) -> None:
    sheet.column_dimensions["A"].width = 100
    for at, words in enumerate((policy.description.title, *notices, *_CAUTIONS), 1):
        _write(sheet, at, 1, words)
    sheet["A1"].font = _TITLE


def _write(sheet: Worksheet, at: int, column: int, value: str | Decimal | None) -> Cell:
    """Put a value in: an amount as a number of yuan, words never as a formula, neither now nor when edited."""
    cell = sheet.cell(at, column)
    assert isinstance(cell, Cell), "only the first cell of a merged line is written"
    if isinstance(value, str):
        words = _BARRED.sub("", value)
        cell.value = words
        cell.data_type = "s"
        cell.quotePrefix = words.startswith(_FORMULA)
    else:
        cell.value = value
        cell.number_format = _YUAN
    cell.alignment, cell.border = _WRAPPED, _EDGE
    return cell


def _write_across(sheet: Worksheet, at: int, words: str) -> None:
    """One line above the table over its first columns; merged cells do not grow by themselves."""
    _write(sheet, at, 1, words)
    sheet.merge_cells(start_row=at, end_row=at, start_column=1, end_column=_ACROSS)
    length = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)
    room = sum(width for _, width in _COLUMNS[:_ACROSS])
    sheet.row_dimensions[at].height = _LINE * ceil(length / room) + 4


def _packed(book: Workbook) -> bytes:
    """The workbook as a file without the time of its making."""
    made, packed = BytesIO(), BytesIO()
    ExcelWriter(book, ZipFile(made, "w")).save()
    with ZipFile(made) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(ZipInfo(name, _OLDEST), source.read(name), ZIP_DEFLATED)
    return packed.getvalue()
