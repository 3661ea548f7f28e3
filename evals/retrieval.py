"""Questions with their right passages → how well keywords, vectors and both together find them."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.embeddings import NamedEmbeddings, open_embeddings
from assistant.index import Index, Vectors, searchable_text
from assistant.lexicon import Lexicon, read_lexicon
from assistant.manifest import FORMAT, Manifest
from assistant.policies import Policy, read_policies
from assistant.retrieval import KEYWORD_WEIGHT, Retriever
from assistant.settings import ROOT, read_settings
from assistant.tokens import Tokenizer
from evals.questions import QUESTIONS, Case, read_cases

BUILD = ROOT / "build" / "evals"
PUBLIC = ROOT.parent / "shared" / "public" / "retrieval" / "ncp_policy_qa"
DEPTH = 10  # places of a ranking that are scored
WEIGHTS = (0.0, 0.3, 0.5, 0.7, 1.0)
_BATCH = 16


@dataclass(frozen=True)
class Benchmark:
    """Passages, questions, and for each question the passages that answer it, all by id."""

    name: str
    passages: dict[str, str]
    questions: dict[str, str]
    relevant: dict[str, frozenset[str]]


@dataclass(frozen=True)
class Row:
    """One way of searching one benchmark; `hit_n`: the share of questions with a right passage in the first n."""

    benchmark: str
    way: str
    questions: int
    passages: int
    hit_1: float
    hit_3: float
    recall_5: float
    recall_10: float
    mrr: float
    ndcg: float


class CachedEmbeddings(NamedEmbeddings):
    """A model whose vectors are kept in a file, because a public set takes it minutes."""

    def __init__(self, model: NamedEmbeddings, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.name, self.version, self.dimension = model.name, model.version, model.dimension
        self._model = model
        self._store = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB)")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embed("passage", texts, self._model.embed_documents)

    def embed_query(self, text: str) -> list[float]:
        return self._embed("query", [text], lambda texts: [self._model.embed_query(text) for text in texts])[0]

    def close(self) -> None:
        self._store.close()

    def _embed(self, role: str, texts: list[str], embed: Callable[[list[str]], list[list[float]]]) -> list[list[float]]:
        keys = [hashlib.sha256(f"{self.name}\0{self.version}\0{role}\0{text}".encode()).hexdigest() for text in texts]
        found = {key: vector for key in keys if (vector := self._read(key)) is not None}
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in found]
        for at in range(0, len(missing), _BATCH):
            batch = missing[at : at + _BATCH]
            for (key, _), vector in zip(batch, embed([text for _, text in batch]), strict=True):
                found[key] = vector
                blob = np.asarray(vector, np.float32).tobytes()
                self._store.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, blob))
        return [found[key] for key in keys]

    def _read(self, key: str) -> list[float] | None:
        row = self._store.execute("SELECT vector FROM vectors WHERE text = ?", (key,)).fetchone()
        return None if row is None else [float(x) for x in np.frombuffer(row[0], np.float32)]


def own_benchmarks(cases: Sequence[Case], policies: Sequence[Policy]) -> tuple[Benchmark, ...]:
    """Our clauses with the questions of one turn that the policy answers from a known clause, each split apart.

    A dialogue is left out: what is searched for in it is the work of understanding, not of retrieval.
    """
    passages = {f"{c.policy}/{c.id}": searchable_text(c) for policy in policies for c in policy.clauses if c.body}
    benchmarks = []
    for split in ("dev", "test"):
        asked = [c for c in cases if c.split == split and len(c.turns) == 1]
        answered = [c for c in asked if {"answered", "needs_input"} & set(c.status)]
        places = {c.id: frozenset(k for k in passages if k.partition("/")[2] in c.clauses) for c in answered}
        chosen = {c.id: c.turns[0] for c in answered if places[c.id]}
        benchmarks.append(Benchmark(f"own, {split}", passages, chosen, {name: places[name] for name in chosen}))
    return tuple(benchmark for benchmark in benchmarks if benchmark.questions)


def public_benchmarks(directory: Path, sample: int = 0) -> tuple[Benchmark, ...]:
    """The public sets: answers of 30 characters or more (the fair subset), then all; none where they are absent.

    With a `sample`, so many questions, their answers and four times as many other passages.
    """
    sets = []
    for name, suffix in (("public, long answers", "_long"), ("public, all", "")):
        files = [directory / f"{kind}{suffix}.jsonl" for kind in ("passages", "questions")]
        if not all(file.is_file() for file in files):
            continue
        passages, questions = map(_read_lines, files)
        benchmark = Benchmark(
            name,
            {f"public/{p['id']}": p["text"] for p in passages},
            {q["qid"]: q["question"] for q in questions},
            {q["qid"]: frozenset({f"public/{q['passage_id']}"}) for q in questions},
        )
        sets.append(sampled(benchmark, sample) if sample else benchmark)
    return tuple(sets)


def sampled(benchmark: Benchmark, number: int) -> Benchmark:
    """At most `number` of the questions, with their passages and four times as many others; always the same ones."""
    draw = random.Random(0)
    names = draw.sample(sorted(benchmark.questions), min(number, len(benchmark.questions)))
    needed = set().union(*(benchmark.relevant[name] for name in names))
    others = sorted(benchmark.passages.keys() - needed)
    kept = needed | set(draw.sample(others, min(4 * number, len(others))))
    return replace(
        benchmark,
        passages={key: text for key, text in benchmark.passages.items() if key in kept},
        questions={name: benchmark.questions[name] for name in names},
        relevant={name: benchmark.relevant[name] for name in names},
    )


class Rankings:
    """One benchmark searched with one model and one lexicon, in any of the ways."""

    def __init__(self, benchmark: Benchmark, embeddings: NamedEmbeddings, tokenizer: Tokenizer) -> None:
        self._benchmark = benchmark
        self._index = _index(benchmark.passages, embeddings, tokenizer)
        self._retriever = Retriever(self._index, embeddings, tokenizer)
        self._embeddings, self._tokenizer = embeddings, tokenizer

    def ours(self) -> dict[str, list[str]]:
        """What the assistant's own retriever finds: question → passages, best first."""
        return {
            name: [f"{hit.policy}/{hit.clause_id}" for hit in self._retriever.search(text, DEPTH)]
            for name, text in self._benchmark.questions.items()
        }

    def fused(self, weights: Sequence[float]) -> list[dict[str, list[str]]]:
        """The same sum with other weights of the keywords; 1 is BM25 alone (matches only), 0 vectors alone."""
        rankings: list[dict[str, list[str]]] = [{} for _ in weights]
        for name, text in self._benchmark.questions.items():
            keywords, similarities = self._scores(text)
            for ranking, weight in zip(rankings, weights, strict=True):
                scores = weight * keywords / max(float(keywords.max()), 1e-9) + (1 - weight) * _spread(similarities)
                best = np.argsort(-scores, kind="stable")[:DEPTH]
                ranking[name] = [self._index.keys[row] for row in best if weight < 1 or keywords[row] > 0]
        return rankings

    def _scores(self, text: str) -> tuple[Vectors, Vectors]:
        keywords = self._index.keywords
        vector = np.asarray(self._embeddings.embed_query(self._tokenizer.canonical(text)[:400]), np.float32)
        matched: Vectors = keywords.get_scores_from_ids(keywords.get_tokens_ids(self._tokenizer.tokens(text)))
        return matched, self._index.vectors @ vector


