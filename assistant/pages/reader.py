"""A policy's own words → safe HTML to read and search; everything from data and from the reader is escaped.

The text of `document` is the repaired text and nothing else: a name that is not in it and the sign of a link are
attributes, which `reader.css` shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from assistant.clauses import COLOPHON, HEAD, Clause, squeeze
from assistant.pages.marks import Span, with_marks
from assistant.policies import Policy

_BEFORE, _AFTER = 12, 48
_LINE = re.compile(".+")
_SIGNS = {"\n": "⏎", "\t": "⇥"}


def contents(policy: Policy) -> str:
    """Links to every clause in document order, nested by the depth of their ids."""
    return f'<nav aria-label="目录">{_list(policy.clauses)}</nav>'


def document(policy: Policy, words: str = "") -> str:
    """The whole text, an article for each clause, with every occurrence of `words` marked."""
    wanted = [_fold(word) for word in words.split()]
    return f'<div class="document">{"".join(_article(clause, wanted) for clause in policy.clauses)}</div>'


def found(policy: Policy, words: str) -> str:
    """How often and where the policy has `words`, and which of them it has nowhere; "" for no words."""
    typed = tuple(dict.fromkeys(words.split()))
    if not typed:
        return ""
    wanted = [_fold(word) for word in typed]
    whole = "\n".join(_fold(clause.text) for clause in policy.clauses)
    missing = "".join(f"“{escape(word)}”" for word in typed if _fold(word) not in whole)
    hits = [(clause, spans) for clause in policy.clauses if (spans := _hits(clause.text, wanted))]
    html = ""
    if hits:
        rows = "".join(_hit(clause, spans) for clause, spans in hits)
        count = sum(len(spans) for _, spans in hits)
        html += f'<p role="status">共 {count} 处，在 {len(hits)} 条里：</p><ul>{rows}</ul>'
    if missing:
        html += (
            f'<p class="missing" role="status">{missing}没有找到。'
            "这里按原文的字查找，可以少写几个字，或换成原文可能用的全称再找。</p>"
        )
    return f'<section class="found" aria-label="查找结果">{html}</section>'


def repairs(policy: Policy) -> str:
    """Every change made to the text as received, its white space visible; the caller offers the file beside it."""
    declared = policy.description.repairs
    rows = "".join(
        f"<tr><td>{_visible(item.find)}</td><td>{_visible(item.replace)}</td><td>{escape(item.reason)}</td></tr>"
        for item in declared
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("收到的文字", "改成", "原因"))
    return (
        f'<details class="repairs"><summary>原文修订（{len(declared)} 处）</summary>'
        "<p>收到的原文文件一个字节都没有改，可以下载核对。表中 ⏎ 是换行，␣ 是空格。</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _list(clauses: Sequence[Clause]) -> str:
    """A list of the clauses as deep as the first, each holding the list of the deeper ones after it."""
    starts = [n for n, clause in enumerate(clauses) if _depth(clause) <= _depth(clauses[0])]
    items = (f"<li>{_link(clauses[a])}{_list(clauses[a + 1 : b])}</li>" for a, b in pairwise([*starts, len(clauses)]))
    return f"<ol>{''.join(items)}</ol>" if clauses else ""


def _article(clause: Clause, wanted: Sequence[str]) -> str:
    text, spans, depth = clause.text, _hits(clause.text, wanted), _depth(clause)
    end = _heading_end(clause)
    # A title that is not a sentence only begins one, which reads on behind it.
    kind = "heading run-in" if end and text[end - 1] != "。" and text[end : end + 1] not in ("", "\n") else "heading"
    name = "" if end else f' aria-label="{escape(clause.title)}"'
    tag = f"h{min(depth + 1, 6)}"
    paragraphs = "".join(f"<p>{with_marks(text, spans, line.span())}</p>" for line in _LINE.finditer(text, end))
    return (
        f'<article id="{_anchor(clause)}" class="clause depth-{depth}" tabindex="-1">'
        f'<div class="{kind}"><{tag}{name}>{with_marks(text, spans, (0, end))}</{tag}>'
        f'<a class="anchor" href="#{_anchor(clause)}" aria-label="本条的链接"></a></div>{paragraphs}</article>'
    )


def _heading_end(clause: Clause) -> int:
    """Where the text's own heading ends, its full stop included; 0 where it has none."""
    if clause.id in (HEAD, COLOPHON):
        return 0
    end = clause.text.index(clause.title) + len(clause.title)
    return end + clause.text.startswith("。", end)


def _hit(clause: Clause, spans: Sequence[Span]) -> str:
    first = spans[0][0]
    start, end = max(0, first - _BEFORE), min(len(clause.text), first + _AFTER)
    before, after = "…" if start else "", "…" if end < len(clause.text) else ""
    return (
        f'<li>{_link(clause)} <span class="count">{len(spans)} 处</span>'
        f'<p class="excerpt">{before}{with_marks(clause.text, spans, (start, end))}{after}</p></li>'
    )


def _link(clause: Clause) -> str:
    return f'<a href="#{_anchor(clause)}">{escape(clause.label)}</a>'


def _anchor(clause: Clause) -> str:
    return f"clause-{escape(clause.id)}"


def _depth(clause: Clause) -> int:
    return clause.id.count(".") + 1


def _hits(text: str, wanted: Sequence[str]) -> list[Span]:
    """Where the folded words stand in `text`, in order; occurrences that overlap are one."""
    if not wanted:
        return []
    letters = [(letter, at) for at, character in enumerate(text) for letter in _fold(character)]
    folded = "".join(letter for letter, _ in letters)
    spans: list[Span] = []
    for start, end in sorted(
        (letters[at][1], letters[at + len(word) - 1][1] + 1) for word in wanted for at in _places(folded, word)
    ):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _places(folded: str, word: str) -> Iterator[int]:
    at = folded.find(word)
    while at >= 0:
        yield at
        at = folded.find(word, at + len(word))


def _fold(text: str) -> str:
    """The text without white space, width and case; each character by itself, so that a part folds as in the whole."""
    return squeeze("".join(unicodedata.normalize("NFKC", character).casefold() for character in text))


def _visible(text: str) -> str:
    return re.sub(r"\s", lambda m: f'<span class="white">{_SIGNS.get(m[0], "␣")}</span>', escape(text))
