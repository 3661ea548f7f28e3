"""Numerals: the number written at a place of plain text, without its unit."""

from decimal import Decimal

import pytest

from assistant.numerals import Numeral, read_numeral


def numeral(text: str) -> Numeral:
    found = read_numeral(text, 0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("1,200,000.00元", "1200000", "1,200,000.00"),
        ("1亿2千万", "120000000", "1亿2千万"),
        ("两亿五", "250000000", "两亿五"),
        ("三千五百", "3500", "三千五百"),
        ("3kw", "30000000", "3kw"),
        ("三十三一平", "33", "三十三"),
        ("3万2人", "30000", "3万"),
        ("一个半亿", "150000000", "一个半亿"),
    ],
)
def test_terms_are_joined_as_long_as_their_scales_go_down(text: str, value: str, written: str) -> None:
    found = numeral(text)
    assert text[: found.end] == written
    assert found.low == found.high == Decimal(value)


def test_a_pair_of_digits_is_a_range_and_both_take_the_scale() -> None:
    found = numeral("两三千万")
    assert (found.low, found.high) == (20_000_000, 30_000_000)


def test_a_scale_without_a_number_is_vague_and_a_tail_is_fuzzy() -> None:
    assert numeral("几千万").vague
    assert (numeral("几千万").low, numeral("几千万").high) == (10_000_000, 100_000_000)
    assert numeral("3000多万").fuzzy
    assert not numeral("3000多万").vague


def test_the_scales_before_one_digit_are_lent_to_the_other_end_of_a_range() -> None:
    assert numeral("5千万").chain == 10**7
    assert numeral("5千万").large == 10**4


def test_a_word_is_no_number() -> None:
    assert read_numeral("设备", 0) is None
