"""Lookalikes: what only looks like a quantity is blanked out, and nothing moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lookalikes import plain_text


@given(st.text())
def test_every_character_stays_at_its_place(text: str) -> None:
    assert len(plain_text(text)) == len(text)


@pytest.mark.parametrize("text", ["2021年", "5.9条", "第十二", "13800138000", "上半年", "万一", "9:30"])
def test_a_lookalike_is_blank(text: str) -> None:
    assert set(plain_text(text)) == {"\0"}


@pytest.mark.parametrize(
    ("text", "plain"), [("３０００萬", "3000万"), ("伍佰Ｗ", "五百w"), ("1，200，000元", "1,200,000元")]
)
def test_a_number_is_written_in_one_alphabet(text: str, plain: str) -> None:
    assert plain_text(text) == plain
