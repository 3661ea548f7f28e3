"""Example utterances by target → what a message most likely asks for, by regularised least squares on its n-grams.

A linear classifier of character n-grams learns in some seconds from a hundred examples a target, needs no model,
answers in half a millisecond and is the same on every machine. It only points at a target; what is answered is the
policy's data.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from assistant.errors import IndexUnusable

_LONGEST = 2  # characters of an n-gram
_RIDGE = 0.25
_SEVERAL = 2  # examples that make an n-gram common
OPEN = ("silence", "outside")  # the kinds that the policy does not answer
_ASKED = 0.4  # share of the clauses that ask, beside the whole text

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Guess:
    """The likeliest target, `kind` or `kind:name`, of the likeliest kind, and by how much it is ahead (up to about 1).

    `margin` is the distance to the next target (below 0 where one of another kind is nearer), `lead` that of the kind
    to the next kind.
    """

    kind: str
    name: str
    margin: float
    lead: float


class Classifier:
    """Points a text at one of the targets it has seen examples of."""

    def __init__(
        self, targets: Sequence[str], grams: Sequence[str], rarity: Floats, weights: Floats, common: NDArray[np.bool_]
    ) -> None:
        """`rarity` holds a number for each n-gram, `weights` a row for each n-gram and a column for each target.

        `common` tells of each n-gram whether several questions that the policy answers hold it.
        """
        self._targets, self._grams = tuple(targets), tuple(grams)
        self._columns = {gram: column for column, gram in enumerate(grams)}
        self._rarity, self._weights, self._common = rarity, weights, common
        self._kinds: dict[str, list[int]] = {}
        for at, target in enumerate(targets):
            self._kinds.setdefault(target.partition(":")[0], []).append(at)

    def guess(self, text: str, among: str = "", asking: str = "") -> Guess:
        """The target of one text, `among` those of one kind if given; `asking` are the clauses of it that ask.

        A kind is as likely as its targets together: what is between two silences is a silence all the same.
        """
        scores = self._scores(text)
        if asking:
            scores = (1 - _ASKED) * scores + _ASKED * self._scores(asking)
        weights = self._by_kind(scores)
        kind = among or max(weights, key=lambda k: weights[k])
        ranked = sorted(self._kinds[kind], key=lambda at: -scores[at])
        second = max(score for at, score in enumerate(scores) if at != ranked[0])
        foreign = max(weight for other, weight in weights.items() if other != kind)
        name = self._targets[ranked[0]].partition(":")[2]
        return Guess(kind, name, float(scores[ranked[0]] - second), weights[kind] - foreign)

    def ranked(self, text: str, kind: str) -> tuple[str, ...]:
        """The names of one kind's targets, the likeliest for a text first."""
        scores = self._scores(text)
        ranked = sorted(self._kinds[kind], key=lambda at: -scores[at])
        return tuple(self._targets[at].partition(":")[2] for at in ranked)

    def weights(self, text: str) -> dict[str, float]:
        """How likely each kind is for one text, from 0 to about 1."""
        return self._by_kind(self._scores(text))

    def is_common(self, gram: str) -> bool:
        """Whether several of the examples that the policy answers hold these one or two characters."""
        return gram in self._columns and bool(self._common[self._columns[gram]])

    def _by_kind(self, scores: Floats) -> dict[str, float]:
        return {kind: float(np.linalg.norm(scores[at].clip(0), 3)) for kind, at in self._kinds.items()}

    def _scores(self, text: str) -> Floats:
        columns, values = _row(text, self._columns, self._rarity)
        return np.asarray(values @ self._weights[columns])

    def save(self, path: Path) -> None:
        """Put what has been learnt into a file, in one step; `OSError` when that cannot be written.

        What a killed process left unfinished is written over by the next; one that is being written is left alone.
        """
        unfinished = path.with_name("classifier.unfinished")
        with suppress(Timeout), FileLock(path.with_name(".classifier.lock"), timeout=0):
            with unfinished.open("wb") as file:
                np.savez(
                    file, targets=self._targets, grams=self._grams, rarity=self._rarity, weights=self._weights,
                    common=self._common,
                )  # fmt: skip
            os.replace(unfinished, path)


