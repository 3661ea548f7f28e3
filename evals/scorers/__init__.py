"""A case and the reply to it → scores; one scorer family a file, each a pure function that knows nothing of the run."""

from __future__ import annotations

from collections.abc import Callable

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers.amount import amount
from evals.scorers.citation import cited, first_clause, precision
from evals.scorers.consistency import paraphrases
from evals.scorers.evidence import evidence
from evals.scorers.modality import modality, wording
from evals.scorers.score import Score
from evals.scorers.status import status
from evals.scorers.words import words

__all__ = ["SCORERS", "Score", "paraphrases", "score"]

SCORERS: tuple[Callable[[Case, Reply], Score | None], ...] = (
    status, amount, modality, wording, cited, first_clause, precision, evidence, words,
)  # fmt: skip


def score(case: Case, reply: Reply) -> tuple[Score, ...]:
    """Every score that applies to the case."""
    return tuple(found for scorer in SCORERS if (found := scorer(case, reply)) is not None)
