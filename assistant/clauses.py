"""Repaired policy text → clauses, each with an id by its place in the document."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cn2an

_NUMERAL = "[〇零一二三四五六七八九十百]+"
_OPEN, _CLOSE = "[（(]", "[）)]"

# Heading marks of Chinese official documents, outermost first: (depth, numbering, pattern).
_MARKS: tuple[tuple[int, str, re.Pattern[str]], ...] = (
    (1, "chapter", re.compile(rf"第({_NUMERAL})[章编]\s*")),
    (2, "part", re.compile(rf"第({_NUMERAL})节\s*")),
    (3, "article", re.compile(rf"第({_NUMERAL})条\s*")),
    (3, "outline", re.compile(rf"({_NUMERAL})、\s*")),
    (4, "outline", re.compile(rf"{_OPEN}({_NUMERAL}){_CLOSE}\s*")),
    (5, "outline", re.compile(r"(\d{1,2})[.．、](?!\d)\s*")),
    (6, "outline", re.compile(rf"{_OPEN}(\d{{1,2}}){_CLOSE}\s*")),
)
# The colophon (版记) that closes an official document.
_COLOPHON = re.compile(r"(公开方式|主题词|抄送|抄报)[:：]")
_TITLE = re.compile(r"[^，。；：\n]{2,40}")
_DEPARTMENTS = re.compile(
    rf"{_OPEN}(?:(?:责任单位|牵头单位|责任部门)[:：])?([^（）()]*(?:局|委|部|办|院|院校|镇区|部门|单位|银行)){_CLOSE}\s*$"
)

HEAD, COLOPHON = "0", "end"


@dataclass(frozen=True)
class Clause:
    """A numbered place of a policy and its own words (not those of the places below it).

    `text` is the whole verbatim text with its mark; `body` is `text` without mark, title and departments.
    """

    policy: str
    id: str
    label: str
    title: str
    text: str
    body: str
    headings: tuple[str, ...]
    departments: tuple[str, ...]


@dataclass
class _Place:
    depth: int
    ids: tuple[int | str, ...]
    marks: tuple[str, ...]
    paragraphs: list[str]


def split_clauses(policy: str, text: str) -> list[Clause]:
    """Cut `text` (repaired, paragraphs on lines) at its heading marks; together the clauses hold every line of it."""
    places = [_Place(0, (HEAD,), ("文件首部",), [])]
    in_colophon = False
    for paragraph in filter(None, (line.strip() for line in text.splitlines())):
        in_colophon = in_colophon or bool(_COLOPHON.match(paragraph))
        if in_colophon:
            if places[-1].ids != (COLOPHON,):
                places.append(_Place(0, (COLOPHON,), ("版记",), []))
        elif (opened := _open_place(paragraph, places)) is not None:
            places.append(opened)
        places[-1].paragraphs.append(paragraph)
    titles: dict[tuple[int | str, ...], str] = {}
    return [_clause(policy, place, titles) for place in places]


def squeeze(text: str) -> str:
    """The text without any white space: what must survive cleaning and cutting unchanged."""
    return re.sub(r"\s+", "", text)


def _open_place(paragraph: str, places: list[_Place]) -> _Place | None:
    for depth, numbering, pattern in _MARKS:
        if not (match := pattern.match(paragraph)):
            continue
        number = int(cn2an.cn2an(match[1], "smart"))
        above: _Place | None = next((p for p in reversed(places) if 0 < p.depth < depth), None)
        if _closed(places, above, depth, number):
            return None
        prefix = {"chapter": "章", "part": "节"}.get(numbering)
        own: int | str = f"{prefix}{number}" if prefix else number
        # Articles number through the whole document, so chapters stand in the headings, not in the id.
        ids = (own,) if numbering == "article" or above is None else (*above.ids, own)
        marks = () if numbering == "article" or above is None else above.marks
        return _Place(depth, ids, (*marks, match[0].strip()), [])
    return None


def _closed(places: list[_Place], above: _Place | None, depth: int, number: int) -> bool:
    """Whether a mark does not open a place: a numbered line that neither starts a list nor goes on with one."""
    if number == 1:
        return False
    for place in reversed(places):
        if place is above:
            break
        if place.depth == depth:
            return isinstance(place.ids[-1], int) and number <= place.ids[-1]
    return above is None and depth > 3


def _clause(policy: str, place: _Place, titles: dict[tuple[int | str, ...], str]) -> Clause:
    text = "\n".join(place.paragraphs)
    mark = place.marks[-1] if place.depth else ""
    rest = text[len(mark) :].lstrip() if mark else text
    found = _TITLE.match(rest) if mark else None
    title = found[0].strip() if found else place.marks[-1]
    departments = _departments(rest)
    body = _DEPARTMENTS.sub("", rest).strip() if departments else rest
    if found and re.fullmatch(r"[。\n]?", body[found.end() : found.end() + 1]):
        body = body[found.end() + 1 :].lstrip()
    titles[place.ids] = title
    above = [titles[place.ids[:n]] for n in range(1, len(place.ids)) if place.ids[:n] in titles]
    label = "".join(_canonical(m) for m in place.marks) + (title if place.depth else "")
    return Clause(
        policy=policy,
        id=".".join(map(str, place.ids)),
        label=label,
        title=title,
        text=text,
        body=body,
        headings=tuple(above),
        departments=departments,
    )


def _canonical(mark: str) -> str:
    return mark.replace("(", "（").replace(")", "）")


def _departments(text: str) -> tuple[str, ...]:
    if not (match := _DEPARTMENTS.search(text)):
        return ()
    listed = re.sub(r"等(相关部门|有关部门)$", r"、\1", match[1])
    return tuple(filter(None, (name.strip() for name in re.split("[、，,]", listed))))