def learn(examples: Mapping[str, Sequence[str]], simplify: Callable[[str], str]) -> Classifier:
    """Learn from target → texts, which `simplify` brings into the form the texts to be classified will have."""
    from scipy.linalg import solve
    from scipy.sparse import csr_matrix

    texts = [simplify(text) for texts in examples.values() for text in texts]
    labels = [at for at, texts in enumerate(examples.values()) for _ in texts]
    held = Counter(gram for text in texts for gram in set(_grams_of(text)))
    columns = {gram: column for column, gram in enumerate(held)}
    rarity = (np.log((1 + len(texts)) / (1 + np.array([*held.values()]))) + 1).astype(np.float32)
    rows = [_row(text, columns, rarity) for text in texts]
    ends = np.cumsum([0, *(len(found) for found, _ in rows)])
    places, values = (np.concatenate([row[part] for row in rows]) for part in (0, 1))
    matrix = csr_matrix((values, places, ends), shape=(len(texts), len(columns)))
    likeness = (matrix @ matrix.T).toarray() + _RIDGE * np.eye(len(texts), dtype=np.float32)
    wanted = np.eye(len(examples), dtype=np.float32)[labels]
    weights = matrix.T @ solve(likeness, wanted, assume_a="pos", overwrite_a=True)
    kinds = [target.partition(":")[0] for target in examples]
    answered = Counter(
        gram for text, at in zip(texts, labels, strict=True) if kinds[at] not in OPEN for gram in set(_grams_of(text))
    )
    common = np.array([answered[gram] >= _SEVERAL for gram in held], np.bool_)
    return Classifier(tuple(examples), tuple(held), rarity, np.asarray(weights, np.float32), common)


def open_classifier(
    examples: Mapping[str, Sequence[str]], simplify: Callable[[str], str], simplifies_by: object, directory: Path
) -> Classifier:
    """What was learnt from these very examples before, else learnt now and kept where `directory` can be written.

    `simplifies_by` is the data that `simplify` goes by.
    """
    path = path_of(examples, simplifies_by, directory)
    with suppress(IndexUnusable):
        return read_classifier(path)
    classifier = learn(examples, simplify)
    with suppress(OSError):  # a directory that cannot be written costs a second at each start, no more
        directory.mkdir(parents=True, exist_ok=True)
        classifier.save(path)
        for stale in set(directory.glob("classifier-*.npz")) - {path}:
            stale.unlink(missing_ok=True)
    return classifier


def path_of(examples: Mapping[str, Sequence[str]], simplifies_by: object, directory: Path) -> Path:
    """Where what was learnt from these very examples is kept."""
    made_of = json.dumps([_LONGEST, _RIDGE, _SEVERAL, examples, simplifies_by], ensure_ascii=False)
    return directory / f"classifier-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.npz"


def read_classifier(path: Path) -> Classifier:
    """What was kept in a file; `IndexUnusable` when it cannot be read."""
    try:
        with np.load(path) as kept:
            targets, grams = kept["targets"].tolist(), kept["grams"].tolist()
            return Classifier(targets, grams, kept["rarity"], kept["weights"], kept["common"])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "内容已损坏"
        raise IndexUnusable(f"分类器 {path} 读不了（{why}），每次启动都要重新学。请运行 assistant index。") from error


def _row(text: str, columns: Mapping[str, int], rarity: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Of the known n-grams of a text their columns, and how often each occurs, dampened, times its rarity; length 1."""
    found, counts = np.unique([columns[g] for g in _grams_of(text) if g in columns], return_counts=True)
    found = found.astype(np.intp)
    values = ((1 + np.log(counts)) * rarity[found]).astype(np.float32)
    return found, values / max(float(np.linalg.norm(values)), 1e-12)


def _grams_of(text: str) -> Iterator[str]:
    """Every run of up to two characters, the two ends of the text marked."""
    marked = f"^{text}$"
    for size in range(1, _LONGEST + 1):
        yield from (marked[at : at + size] for at in range(len(marked) - size + 1))
