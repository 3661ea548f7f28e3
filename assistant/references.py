"""A message → the clauses it names by number: 5.9, 五、（九）, 第九条, 第五章."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.amounts import Quantity
from assistant.policies import Policy

_NUMERALS = "一二三四五六七八九十"
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2}(?:\.\d{1,2}){1,2})(?![\d.])")
_CHINESE = re.compile(
    rf"([{_NUMERALS}]{{1,3}})[、,，]?[（(]([{_NUMERALS}]{{1,3}})[）)](?:[、,，]?(\d{{1,2}})(?![\d万亿元%.]))?"
)
_CHAPTER = re.compile(rf"第([{_NUMERALS}]|\d)(?:章|部分|大部分|大点)")
_ORDINAL = re.compile(rf"第([{_NUMERALS}]{{1,3}}|\d{{1,2}})(?:条|项|款)")


def read_references(text: str, quantities: Sequence[Quantity], policy: Policy) -> tuple[str, ...]:
    """The ids of the clauses named, in reading order of each form; 第九条 is the ninth of the support chapter."""
    amounts = [(q.start, q.end) for q in quantities if q.kind != "number"]
    found = [m[1] for m in _DOTTED.finditer(text) if not any(start <= m.start() < end for start, end in amounts)]
    for match in _CHINESE.finditer(text):
        found.append(".".join(n for n in (_number(match[1]), _number(match[2]), match[3]) if n))
    found += [_number(m[1]) for m in _CHAPTER.finditer(text)]
    found += [f"{policy.description.support_chapter}.{_number(m[1])}" for m in _ORDINAL.finditer(text)]
    return tuple(dict.fromkeys(clause for clause in found if policy.has_clause(clause)))


def _number(numeral: str) -> str:
    """九 → "9", 十二 → "12", 12 → "12"."""
    if numeral.isdigit():
        return str(int(numeral))
    tens, mark, ones = numeral.partition("十")
    value = (_NUMERALS.index(tens) + 1 if tens else 1) * 10 if mark else 0
    rest = ones if mark else tens
    return str(value + (_NUMERALS.index(rest) + 1 if rest else 0))
