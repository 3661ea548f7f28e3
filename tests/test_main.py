"""The command line as the contract fixes it: outputs, exit codes, batch, and what happens to bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.settings import Settings
from evals.endpoint import MODEL, Says, serve

KEYS = {"status", "text", "citations", "calculations", "missing", "notices", "receipt", "elapsed_ms"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings, assistant: object) -> None:
    """Commands use the index the session has built."""
    monkeypatch.setenv("ASSISTANT_INDEX_DIR", str(settings.index_dir))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_ask_prints_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "ask", "首次突破5亿元奖多少")
    assert code == 0
    assert "100 万元" in out
    assert "五、（九）" in out


def test_ask_json_prints_one_reply_of_the_contract_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "ask", "贷款8000万、4%、固定资产1亿，贴息多少", "--json", "--as-of", "2021-01-01")
    reply = json.loads(out)
    assert code == 0
    assert reply.keys() == KEYS
    calculation = reply["calculations"][0]
    assert calculation["clause"] == "5.7"
    assert calculation["amount_yuan"] == "2800000"
    assert calculation["modality"] == "at_most"
    assert calculation["readings"][-1]["amount_yuan"] == "14000000"
    assert {"policy", "clause", "label", "quote"} == reply["citations"][0].keys()
    assert reply["notices"] == []


def test_batch_answers_every_turn_in_order_and_names_lines_it_cannot_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "in.jsonl"
    lines = [
        json.dumps({"id": "a", "turns": ["技改投资3000万补多少", "那6000万呢"]}, ensure_ascii=False),
        "{broken",
        json.dumps({"id": "b", "turns": []}),
        "",
        json.dumps({"id": "c", "turns": ["天气怎么样"]}, ensure_ascii=False),
    ]
    file.write_text("\n".join(lines), "utf-8")
    code, out, err = run(capsys, "ask", "--batch", str(file), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [a["id"] for a in answers] == ["a", "c"]
    assert [r["calculations"][0]["amount_yuan"] for r in answers[0]["replies"]] == ["3000000", "5000000"]
    assert answers[1]["replies"][0]["status"] == "not_covered"
    assert code == 1
    assert "第 2 行" in err
    assert "第 3 行" in err


def test_estimate_takes_a_measure_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "estimate", "5.7", "loan=8000万", "loan_rate=4%", "fixed_assets=1个亿", "--json")
    assert code == 0
    assert json.loads(out)["amount_yuan"] == "2800000"
    code, out, _ = run(capsys, "estimate", "upgrade", "project_investment=3000万")
    assert code == 0
    assert "最高不超过 300 万元" in out


def test_estimate_lists_the_measures_and_their_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "estimate")
    assert code == 0
    assert len(out.splitlines()) == 23
    assert "loan_rate" in out


def test_search_says_why_each_hit_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "search", "技改补助", "--json")
    hits = json.loads(out)
    assert code == 0
    assert hits[0]["clause_id"] == "5.8"
    assert "技术改造" in hits[0]["matched_tokens"]
    code, out, _ = run(capsys, "search", "技改补助")
    assert "关键词第 1" in out
    assert "相似度" in out


def test_check_prints_the_repairs_and_the_proof(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check")
    assert code == 0
    assert out.count("→") == 15
    assert "没有多也没有少" in out


def test_index_and_doctor_report_a_sound_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "index")[0] == 0
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "异常" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask",), "请给出一个问题"),
        (("ask", "问题", "--batch", "x"), "二选一"),
        (("ask", "--batch", "/nowhere/in.jsonl", "--json"), "读不到批量文件"),
        (("ask", "问题", "--as-of", "昨天"), "不是日期"),
        (("estimate", "5.8", "project_investment=1万"), "有几个事项"),
        (("estimate", "nothing"), "没有事项"),
        (("estimate", "upgrade", "price=1万"), "没有输入项"),
        (("estimate", "upgrade", "project_investment=很多"), "没有读到数字"),
        (("estimate", "upgrade", "project_investment=-5万"), "负数"),
        (("estimate", "upgrade", "3000万"), "不是 输入=值"),
        (("fly",), "用法有误"),
        ((), "用法有误"),
    ],
)
def test_bad_usage_is_one_chinese_sentence_and_exit_code_two(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [(), ("ask",), ("estimate",), ("search",), ("index",), ("check",), ("doctor",)])
def test_help_is_in_chinese(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    code, out, _ = run(capsys, *command, "-h")
    assert code == 0
    assert "用法：" in out
    assert "usage" not in out
    assert "show this" not in out


def test_a_missing_corpus_and_a_bad_setting_fail_with_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus_dir: Path
) -> None:
    shutil.copytree(corpus_dir, tmp_path / "corpus")
    (tmp_path / "corpus/policies/zhongshan-it-2018/source.txt").unlink()
    monkeypatch.setenv("ASSISTANT_CORPUS_DIR", str(tmp_path / "corpus"))
    code, out, err = run(capsys, "ask", "有哪些补贴", "--json")
    assert (code, out) == (1, "")
    assert "source.txt" in err
    monkeypatch.setenv("ASSISTANT_PORT", "很大")
    code, _, err = run(capsys, "check")
    assert code == 1
    assert "ASSISTANT_PORT" in err


def test_a_fresh_process_answers_and_leaves_stdout_to_the_json(settings: Settings) -> None:
    environment = {**os.environ, "ASSISTANT_INDEX_DIR": str(settings.index_dir)}
    command = [sys.executable, "-m", "assistant", "ask", "买了3000万的检测仪器能补多少", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["calculations"][0]["amount_yuan"] == "10000000"


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A scripted language model behind the settings of the environment."""
    said = "这一项支持企业开展技术改造。[1]您能拿到 8888 万元。[1]"
    with serve(lambda request: Says(said)) as endpoint:
        monkeypatch.setenv("ASSISTANT_LLM", "openai")
        monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", endpoint.base_url)
        monkeypatch.setenv("ASSISTANT_LLM_MODEL", MODEL)
        monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "sk-very-secret-4711")
        yield


@pytest.mark.usefixtures("door")
def test_trace_tells_what_a_language_model_did(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "用大白话给老板解释技改怎么补", "--trace")
    assert f"语言模型：openai {MODEL}；提示词 wording " in out
    assert "保留：这一项支持企业开展技术改造。" in out
    assert "换成程序的话（带数字的句子与依据里的事实不一致）：您能拿到 □□□□ □元。" in out
    assert "8888" not in out
    _, out, _ = run(capsys, "ask", "首次突破5亿元奖多少", "--trace")
    assert "这个回答没有用到" in out


@pytest.mark.usefixtures("door")
def test_only_a_reply_a_model_was_asked_for_carries_a_trace_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "用大白话给老板解释技改怎么补", "--json")
    assert json.loads(out).keys() == KEYS | {"trace"}
    _, out, _ = run(capsys, "ask", "首次突破5亿元奖多少", "--json")
    assert json.loads(out).keys() == KEYS


@pytest.mark.usefixtures("door")
def test_the_doctor_shows_the_door_and_not_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "doctor")
    assert code == 0
    assert f"的 {MODEL}，接口可用" in out
    assert "ASSISTANT_LLM_API_KEY=***" in out
    assert "4711" not in out + err
