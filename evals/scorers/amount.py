"""Exact amount: each expected clause's figure to the cent, and no figure from any other clause."""

from __future__ import annotations

from decimal import Decimal

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.score import Score, verdict

REFUSALS = frozenset({"not_covered", "refused"})
_CENT = Decimal("0.01")


def amounts(reply: Reply) -> dict[str, frozenset[Decimal]]:
    """Clause → the amounts given from it, in yuan to the cent; a clause without an amount is absent."""
    given: dict[str, set[Decimal]] = {}
    for item in reply.calculations:
        if item.amount_yuan is not None:
            given.setdefault(item.clause, set()).add(item.amount_yuan.quantize(_CENT))
    return {clause: frozenset(values) for clause, values in given.items()}


def amount(case: Case, reply: Reply) -> Score | None:
    """Applies where amounts are expected, or where the only right reply is a refusal, which gives none."""
    if not case.amounts and not set(case.status) <= REFUSALS:
        return None
    given = amounts(reply)
    faults = []
    for clause, expected in case.amounts.items():
        found = given.pop(clause, frozenset())
        if found != (frozenset() if expected is None else {expected.quantize(_CENT)}):
            faults.append(f"{clause} 应为 {_yuan(expected)}，给出 {_list(found)}")
    faults += [f"{clause} 不应有金额，给出 {_list(found)}" for clause, found in sorted(given.items())]
    return verdict("amount", faults)


def _yuan(value: Decimal | None) -> str:
    return "无金额" if value is None else f"{value.normalize():,f} 元"


def _list(values: frozenset[Decimal]) -> str:
    return "、".join(_yuan(value) for value in sorted(values)) or "无金额"
