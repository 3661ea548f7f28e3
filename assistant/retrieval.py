"""Question → the clauses nearest to it, by keywords (BM25) and meaning (vectors) together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings import NamedEmbeddings
from assistant.index import Index, Vectors
from assistant.reranker import Reranker
from assistant.tokens import Tokenizer

# Both scores are put on 0..1 within one question and added in equal parts. On 48 hand-written questions: right clause
# first / in the first three / mean reciprocal rank 45/46/0.949, reciprocal rank fusion 44/45/0.935 (constant 60),
# keywords alone 42/46/0.922, vectors alone 40/44/0.877. Weights from 0.3 to 0.6 do about as well.
KEYWORD_WEIGHT = 0.5
# Characters of a question that are embedded: the model reads no more than 512 tokens at once, and time grows with them.
_EMBEDDED = 400
_REMEMBERED = 256
_RERANKED = 10  # hits that a cross-encoder reads: some 20 ms each for a small one on two cores


@dataclass(frozen=True)
class Hit:
    """A clause found, and why: its place and score by each way (ranks from 1; None when no keyword matches)."""

    clause_id: str
    policy: str
    score: float
    bm25_rank: int | None
    bm25_score: float
    vector_rank: int
    similarity: float
    matched_tokens: tuple[str, ...]
    rerank_score: float | None = None

    def why(self) -> str:
        """Why it was found, in one line."""
        words = f"关键词第 {self.bm25_rank}（{'、'.join(self.matched_tokens)}）" if self.bm25_rank else "关键词没有命中"
        reranked = "" if self.rerank_score is None else f"；重排 {self.rerank_score:.3f}"
        return f"{words}；语义第 {self.vector_rank}（相似度 {self.similarity:.3f}）；合计 {self.score:.3f}{reranked}"


@dataclass(frozen=True)
class Coverage:
    """How much of a text's matter the corpus or lexicon knows: 1 all of it, 0 none; with the words it does not know."""

    share: float
    unknown: tuple[str, ...]


class Retriever:
    """Searches an open index; safe to share between threads."""

    def __init__(
        self, index: Index, embeddings: NamedEmbeddings, tokenizer: Tokenizer, reranker: Reranker | None = None
    ) -> None:
        self._index, self._tokenizer, self._reranker = index, tokenizer, reranker
        self._vector = lru_cache(_REMEMBERED)(lambda text: np.asarray(embeddings.embed_query(text), np.float32))

    def search(self, text: str, k: int = 5) -> list[Hit]:
        """The `k` best clauses for `text`, best first; none for a text without any letter or figure."""
        canonical = self._tokenizer.canonical(text)
        if k < 1 or not any(character.isalnum() for character in canonical):
            return []
        tokens = self._tokenizer.tokens(text)
        keyword_scores = self._keyword_scores(tokens)
        similarities: Vectors = self._index.vectors @ self._vector(canonical[:_EMBEDDED])
        scores = KEYWORD_WEIGHT * keyword_scores / max(float(keyword_scores.max()), 1e-9)
        scores += (1 - KEYWORD_WEIGHT) * _spread(similarities)
        rows = _best(scores, max(k, _RERANKED) if self._reranker else k)
        reranked: dict[int, float] = {}
        if self._reranker:
            texts = [self._index.texts[row] for row in rows]
            read = self._reranker.scores(canonical[:_EMBEDDED], texts)
            reranked = {int(row): round(float(score), 6) for row, score in zip(rows, read, strict=True)}
            rows = rows[np.argsort(-read, kind="stable")][:k]
        hits = []
        for row in rows:
            policy, _, clause_id = self._index.keys[row].partition("/")
            is_matched = bool(keyword_scores[row] > 0)
            hits.append(
                Hit(
                    clause_id=clause_id,
                    policy=policy,
                    score=round(float(scores[row]), 6),
                    bm25_rank=_rank(keyword_scores, row) if is_matched else None,
                    bm25_score=round(float(keyword_scores[row]), 6),
                    vector_rank=_rank(similarities, row),
                    similarity=round(float(similarities[row]), 6),
                    matched_tokens=tuple(t for t in dict.fromkeys(tokens) if row in self._rows_of(t)),
                    rerank_score=reranked.get(int(row)),
                )
            )
        return hits

    def coverage(self, text: str, generic: Collection[str] = ()) -> Coverage:
        """The share of `text`'s words, weighted by rarity, that corpus or lexicon knows; `generic` words aside.

        An unknown word counts by the words inside it (租厂房 as 厂房). Nothing but generic words is nothing known: 0.
        """
        words = dict.fromkeys(
            part
            for word in self._tokenizer.words(text)
            for part in ([word] if self._knows(word) or word in generic else self._tokenizer.parts(word) or [word])
            if part not in generic
        )
        weights = {word: self._rarity(word) for word in words}
        unknown = tuple(word for word in words if not self._knows(word))
        total = sum(weights.values())
        return Coverage(1 - sum(weights[word] for word in unknown) / total if total else 0.0, unknown)

    def _keyword_scores(self, tokens: list[str]) -> Vectors:
        keywords = self._index.keywords
        scores: Vectors = keywords.get_scores_from_ids(keywords.get_tokens_ids(tokens))
        return scores

    def _rows_of(self, token: str) -> NDArray[Any]:
        """The rows that hold a token: its column of the keyword matrix (empty for an unknown one)."""
        keywords = self._index.keywords
        if (column := keywords.vocab_dict.get(token)) is None:
            return np.empty(0, np.int32)
        start, end = keywords.scores["indptr"][column : column + 2]
        rows: NDArray[Any] = keywords.scores["indices"][start:end]
        return rows

    def _knows(self, word: str) -> bool:
        return word in self._index.keywords.vocab_dict or word in self._tokenizer.terms

    def _rarity(self, word: str) -> float:
        """Inverse document frequency, as BM25 has it."""
        holding, number = len(self._rows_of(word)), len(self._index.keys)
        return float(np.log1p((number - holding + 0.5) / (holding + 0.5)))


def _best(scores: Vectors, k: int) -> NDArray[np.intp]:
    """The rows of the `k` best scores, best first, of equal ones the earlier first; without sorting them all."""
    if k < len(scores):
        rows = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
    else:
        rows = np.arange(len(scores))
    best: NDArray[np.intp] = rows[np.argsort(-scores[rows], kind="stable")][:k]
    return best


def _rank(scores: Vectors, row: int) -> int:
    """The place of a row among all, from 1, of equal scores the earlier row first."""
    score = scores[row]
    return 1 + int(np.count_nonzero(scores > score)) + int(np.count_nonzero(scores[:row] == score))


def _spread(scores: Vectors) -> Vectors:
    low, high = float(scores.min()), float(scores.max())
    spread: Vectors = (scores - low) / max(high - low, 1e-9)
    return spread
