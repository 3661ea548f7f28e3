"""Search hits → the clauses worth showing, or none when the question is about something else."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.clauses import COLOPHON, HEAD, Clause, squeeze
from assistant.policies import Policy
from assistant.questions import Questions
from assistant.retrieval import Retriever

# The share of what a question says that must be known here. One that asks for money has been through every support
# item's cues in vain, so it must be nearly all about this text.
KNOWN, KNOWN_FOR_MONEY = 0.5, 0.8
# A clause whose score is further than this below the best one's is no rival of it.
RIVAL = 0.25
# Characters of a clause that, repeated in a row, make a question one about it.
QUOTED = 9


class Relevance:
    """Decides whether what search found nearest is near enough to be an answer."""

    def __init__(self, policy: Policy, retriever: Retriever, questions: Questions) -> None:
        self._policy, self._retriever, self._generic = policy, retriever, questions.generic

    def clauses(self, text: str, is_about_money: bool) -> Sequence[Clause]:
        """The clauses nearest to `text`, best first; none where too little of what it says is known here."""
        searched = [c for c in self._policy.clauses if c.body and c.id not in (HEAD, COLOPHON)]
        if quoting := [c for c in searched if self._is_quoted(text, c)]:
            return quoting
        share = self._retriever.coverage(text, self._generic).share
        if share < (KNOWN_FOR_MONEY if is_about_money else KNOWN):
            return []
        hits = self._retriever.search(text, 3)
        matched = [h for h in hits if set(h.matched_tokens) - self._generic and h.score >= hits[0].score - RIVAL]
        return [clause for hit in matched if (clause := self._policy.clause(hit.clause_id)) in searched]

    def _is_quoted(self, text: str, clause: Clause) -> bool:
        """Whether the text repeats a run of the clause too long to be chance."""
        body = squeeze(clause.body).lower()
        return any(text[i : i + QUOTED] in body for i in range(len(text) - QUOTED + 1))
