"""`corpus/lexicon` → the project's terms, everyday words for them, and one normal form for what users type."""

from __future__ import annotations

import html
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from opencc import OpenCC

from assistant.errors import CorpusError

# What NFKC would turn into digits (①, ㎡), and markup pasted along with the words.
_ENUMERATORS = re.compile("[\u2460-\u249b\u2776-\u2793]")
_MARKUP = re.compile(r"<(script|style)\b[^<>]{0,80}>.*?</\1>|<[A-Za-z/!][^<>]{0,80}>", re.DOTALL | re.IGNORECASE)
_COMMA = re.compile(r",(?!\d{3}(?!\d))|(?<!\d),")
_TWO_OR_THREE = re.compile("([俩仨])(?![个十百千万亿])")
_INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


_SPACES = re.compile(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])")
# 净值 1500 万 二是租… : the space before a list's number parts it from the amount.
_LISTED = re.compile(r"(?<=[万亿元块%个人名平年月])\s+(?=(?:\d{1,2}|[一二三四五六七八])(?:是|[、.)）:：]|\s))")
# 1、… 2、… number the questions of a list and are no figures.
_MARKER = re.compile(
    r"(?:^|(?<=[\s；。，、:：？?！!])|(?<=[多少几呢吗]))\(?(?P<n>\d{1,2})(?:[、)]|\.(?!\d))\s*(?=[^\d\s])"
)
# Who types fast parts clauses with a space (公司开了六年了 最近租了…): one between two runs long enough to be clauses.
_PAUSE = re.compile(r"(?<=[^\s，。；：:、?!]{4}[\u4e00-\u9fff%w]) +(?=[\u4e00-\u9fff][^\s，。；：:、?!]{4})")
# Lines and columns of a pasted table; 1 200 000 元 is one figure.
_LINE = re.compile(r"(?<=[^，。；：:、?!\s])[ \t]*\n\s*")
_COLUMN = re.compile(r"(?<=[^，。；：:、?!\s])(?:[ \t]{2,}|\t|(?<=\d) (?=\d)(?!\d{3}(?!\d)))")


@dataclass(frozen=True)
class Lexicon:
    """Terms jieba must keep whole, and canonical term → everyday words, abbreviations and typos for it."""

    terms: tuple[str, ...]
    synonyms: dict[str, tuple[str, ...]]

    @cached_property
    def _canonical(self) -> dict[str, str]:
        variants = {v.lower(): term for term, words in self.synonyms.items() for v in words}
        # A canonical term found as it is stays: 并购重组 must not become 并购重组重组.
        return {**variants, **{term.lower(): term for term in self.synonyms}}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._canonical, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    @cached_property
    def _simplify(self) -> OpenCC:
        return OpenCC("t2s")

    def clean(self, text: str) -> str:
        """The text in NFKC, simplified, lower case, without markup, control or invisible characters."""
        text = _ENUMERATORS.sub("；", _MARKUP.sub(" ", html.unescape(text)).replace("㎡", "平米"))
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        text = str(self._simplify.convert(text)).lower()
        # NFKC has made ASCII of Chinese punctuation; the patterns of the corpus stop at the Chinese ones.
        text = _COMMA.sub("，", text).replace(";", "；")
        return _TWO_OR_THREE.sub(lambda m: "两个" if m[1] == "俩" else "三个", text)

    def canonical(self, text: str) -> str:
        """Clean `text` with each everyday word put as its canonical term."""
        return self._pattern.sub(lambda match: self._canonical[match[0]], self.clean(text))

    def simplified(self, text: str) -> str:
        """A text in canonical terms, its lines and columns parted, without the spaces that mean nothing."""
        unnumbered = _without_numbers(self.canonical(text).strip())
        parted = _COLUMN.sub("，", _LISTED.sub("；", _LINE.sub("；", unnumbered)))
        return _SPACES.sub("", _PAUSE.sub("，", parted))


def _without_numbers(text: str) -> str:
    """The text with the numbers that its items bear (1、… 2、…) as bullets."""
    if not {"1", "2"} <= {m["n"] for m in _MARKER.finditer(text)}:
        return text
    return _MARKER.sub(lambda m: "" if not m.start() else "·" if text[m.start() - 1] in "\n；，。？?:" else "；·", text)


def read_lexicon(directory: Path) -> Lexicon:
    """Read `terms.txt` (one a line, # comments) and `synonyms.toml` (canonical = [variants])."""
    terms_file, synonyms_file = directory / "terms.txt", directory / "synonyms.toml"
    try:
        lines = (line.partition("#")[0].strip() for line in terms_file.read_text("utf-8").splitlines())
        synonyms = tomllib.loads(synonyms_file.read_text("utf-8"))
    except OSError as error:
        raise CorpusError.unreadable(error.filename, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{synonyms_file} 不是有效的 TOML：{error}。请改正后重试。") from error
    for term, words in synonyms.items():
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise CorpusError(f"{synonyms_file}：{term} 应是非空字符串的列表，实际是 {words!r}。")
    return Lexicon(tuple(filter(None, lines)), {term: tuple(words) for term, words in synonyms.items()})
