"""Text → search tokens: canonical terms, cut by jieba, without punctuation and stop words."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property

import jieba

from assistant.lexicon import Lexicon

# Raise when the cutting below changes, so that an index of the old cutting is rebuilt.
_CUTTING = 1

# Words that stand in any question or any clause and point at none.
_STOP_WORDS = """
    的 了 和 与 及 或 在 是 为 被 把 从 到 对 对于 关于 按 按照 就 都 也 还 而 但 并 且 之 其 该 由 于 以 等 个
    这 那 这个 那个 这些 那些 我 我们 你 你们 您 他 他们 它 咱 咱们 本 谁 哪 哪个 哪些 哪里 哪儿 几 多少 多久
    请 请问 想 想要 想问 问 问下 一下 看看 告诉 知道 帮 意思 属于 做 吗 呢 吧 啊 呀 哦 嘛 么 什么 啥 怎么 怎样
    怎么样 如何 是否 是不是 有没有 能否 能不能 会不会 可不可以 可以 可否 能 能够 会 要 需要 有 没有 不 没 不会
    给 给予 上 下 里 中 一个 一家 一次 一种 时候 现在 多长时间 几年
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_HAN_NUMBER = "〇零一二两三四五六七八九十百千万亿"
_FIGURE = re.compile(rf"[\d.]+%?[{_HAN_NUMBER}]*元?|[{_HAN_NUMBER}]+元?|元")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def open_cutter() -> jieba.Tokenizer:
    """A cutter with jieba's word list alone, read in about 0.9 s.

    jieba's own cache file is as slow to load and lies at a fixed path in the temporary directory, so none is read or
    written: a read-only disk changes nothing.
    """
    cutter = jieba.Tokenizer()
    cutter.FREQ, cutter.total = cutter.gen_pfdict(cutter.get_dict_file())
    cutter.initialized = True
    return cutter


class Tokenizer:
    """A jieba tokenizer of its own, knowing the lexicon's terms; safe to share between threads once built."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._cutter = open_cutter()
        for term in self.terms:
            self._cutter.add_word(term)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The lexicon's terms and canonical synonyms, as they stand in cleaned text."""
        return frozenset(term.lower() for term in (*self._lexicon.terms, *self._lexicon.synonyms))

    @cached_property
    def fingerprint(self) -> str:
        """Names this way of cutting; an index cut another way does not fit its questions."""
        synonyms = sorted((term, sorted(words)) for term, words in self._lexicon.synonyms.items())
        parts = [_CUTTING, jieba.__version__, sorted(STOP_WORDS), sorted(self.terms), synonyms]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]

    def tokens(self, text: str) -> list[str]:
        """The tokens to search by; a long word is followed by its parts, so that a part finds the whole."""
        return [word for word in self._cutter.cut_for_search(self.canonical(text), HMM=False) if _is_content(word)]

    def pieces(self, text: str) -> list[str]:
        """The text cut into words and single characters, nothing left out."""
        return list(self._cutter.cut(text, HMM=False))

    def is_word(self, text: str) -> bool:
        """Whether jieba's list or the lexicon holds it as a word."""
        return bool(self._cutter.FREQ.get(text))

    def words(self, text: str) -> list[str]:
        """The words that carry the matter, each place of the text once.

        Figures and sums of money say nothing of the matter, single characters too little (买, 租, 补).
        """
        words = self._cutter.cut(self.canonical(text), HMM=False)
        return [word for word in words if len(word) > 1 and _is_content(word) and not _FIGURE.fullmatch(word)]

    def parts(self, word: str) -> list[str]:
        """The words inside a word (厂房 in 租厂房); none for a word that has no parts."""
        parts = self._cutter.cut_for_search(word, HMM=False)
        return [part for part in parts if part != word and len(part) > 1 and _is_content(part)]

    def canonical(self, text: str) -> str:
        """`text` in the lexicon's normal form, with 1,200,000 as 1200000."""
        return _THOUSANDS.sub("", self._lexicon.canonical(text))


def _is_content(word: str) -> bool:
    return word not in STOP_WORDS and any(character.isalnum() for character in word)
