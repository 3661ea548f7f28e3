"""Amounts: what users type -> quantities, by hand-written table, by property and against public vectors."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant import amounts, numerals, units
from assistant.amounts import Quantity, format_yuan, read_amount, read_quantities
from assistant.errors import AssistantError

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ROOT.parent / "shared" / "public" / "numbers"
ALPHABET = "一二三五十百千万亿零两半几多来个点元块年月日平方米人%％.,，-~到至/0123456789wk每负第（）() 约上过不"


def read_cases() -> Iterator[Any]:
    """Yield one parameter set per line of `data/amounts.txt`."""
    for line in (Path(__file__).parent / "data" / "amounts.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            text, expected = line.split("\t")
            yield pytest.param(text, [] if expected == "-" else expected.split(" ; "), id=text)


def describe(quantity: Quantity, like: str) -> str:
    """Write a quantity in the table's notation; the span's text only where `like` states it."""
    low, high = quantity.low.normalize(), quantity.high.normalize()
    value = f"{low:f}" if abs(high) < Decimal("1e20") else f"{low}"
    value += f"..{high:f}" if low != high else ""
    marks = [f'"{quantity.text}"'] * ('"' in like)
    marks += ["~"] * quantity.approximate + [quantity.bound] * bool(quantity.bound)
    marks += [f"/{quantity.per}"] * bool(quantity.per) + ["!"] * bool(quantity.problem)
    return " ".join([quantity.kind, value, *sorted(marks)])


def in_order(expected: str) -> str:
    """Sort the marks of one expectation, so that their order in the table does not matter."""
    kind, value, *rest = re.findall(r'"[^"]*"|\S+', expected)
    return " ".join([kind, value, *sorted(rest)])


CASES = list(read_cases())


def test_the_table_has_at_least_150_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_text_is_read_as_the_table_says(text: str, expected: list[str]) -> None:
    found = read_quantities(text)
    likes = expected + [""] * (len(found) - len(expected))
    assert [describe(q, like) for q, like in zip(found, likes, strict=False)] == [in_order(e) for e in expected]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0 元"),
        ("0.004", "0 元"),
        ("0.005", "0.01 元"),
        ("9999.99", "9999.99 元"),
        ("10000", "1 万元"),
        ("12345", "1.2345 万元"),
        ("12345.678", "12345.68 元"),
        ("66000", "6.6 万元"),
        ("1000000", "100 万元"),
        ("10000000", "1000 万元"),
        ("99999999", "9999.9999 万元"),
        ("100000000", "1 亿元"),
        ("120000000", "1.2 亿元"),
        ("123456789", "12345.6789 万元"),
        ("123456789.5", "123456789.5 元"),
        ("1E+9", "10 亿元"),
        ("-66000", "-6.6 万元"),
    ],
)
def test_yuan_are_shown_in_the_largest_unit_that_is_exact(value: str, shown: str) -> None:
    assert format_yuan(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("3000万", ""),
        ("3000万元", "元"),
        ("500圆", "圆"),
        ("５％", "％"),
        ("3000平方米", "平方米"),
        ("12人", "人"),
        ("36个月", "个月"),
    ],
)
def test_the_unit_is_kept_as_written(text: str, unit: str) -> None:
    assert read_amount(text).unit == unit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("500万美元", "人民币"),
        ("-500万", "负"),
        ("0元", "大于"),
        ("几千万", "准确"),
        ("1e309元", "过大"),
        ("2元/平/天", "每月"),
        ("无穷大", "具体"),
    ],
)
def test_an_unusable_amount_says_why_in_chinese(text: str, words: str) -> None:
    assert words in read_amount(text).problem


@pytest.mark.parametrize("text", ["", "多少", "五（九）", "3000万，5000人"])
def test_a_form_value_without_exactly_one_quantity_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="请") as caught:
        read_amount(text)
    assert isinstance(caught.value, AssistantError)


def test_one_sum_written_in_nine_ways_is_one_sum() -> None:
    ways = ["3000万", "0.3亿", "30000000元", "三千万", "3kw", "3千万", "叁仟万元整", "30,000,000元", "３０００Ｗ"]
    assert {read_amount(way).low for way in ways} == {Decimal(30_000_000)}


@given(st.decimals(min_value="0.01", max_value="99999999999999.99", places=2))
def test_a_formatted_amount_reads_back_as_itself(value: Decimal) -> None:
    shown = format_yuan(value)
    found = read_amount(shown)
    assert (found.kind, found.low, found.high, found.problem) == ("money", value, value, "")
    assert (found.text, "E" in shown) == (shown, False)


@given(st.integers(min_value=1, max_value=10**9))
def test_the_unit_does_not_change_the_sum(wan: int) -> None:
    yi = Decimal(wan) / 10_000
    sums = {read_amount(text).low for text in (f"{wan}万", f"{yi:f}亿", f"{wan * 10_000}元", f"{wan}w", f"{wan:,}万元")}
    assert sums == {Decimal(wan) * 10_000}


def assert_spans_are_exact(text: str) -> None:
    end = 0
    for quantity in read_quantities(text):
        assert end <= quantity.start < quantity.end <= len(text)
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.low <= quantity.high
        end = quantity.end


@given(st.text(max_size=80))
@example("1e999999999999999999999元")
@example("١٢٣万元 ²³万 ①②万")
def test_any_text_is_read_without_error_and_with_exact_spans(text: str) -> None:
    assert_spans_are_exact(text)


@settings(max_examples=400)
@given(st.text(alphabet=ALPHABET, max_size=40))
def test_any_pile_of_numerals_and_units_is_read_without_error(text: str) -> None:
    assert_spans_are_exact(text)


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        "一",
        "十",
        "万",
        "1,",
        "1.",
        "1万",
        "1到",
        "每平",
        "负",
        "a",
        "一亿",
        "两三",
        "1:",
        "第",
        " ",
        "3千",
        "1,000",
        "，000",
        "百分之",
        "几",
        "半",
        "a1-",
    ],
)
def test_hostile_text_of_5000_characters_takes_a_bounded_number_of_steps(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def counted(read: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            return read(*args)

        return wrapper

    monkeypatch.setattr(amounts, "read_item", counted(units.read_item))
    monkeypatch.setattr(units, "read_numeral", counted(numerals.read_numeral))
    text = (unit * 5000)[:5000]
    assert_spans_are_exact(text)
    assert calls <= 4 * len(text) + 4


# --- public vectors, each source by its own convention ---------------------------------------------------------------

FLOORS = {
    "cn2an": 0.80,
    "JioNLP": 0.92,
    "JioNLP spans": 1.0,
    "duckling": 0.65,
    "Recognizers currency": 0.85,
    "Recognizers percent": 0.77,
}


def read_public() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (source group, row) for the money and percent rows that people here type; other rows are left out."""
    for line in (PUBLIC / "vectors.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        source, kind, unit = row["source"].split("/")[0], row.get("kind"), row.get("unit")
        if row.get("expect") or row["value"] is None:
            continue
        if source == "cn2an" and unit == "CNY":
            yield "cn2an", row
        elif source == "JioNLP":
            yield ("JioNLP" if kind == "money" else "JioNLP spans"), row
        elif source == "duckling" and unit in {"Dollar", "CNY", "HKD"}:
            yield "duckling", row
        elif kind == "currency" and unit in {"CNY", "USD", "EUR", "HKD", "JPY"}:
            yield "Recognizers currency", row
        elif kind == "percentage" and unit == "%" and "折" not in row["text"]:
            yield "Recognizers percent", row


def agrees(group: str, row: dict[str, Any]) -> bool:
    """Say whether our reading has the row's value; for whole sentences, whether any quantity has it."""
    value, sentence = row["value"], row.get("sentence") or row["text"]
    if group == "JioNLP spans":
        return bool([q.text for q in read_quantities(row["text"]) if q.kind == "money"] == value)
    ends = [
        Decimal(str(v).rstrip("%").replace(",", "")) for v in (value if isinstance(value, list) else [value, value])
    ]
    kinds, scale = ({"rate"}, 100) if group == "Recognizers percent" else ({"money"}, 1)
    found = [q for q in read_quantities(sentence) if q.kind in kinds]
    foreign = row["unit"] not in {"CNY", "元", "Dollar", "%"}
    return any([q.low * scale, q.high * scale] == ends and (not foreign or bool(q.problem)) for q in found)


def test_public_vectors_are_read_at_the_measured_rate(capsys: pytest.CaptureFixture[str]) -> None:
    if not (PUBLIC / "vectors.jsonl").exists():
        pytest.skip(f"no public vectors at {PUBLIC}")
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    missed: list[str] = []
    for group, row in read_public():
        total[group] += 1
        right[group] += (good := agrees(group, row))
        if not good:
            missed.append(f"{group}: {row.get('sentence') or row['text']} -> {row['value']} {row['unit']}")
    with capsys.disabled():
        print("\n" + "\n".join(f"{g}: {right[g]}/{total[g]} = {right[g] / total[g]:.1%}" for g in sorted(total)))
    assert set(total) == set(FLOORS)
    low = {g: right[g] / total[g] for g in total if right[g] / total[g] < FLOORS[g]}
    assert not low, f"{low}\n" + "\n".join(missed)


@pytest.mark.parametrize(
    ("text", "rent"),
    [
        ("租金按年算一平600元", 50), ("年租金每平480元", 40), ("480元/平，按年付", 40), ("每平米租金一年480元", 40),
        ("一平一年平均300块", 25), ("今年租金每平40元", 40), ("40元（平/月）", 40),
    ],
)  # fmt: skip
def test_the_time_that_a_rent_is_told_by_is_no_duration(text: str, rent: int) -> None:
    (quantity,) = read_quantities(text)
    assert (quantity.kind, round(quantity.low, 6)) == ("unit_rent", rent)


@pytest.mark.parametrize(
    "text",
    ["三百块屏", "五十块板子", "两百万颗芯片", "一万小时", "十万级洁净车间", "一千万像素", "20万件", "一百块面板"],
)
def test_what_is_counted_is_no_money(text: str) -> None:
    assert read_quantities(text) == []


@pytest.mark.parametrize("text", ["500万条件", "200万只能", "300万支持", "300万级别", "三百块电费", "500万组建"])
def test_a_word_that_only_begins_like_a_counter_leaves_the_money(text: str) -> None:
    (quantity,) = read_quantities(text)
    assert quantity.kind == "money"
