"""Consistency: the same question in other words comes out with the same status and the same amounts."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.amount import amounts
from evals.scorers.score import Score


def paraphrases(answers: Sequence[tuple[Case, Reply]]) -> dict[str, Score]:
    """Case id → whether it agrees with the case it says again; where that one was not run, with its first sibling.

    Measured, not decisive: which of the two is wrong, the other scorers say.
    """
    originals = {case.id: (case, reply) for case, reply in answers}
    scores = {}
    for case, reply in answers:
        if not case.paraphrase_of:
            continue
        first, other = originals.setdefault(case.paraphrase_of, (case, reply))
        if first is case:
            continue
        faults = []
        if reply.status != other.status:
            faults.append(f"状态 {reply.status}，而 {first.id} 为 {other.status}")
        if amounts(reply) != amounts(other):
            faults.append(f"金额与 {first.id} 不同")
        scores[case.id] = Score("paraphrase", not faults, "；".join(faults), float(not faults), decides=False)
    return scores
