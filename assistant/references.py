"""A message → the clauses it names by number: 5.9, 五、（九）, 第九条, 第五章, 第五部分第九项, 保障措施第二条."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.amounts import Quantity
from assistant.policies import Policy

_NUMERALS = "一二三四五六七八九十"
_ORDER = rf"[{_NUMERALS}]{{1,3}}|\d{{1,2}}"
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2}(?:\.\d{1,2}){1,2})(?![\d.])")
_CHINESE = re.compile(
    rf"([{_NUMERALS}]{{1,3}})[、,，]?[（(]([{_NUMERALS}]{{1,3}})[）)](?:[、,，]?(\d{{1,2}})(?![\d万亿元%.]))?"
)
# 五之九, 五、13 条
_SHORT = re.compile(rf"(?<![第{_NUMERALS}])([{_NUMERALS}])(?:之({_ORDER})(?![{_NUMERALS}分])|、({_ORDER})[条项款点])")
_CHAPTER = re.compile(rf"(第)?(?<![\d{_NUMERALS}分])([{_NUMERALS}]|\d)(?:章(?!程)|编|大?部分|大[点条项块])")
_ORDINAL = re.compile(rf"第({_ORDER})(?:条|项|款)")
# What goes on from a chapter or a heading, step by step: 第五部分的第九项, 第三章（八）第四小点
_STEP = re.compile(
    rf"(?:部分|一?章|[这那]章|篇|板块)?[的里中下面头、,，]{{0,4}}(?:第\s?(?:[（(]({_ORDER})[）)]|({_ORDER}))(?:小?[点条项款目节])?|[（(]({_ORDER})[）)](?:小?[点条项款])?)"
)


def read_references(text: str, quantities: Sequence[Quantity], policy: Policy) -> tuple[str, ...]:
    """The ids of the clauses named, in reading order of each form; 第九条 is the ninth of the support chapter."""
    amounts = [(q.start, q.end) for q in quantities if q.kind != "number"]
    found = [m[1] for m in _DOTTED.finditer(text) if not any(start <= m.start() < end for start, end in amounts)]
    heads = [(m.end(), _number(m[2]), bool(m[1])) for m in _CHAPTER.finditer(text)]
    headings = {c.title: c.id for c in policy.clauses if c.title and policy.has_clause(f"{c.id}.1")}
    titled = [(m.end(), id, False) for title, id in headings.items() for m in re.finditer(re.escape(title), text)]
    for at, head, is_whole in sorted([*heads, *titled]):  # 五大点第九小点, but 三大块 alone is no chapter
        end, clause = _followed(text, at, head, policy)
        if end > at or is_whole:
            found.append(clause)
        text = f"{text[:at]}{' ' * (end - at)}{text[end:]}"
    for match in _CHINESE.finditer(text):
        found.append(".".join(n for n in (_number(match[1]), _number(match[2]), match[3]) if n))
    found += [f"{_number(m[1])}.{_number(m[2] or m[3])}" for m in _SHORT.finditer(text)]
    found += [f"{policy.description.support_chapter}.{_number(m[1])}" for m in _ORDINAL.finditer(text)]
    return tuple(dict.fromkeys(clause for clause in found if policy.has_clause(clause)))


def _followed(text: str, at: int, clause: str, policy: Policy) -> tuple[int, str]:
    """Where the steps behind a heading end and the clause they lead to, as far as there is one."""
    while step := _STEP.match(text, at):
        below = f"{clause}.{_number(step[1] or step[2] or step[3])}"
        if not policy.has_clause(below):
            break
        at, clause = step.end(), below
    return at, clause


def _number(numeral: str) -> str:
    """九 → "9", 十二 → "12", 12 → "12"."""
    if numeral.isdigit():
        return str(int(numeral))
    tens, mark, ones = numeral.partition("十")
    value = (_NUMERALS.index(tens) + 1 if tens else 1) * 10 if mark else 0
    rest = ones if mark else tens
    return str(value + (_NUMERALS.index(rest) + 1 if rest else 0))