def measure(benchmark: Benchmark, way: str, ranking: Mapping[str, Sequence[str]]) -> Row:
    """Score a ranking with the metrics of sentence-transformers' `InformationRetrievalEvaluator`."""
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    evaluator = InformationRetrievalEvaluator(
        dict(benchmark.questions),
        dict(benchmark.passages),
        {name: set(keys) for name, keys in benchmark.relevant.items()},
        mrr_at_k=[DEPTH],
        ndcg_at_k=[DEPTH],
        accuracy_at_k=[1, 3],
        precision_recall_at_k=[5, DEPTH],
        map_at_k=[DEPTH],
        write_csv=False,
    )
    places: list[object] = [
        [{"corpus_id": key, "score": -place} for place, key in enumerate(ranking[name])]
        for name in evaluator.queries_ids
    ]
    scores: dict[str, dict[int, Any]] = evaluator.compute_metrics(places)
    values = [
        scores["accuracy@k"][1],
        scores["accuracy@k"][3],
        scores["recall@k"][5],
        scores["recall@k"][DEPTH],
        scores["mrr@k"][DEPTH],
        scores["ndcg@k"][DEPTH],
    ]
    return Row(benchmark.name, way, len(places), len(benchmark.passages), *(round(float(v), 4) for v in values))


def ways(benchmark: Benchmark, embeddings: NamedEmbeddings, lexicon: Lexicon) -> list[Row]:
    """Keywords alone, vectors alone, and the assistant's retriever."""
    rankings = Rankings(benchmark, embeddings, Tokenizer(lexicon))
    keywords, vectors = rankings.fused((1, 0))
    found = {"BM25 alone": keywords, "vectors alone": vectors, "ours": rankings.ours()}
    return [measure(benchmark, way, ranking) for way, ranking in found.items()]


