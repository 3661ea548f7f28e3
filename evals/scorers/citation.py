"""Citations: the right clause is there, it comes first, and little else is cited."""

from __future__ import annotations

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.score import Score, verdict

TERM = "0"  # the head of the document: every answer about support cites it for the term, so it is not held against one


def cited(case: Case, reply: Reply) -> Score | None:
    """One acceptable clause is cited, and so is each clause that an amount is expected from."""
    if not case.clauses:
        return None
    found = {item.clause for item in reply.citations}
    faults = [] if found & set(case.clauses) else [f"未引 {'、'.join(case.clauses)}，只引 {_list(reply)}"]
    needed = [c for c, value in case.amounts.items() if value is not None and c not in found and c not in case.clauses]
    return verdict("cited", faults + [f"有金额的 {clause} 未引" for clause in needed])


def first_clause(case: Case, reply: Reply) -> Score | None:
    """The first citation is an acceptable clause."""
    if not case.clauses:
        return None
    is_right = bool(reply.citations) and reply.citations[0].clause in case.clauses
    return verdict("first_clause", [] if is_right else [f"首条应为 {'、'.join(case.clauses)}，实引 {_list(reply)}"])


def precision(case: Case, reply: Reply) -> Score | None:
    """The share of the cited clauses that are expected; measured, not decisive."""
    expected = {*case.clauses, *case.amounts}
    counted = {item.clause for item in reply.citations} - ({TERM} - expected)
    if not case.clauses or not counted:
        return None
    value = len(counted & expected) / len(counted)
    others = "、".join(sorted(counted - expected))
    return Score("precision", value == 1, f"另引 {others}" if others else "", value, decides=False)


def _list(reply: Reply) -> str:
    return "、".join(item.clause for item in reply.citations) or "无"
