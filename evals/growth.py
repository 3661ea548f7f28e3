"""`python -m evals.growth`: what search and index cost as the corpus grows from 100 to 100,000 clauses, as ratios.

Clauses are real ones from public policies, repeated with variation; without the public files, this policy's own. Real
vectors are made for `BASE` texts; a variation's vector is its text's, moved a little, since embedding 100,000 texts
would take half an hour and show nothing that the rate of the first does not.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.clauses import Clause
from assistant.embeddings import NamedEmbeddings, open_embeddings
from assistant.index import build_index
from assistant.lexicon import read_lexicon
from assistant.policies import read_policies
from assistant.retrieval import Retriever
from assistant.settings import ROOT, read_settings
from assistant.tokens import Tokenizer

PUBLIC = ROOT.parent / "shared" / "public" / "policy" / "clauses.jsonl"
SIZES = (100, 1_000, 10_000, 100_000)
BASE, QUERIES, LONGEST = 100, 100, 400
_MOVED = 0.05  # length of what is added to a vector of length 1


class Varied(NamedEmbeddings):
    """Real vectors for the texts of a base, and near them for their variations; counts what it is asked to embed."""

    def __init__(self, model: NamedEmbeddings, base: Sequence[str]) -> None:
        self.name, self.version, self.dimension = model.name, model.version, model.dimension
        self._model, self._random = model, np.random.default_rng(7)
        started = time.perf_counter()
        self._known = dict(zip(base, np.asarray(model.embed_documents(list(base)), np.float32), strict=True))
        self.rate = len(base) / (time.perf_counter() - started)
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        moved = self._random.normal(scale=_MOVED / self.dimension**0.5, size=(len(texts), self.dimension))
        vectors: list[list[float]] = (np.stack([self._known[_base_of(text)] for text in texts]) + moved).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return self._model.embed_query(text)


def base_texts() -> list[str]:
    """Real clauses, shortened: the public ones where they are, else this policy's."""
    if PUBLIC.exists():
        texts = [json.loads(line)["text"] for line in PUBLIC.read_text("utf-8").splitlines()]
    else:
        print(f"no {PUBLIC.name} of public policies: this policy's own clauses are repeated", file=sys.stderr)
        texts = [c.body for p in read_policies(read_settings().corpus_dir) for c in p.clauses]
    kept = [" ".join(text.split())[:LONGEST] for text in texts if len(text) > 30]
    return list(dict.fromkeys(kept))[:BASE]


def grown(base: Sequence[str], size: int) -> list[Clause]:
    """`size` clauses: the base over and over, each told apart by a number and a threshold of its own."""
    return [
        Clause("grown", str(n), f"第{n}条", "", text, f"{text}\n第 {n} 号，限额 {n % 997 + 1} 万元。", (), ())
        for n, text in ((n, base[n % len(base)]) for n in range(size))
    ]


def measure(size: int) -> dict[str, float]:
    """The figures of one size, in a process of its own so that its memory is its own."""
    base = base_texts()
    model = open_embeddings(read_settings().embedding_model)
    embeddings = Varied(model, [f"\n{text}" for text in base])
    tokenizer = Tokenizer(read_lexicon(read_settings().corpus_dir / "lexicon"))
    clauses = grown(base, size)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        before, started = _memory(), time.perf_counter()
        index = build_index(clauses, embeddings, tokenizer, place)
        built, count = time.perf_counter() - started, embeddings.embedded
        started = time.perf_counter()
        index = build_index(clauses, embeddings, tokenizer, place)
        again = time.perf_counter() - started
        assert embeddings.embedded == count == size, "a rebuild of what is up to date embedded something"
        disk = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        retriever = Retriever(index, model, tokenizer)
        queries = [f"{base[n % len(base)][:20]}（{n}）" for n in range(QUERIES)]
        retriever.search("先热一热")
        bare = [_seconds(model.embed_query, f"{query}单独") for query in queries]
        times = [_seconds(retriever.search, query) for query in queries]
    return {
        "size": size,
        "bare_ms": statistics.median(bare) * 1000,
        "p50_ms": statistics.median(times) * 1000,
        "p95_ms": statistics.quantiles(times, n=20)[18] * 1000,
        "build_s": built,
        "rebuild_s": again,
        "embedded_per_s": embeddings.rate,
        "memory_mb": _memory() - before,
        "disk_mb": disk / 1e6,
    }


def main() -> None:
    """Print a table, a row for each size, with the ratio of its p95 to that of the smallest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", type=int, help="measure one size here and print its figures as JSON")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="leave out the sizes above this")
    options = parser.parse_args()
    if options.size:
        print(json.dumps(measure(options.size)))
        return
    rows = []
    for size in (s for s in SIZES if s <= options.most):
        command = [sys.executable, "-m", "evals.growth", "--size", str(size)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print("| clauses | p50 ms | p95 ms | p95 to bare embedding | p95 to smallest | build s | no-op s | MB | disk MB |")
    print(f"| {'---: | ' * 9}".rstrip())
    for row in rows:
        print(
            f"| {row['size']:,} | {row['p50_ms']:.1f} | {row['p95_ms']:.1f} | {row['p95_ms'] / row['bare_ms']:.2f} "
            f"| {row['p95_ms'] / rows[0]['p95_ms']:.2f} | {row['build_s']:.1f} | {row['rebuild_s']:.1f} "
            f"| {row['memory_mb']:.0f} | {row['disk_mb']:.0f} |"
        )
    print(f"\nreal embeddings: {statistics.median(r['embedded_per_s'] for r in rows):.0f} clauses a second, one thread")


def _base_of(text: str) -> str:
    """The base text a variation was made of, as it is embedded: without its last line."""
    return text.rpartition("\n")[0]


def _seconds(call: Callable[[str], object], text: str) -> float:
    started = time.perf_counter()
    call(text)
    return time.perf_counter() - started


def _memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
