"""Status: the reply's is one of the acceptable ones, and a refusal carries no amount."""

from __future__ import annotations

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.amount import REFUSALS, amounts
from evals.scorers.score import Score, verdict


def status(case: Case, reply: Reply) -> Score:
    faults = []
    if reply.status not in case.status:
        faults.append(f"状态应为 {' 或 '.join(case.status)}，实为 {reply.status}")
    if reply.status in REFUSALS and amounts(reply):
        faults.append(f"{reply.status} 的答复仍带金额（{'、'.join(sorted(amounts(reply)))}）")
    return verdict("status", faults)
