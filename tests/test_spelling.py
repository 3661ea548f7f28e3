"""Words typed by their sound are put right; words that only sound alike stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lexicon import Lexicon
from assistant.spelling import Speller
from assistant.tokens import Tokenizer


@pytest.fixture(scope="module")
def speller(lexicon: Lexicon) -> Speller:
    tokenizer = Tokenizer(lexicon)
    return Speller((*lexicon.terms, *lexicon.synonyms), tokenizer.pieces, tokenizer.is_word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("贴席最高补几年", "贴息最高补几年"),
        ("投姿总额6000万", "投资总额6000万"),
        ("固定自产完成3900万", "固定资产完成3900万"),
        ("高及技师引进4人", "高级技师引进4人"),
        ("设备净直2100万", "设备净值2100万"),
    ],
)
def test_a_term_typed_by_its_sound_is_put_right(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "贷款能不贴息吗",
        "带宽多少",
        "我们租进一台设备",
        "企业及市商务局",
        "市里奖不奖",
        "这是一回事吗",
        "技改投资3000万能补多少",
        "hello 123",
        "",
    ],
)
def test_what_is_right_or_only_sounds_alike_stays(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


@given(st.text(max_size=80))
def test_a_correction_never_changes_the_length(speller: Speller, text: str) -> None:
    assert len(speller.correct(text)) == len(text)
