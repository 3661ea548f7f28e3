"""The parts an answer is made of, and how they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Calculation, Citation, Missing, Reply, Status
from assistant.clauses import Clause


@dataclass(frozen=True)
class Section:
    """A part of the answer: its text, the clauses it rests on, and what it makes of the whole."""

    text: str
    status: Status
    citations: tuple[Citation, ...] = ()
    missing: tuple[Missing, ...] = ()
    notices: tuple[str, ...] = ()
    about_support: bool = False


def assemble(
    sections: Sequence[Section], calculations: Sequence[Calculation], closing: Section | None, chapter: str = ""
) -> Reply:
    """Sections put together: the most telling status, each citation and notice once.

    `closing` (the ended term) ends an answer about support (one that cites its `chapter` or says so), unless it has
    been said already.
    """
    said = {notice for s in sections for notice in s.notices}
    is_about = any(s.about_support for s in sections)
    is_about = is_about or any(c.clause.startswith(f"{chapter}.") for s in sections for c in s.citations)
    if closing and is_about and not said & set(closing.notices):
        sections = [*sections, closing]
    statuses = {s.status for s in sections if s is not closing}
    order: tuple[Status, ...] = ("needs_input", "answered", "not_covered", "refused")
    if any(c.amount_yuan is not None for c in calculations) and "answered" in statuses:
        order = ("answered", "needs_input", "not_covered", "refused")
    return Reply(
        status=next(status for status in order if status in statuses),
        text=blocks(*(s.text for s in sections)),
        citations=tuple(dict.fromkeys(c for s in sections for c in s.citations)),
        calculations=tuple(calculations),
        missing=tuple(dict.fromkeys(m for s in sections for m in s.missing)),
        notices=tuple(dict.fromkeys(n for s in sections for n in s.notices)),
    )


def cite(clause: Clause, quote: str = "") -> Citation:
    """A clause as evidence: the passage given, or all of its own words."""
    return Citation(
        policy=clause.policy, clause=clause.id, label=clause.label, quote=quote or clause.body or clause.text
    )


def departments_line(clause: Clause) -> str:
    return f"责任部门：{'、'.join(clause.departments)}。" if clause.departments else ""


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def blocks(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block)