def ablation(benchmark: Benchmark, embeddings: NamedEmbeddings, lexicon: Lexicon) -> list[Row]:
    """Ours with a part of it taken away or its weight moved; each part has to earn its place."""
    parts = {
        "without the project's terms": Lexicon((), lexicon.synonyms),
        "without synonyms": Lexicon((*lexicon.terms, *lexicon.synonyms), {}),
        "without either": Lexicon((), {}),
    }
    rankings = Rankings(benchmark, embeddings, Tokenizer(lexicon))
    rows = [measure(benchmark, "ours", rankings.ours())]
    for way, other in parts.items():
        (ranking,) = Rankings(benchmark, embeddings, Tokenizer(other)).fused([KEYWORD_WEIGHT])
        rows.append(measure(benchmark, way, ranking))
    for weight, ranking in zip(WEIGHTS, rankings.fused(WEIGHTS), strict=True):
        mark = " (ours)" if weight == KEYWORD_WEIGHT else ""
        rows.append(measure(benchmark, f"keyword weight {weight:g}{mark}", ranking))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Rows of one benchmark as a Markdown table."""
    head = f"{rows[0].benchmark}: {rows[0].questions} questions, {rows[0].passages} passages"
    names = ("hit@1", "hit@3", "recall@5", f"recall@{DEPTH}", f"MRR@{DEPTH}", f"nDCG@{DEPTH}")
    lines = [head, "", f"| way | {' | '.join(names)} |", "| --- |" + " ---: |" * len(names)]
    for row in rows:
        values = (row.hit_1, row.hit_3, row.recall_5, row.recall_10, row.mrr, row.ndcg)
        lines.append(f"| {row.way} | {' | '.join(f'{value:.3f}' for value in values)} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and write `retrieval.json`; a set that is absent is said to be so and left out."""
    parser = argparse.ArgumentParser(prog="python -m evals.retrieval", description=main.__doc__)
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="directory of our own questions")
    parser.add_argument("--public", type=Path, nargs="?", const=PUBLIC, help="also the public sets, in this directory")
    parser.add_argument("--ablation", action="store_true", help="also ours with each part taken away")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="at most N questions of each public set")
    parser.add_argument("--build", type=Path, default=BUILD, help="directory of kept vectors and results")
    options = parser.parse_args(arguments)
    settings = read_settings()
    benchmarks = own_benchmarks(read_cases(options.questions), read_policies(settings.corpus_dir))
    if not benchmarks:
        print(f"No questions of our own in {options.questions}; they are left out.\n")
    if options.public:
        if not (public := public_benchmarks(options.public, options.sample)):
            print(f"The public sets are not in {options.public}; they are left out.\n")
        benchmarks += public
    lexicon = read_lexicon(settings.corpus_dir / "lexicon")
    rows: list[Row] = []
    ablated: list[Row] = []
    with closing(
        CachedEmbeddings(open_embeddings(settings.embedding_model), options.build / "vectors.sqlite")
    ) as model:
        for benchmark in benchmarks:
            rows += (found := ways(benchmark, model, lexicon))
            print(table(found), flush=True)
        for benchmark in benchmarks if options.ablation else ():
            ablated += (found := ablation(benchmark, model, lexicon))
            print(f"Ablation, {table(found)}", flush=True)
    result = {
        "model": settings.embedding_model,
        "sample": options.sample,
        "rows": [asdict(row) for row in rows],
        "ablation": [asdict(row) for row in ablated],
    }
    (options.build / "retrieval.json").write_text(json.dumps(result, ensure_ascii=False, indent=1), "utf-8")
    return 0


def _index(passages: Mapping[str, str], embeddings: NamedEmbeddings, tokenizer: Tokenizer) -> Index:
    """An index in memory, as the assistant builds it of clauses."""
    import bm25s

    keywords = bm25s.BM25()
    keywords.index([tokenizer.tokens(text) for text in passages.values()], show_progress=False)
    vectors = np.asarray(embeddings.embed_documents(list(passages.values())), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    model = (embeddings.name, embeddings.version, embeddings.dimension)
    manifest = Manifest(FORMAT, "", {}, *model, tokenizer.fingerprint, {}, {})
    return Index(tuple(passages), tuple(passages.values()), vectors, keywords, manifest)


def _spread(scores: Vectors) -> Vectors:
    low, high = float(scores.min()), float(scores.max())
    spread: Vectors = (scores - low) / max(high - low, 1e-9)
    return spread


def _read_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
