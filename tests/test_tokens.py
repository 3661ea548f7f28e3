"""The tokenizer with the project's own word list."""

import subprocess
import sys
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lexicon import Lexicon, read_lexicon
from assistant.tokens import STOP_WORDS, Tokenizer

ROOT = Path(__file__).resolve().parent.parent
TOKENIZER = None


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return _tokenizer()


def _tokenizer() -> Tokenizer:
    global TOKENIZER
    TOKENIZER = TOKENIZER or Tokenizer(read_lexicon(ROOT / "corpus" / "lexicon"))
    return TOKENIZER


def test_an_everyday_word_becomes_the_token_of_its_term(tokenizer: Tokenizer) -> None:
    assert "技术改造" in tokenizer.tokens("我想搞技改")
    assert set(tokenizer.tokens("技改")) == set(tokenizer.tokens("技术改造"))


def test_a_long_term_is_kept_whole_and_also_cut_into_its_parts(tokenizer: Tokenizer) -> None:
    assert {"公共技术服务平台", "公共", "技术", "服务", "平台"} <= set(tokenizer.tokens("公共技术服务平台"))


def test_punctuation_and_stop_words_are_dropped_and_ascii_and_figures_kept(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.tokens("请问，NB-IoT 和 IPv6 的项目，投资１２０万元？！")
    assert {"nb", "iot", "ipv6", "项目", "投资", "120", "万元"} <= set(tokens)
    assert not STOP_WORDS & set(tokens)
    assert all(any(c.isalnum() for c in token) for token in tokens)


def test_thousands_separators_do_not_split_a_figure(tokenizer: Tokenizer) -> None:
    assert "1200000" in tokenizer.tokens("1,200,000元")


def test_words_leave_out_figures_sums_and_single_characters(tokenizer: Tokenizer) -> None:
    assert tokenizer.words("买了3000万的核心仪器，三千万元，5.5亿元，10%") == ["核心", "仪器"]


def test_a_word_is_taken_apart_into_the_words_inside_it(tokenizer: Tokenizer) -> None:
    assert "补贴" in tokenizer.parts("住房补贴")
    assert tokenizer.parts("补贴") == []


def test_the_fingerprint_follows_terms_and_synonyms() -> None:
    one = Lexicon(("共性工厂",), {"技术改造": ("技改",)})
    fingerprints = {
        Tokenizer(lexicon).fingerprint
        for lexicon in (one, Lexicon((), one.synonyms), Lexicon(one.terms, {"技术改造": ("技改", "技该")}), one)
    }
    assert len(fingerprints) == 3


def test_the_global_jieba_is_left_alone(tokenizer: Tokenizer) -> None:
    tokenizer.tokens("技改")
    assert not jieba.dt.initialized


def test_it_works_silently_where_no_cache_can_be_written() -> None:
    code = (
        "import tempfile; tempfile.tempdir = '/proc/none'\n"
        "from assistant.lexicon import Lexicon; from assistant.tokens import Tokenizer\n"
        "print(Tokenizer(Lexicon(('共性工厂',), {})).tokens('共性工厂'))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "共性工厂" in run.stdout
    assert run.stderr == ""


@given(st.text())
def test_any_text_can_be_cut(text: str) -> None:
    tokenizer = _tokenizer()
    assert all(tokenizer.tokens(text))
    assert all(tokenizer.words(text))
