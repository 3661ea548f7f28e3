"""Example utterances by target → what a message most likely asks for, by regularised least squares on its n-grams.

A linear classifier of character n-grams learns in about half a second from a few dozen examples a target, needs no
model and is the same on every machine. It only points at a target; what is answered is the policy's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

_LONGEST = 3  # characters of an n-gram
_RIDGE = 1.0


@dataclass(frozen=True)
class Guess:
    """The likeliest target, `kind` or `kind:name`, and by how much it is ahead (about 0 to 1).

    `margin` is the distance to the next target, `lead` to the next of another kind.
    """

    kind: str
    name: str
    margin: float
    lead: float


class Classifier:
    """Points a text at one of the targets it has seen examples of."""

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        """Learn from target → texts, in the form the texts to be classified will have."""
        self._targets = list(examples)
        labels = [at for at, texts in enumerate(examples.values()) for _ in texts]
        documents = [list(_grams(text)) for texts in examples.values() for text in texts]
        self._columns: dict[str, int] = {}
        for document in documents:
            for gram in document:
                self._columns.setdefault(gram, len(self._columns))
        counts = np.zeros(len(self._columns))
        for document in documents:
            counts[[self._columns[gram] for gram in set(document)]] += 1
        self._rarity = np.log((1 + len(documents)) / (1 + counts)) + 1
        rows = self._rows(documents)
        wanted = np.eye(len(self._targets))[labels]
        likeness = (rows @ rows.T).toarray()
        self._weights = rows.T @ np.linalg.solve(likeness + _RIDGE * np.eye(len(documents)), wanted)

    def guess(self, text: str, among: str = "") -> Guess:
        """The target of one text, `among` those of one kind if given."""
        scores = np.asarray(self._rows([list(_grams(text))]) @ self._weights)[0]
        order = list(np.argsort(scores)[::-1])
        best = next(at for at in order if self._targets[at].startswith(among))
        others = [at for at in order if at != best]
        kind, _, name = self._targets[best].partition(":")
        foreign = next((at for at in others if self._targets[at].partition(":")[0] != kind), others[-1])
        return Guess(kind, name, *(float(scores[best] - scores[at]) for at in (others[0], foreign)))

    def _rows(self, documents: Sequence[Sequence[str]]) -> csr_matrix:
        """One row of length 1 for each document: how often each known n-gram occurs, dampened, times its rarity."""
        data: list[float] = []
        columns: list[int] = []
        ends = [0]
        for document in documents:
            found, counts = np.unique([self._columns[g] for g in document if g in self._columns], return_counts=True)
            weights = (1 + np.log(counts)) * self._rarity[found.astype(int)]
            data.extend(weights / max(float(np.linalg.norm(weights)), 1e-12))
            columns.extend(found.astype(int))
            ends.append(len(columns))
        return csr_matrix((data, columns, ends), shape=(len(documents), len(self._columns)))


def _grams(text: str) -> Iterator[str]:
    """Every run of up to three characters, the two ends of the text marked."""
    marked = f"^{text}$"
    for size in range(1, _LONGEST + 1):
        yield from (marked[at : at + size] for at in range(len(marked) - size + 1))
