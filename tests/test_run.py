"""A run over a handful of cases with a scripted assistant."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.answer import Calculation, Citation, Reply
from evals import plots
from evals.run import main

CASES: list[dict[str, object]] = [
    {"id": "right", "kind": "calculation", "split": "dev", "turns": ["投资1000万"], "status": "answered",
     "clauses": ["5.8"], "amounts": {"5.8": "1000000"}, "modality": {"5.8": "at_most"}},
    {"id": "again", "kind": "colloquial", "split": "dev", "turns": ["投一千万"], "status": "answered",
     "paraphrase_of": "right"},
    {"id": "talk", "kind": "dialogue", "split": "test", "turns": ["技改补多少", "<b>1000万</b>"], "status": "answered",
     "clauses": ["5.8"], "amounts": {"5.8": "1000000"}},
    {"id": "beyond", "kind": "outside", "split": "test", "turns": ["深圳呢"], "status": "not_covered"},
    {"id": "crash", "kind": "hostile", "split": "test", "turns": ["坏"], "status": "refused"},
]  # fmt: skip

MILLION = Reply(
    status="answered",
    text="**最高不超过 100 万元**",
    citations=(Citation(policy="p", clause="5.8", label="五、（八）", quote="按不超过投资额的 10% 予以补助"),),
    calculations=(
        Calculation(
            measure="m", name="技改", clause="5.8", amount_yuan=Decimal(1_000_000), modality="at_most", per="每个项目"
        ),
    ),
)
SCRIPT: dict[str, Reply] = {
    "投资1000万": MILLION,
    "投一千万": MILLION,
    "技改补多少": Reply(status="needs_input", text="投资多少？"),
    "<b>1000万</b>": Reply(status="answered", text="<script>alert()</script> 可补 77 万元"),
    "深圳呢": Reply(status="not_covered", text="文件未规定"),
}


class Scripted:
    """Answers from a script, and keeps what it was asked; a message not in it raises."""

    def __init__(self, script: dict[str, Reply]) -> None:
        self.script = script
        self.asked: list[tuple[str, ...]] = []

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        self.asked.append(tuple(turns))
        return self.script[turns[-1]]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "questions").mkdir()
    lines = [json.dumps(case | {"source": "手写"}, ensure_ascii=False) for case in CASES]
    (tmp_path / "questions" / "few.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "thresholds.toml").write_text("[dev.minimum]\npassed = 1.0\n[dev.maximum]\nunbound_figures = 0\n")
    return tmp_path


def go(here: Path, *options: str, script: dict[str, Reply] = SCRIPT) -> int:
    paths = {"questions": "questions", "thresholds": "thresholds.toml", "baseline": "baseline.json", "report": "r.json"}
    fixed = [part for name, path in paths.items() for part in (f"--{name}", str(here / path))]
    return main([*fixed, *options], lambda: Scripted(script))


def test_the_table_has_a_line_for_each_kind_and_one_for_all(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(here) == 0
    lines = {tuple(line.split()[:2]): line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["dev", "calculation"][2:8] == ["1", "100.0%", "100.0%", "100.0%", "100.0%", "0"]
    assert lines["dev", "all"][2:4] == ["2", "100.0%"]
    assert lines["test", "all"][2:8] == ["3", "33.3%", "33.3%", "0.0%", "66.7%", "1"]


def test_turns_are_asked_one_by_one_with_all_before_them(here: Path) -> None:
    scripted = Scripted(SCRIPT)
    main(
        ["--questions", str(here / "questions"), "--report", str(here / "r.json"), "--only", "dialogue"],
        lambda: scripted,
    )
    assert scripted.asked == [("技改补多少",), ("技改补多少", "<b>1000万</b>")]


def test_the_report_holds_every_case_with_its_trace(here: Path) -> None:
    go(here)
    report = json.loads((here / "r.json").read_text("utf-8"))
    assert [v["id"] for v in report["verdicts"]] == ["right", "again", "talk", "beyond", "crash"]
    talk = report["results"][2]
    assert [r["status"] for r in talk["replies"]] == ["needs_input", "answered"]
    assert len(talk["elapsed_ms"]) == 2
    assert not talk["passed"]
    reasons = {s["name"]: s["reason"] for s in talk["scores"] if not s["passed"]}
    assert "77 万元" in reasons["evidence"]
    assert "1,000,000 元" in reasons["amount"]


def test_the_metrics_of_a_split_are_of_its_cases(here: Path) -> None:
    go(here)
    metrics = json.loads((here / "r.json").read_text("utf-8"))["metrics"]
    assert metrics["dev"]["paraphrase_agreement"] == 1
    assert metrics["dev"]["dialogue_last_turn"] is None
    assert metrics["test"]["dialogue_last_turn"] == 0
    assert metrics["test"]["outside_refused"] == 1
    assert metrics["test"]["false_refusals"] == 0
    assert metrics["test"]["unbound_figures"] == 1


def test_a_crash_fails_its_case_and_the_run_goes_on(here: Path) -> None:
    go(here)
    crash = json.loads((here / "r.json").read_text("utf-8"))["results"][-1]
    assert crash["error"].startswith("KeyError")
    assert not crash["passed"]
    assert not any(s["passed"] for s in crash["scores"])


def test_the_page_shows_every_failed_case_escaped_and_asks_nothing_of_the_network(here: Path) -> None:
    go(here)
    page = (here / "r.html").read_text("utf-8")
    assert set(re.findall(r'id="case-(\w+)"', page)) == {"talk", "crash"}
    assert "<script" not in page
    assert "&lt;script&gt;alert()&lt;/script&gt;" in page
    assert "&lt;b&gt;1000万&lt;/b&gt;" in page
    assert "KeyError" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)|url\((?!#)|@import', page)
    assert page.count("<svg ") == 3


def test_ids_of_the_page_are_unique(here: Path) -> None:
    go(here)
    ids = re.findall(r'\bid="([^"]+)"', (here / "r.html").read_text("utf-8"))
    assert len(ids) == len(set(ids))


def test_without_a_chinese_font_the_plots_are_in_english(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "_FONTS", ("No Such Font",))
    assert plots.chinese_font() == ""
    assert go(here) == 0


def test_against_names_the_cases_that_turned_and_the_metrics_that_moved(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    go(here)
    capsys.readouterr()
    turned = SCRIPT | {"<b>1000万</b>": MILLION, "深圳呢": MILLION}
    assert go(here, "--against", str(here / "r.json"), script=turned) == 0  # the report it overwrites, read before
    said = capsys.readouterr().out
    assert "newly failing (1): beyond" in said
    assert "newly passing (1): talk" in said
    assert "test dialogue_last_turn: 0 → 1" in said
    assert "_ms" not in said
    assert "新出现的失败（1）" in (here / "r.html").read_text("utf-8")


def test_check_fails_below_a_threshold_and_names_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(here, "--check") == 0
    worse = SCRIPT | {"投一千万": Reply(status="answered", text="可补 9 万元和 8 万元")}
    assert go(here, "--check", script=worse) == 1
    faults = capsys.readouterr().err.partition("beyond the thresholds:\n")[2].splitlines()
    assert faults == ["dev passed: 0.5, minimum 1", "dev unbound_figures: 2, maximum 0"]


def test_a_threshold_is_met_at_its_limit_and_missed_just_below(here: Path) -> None:
    for limit, outcome in (("0.333", 0), ("0.3333", 0), ("0.3334", 1)):
        (here / "thresholds.toml").write_text(f"[test.minimum]\npassed = {limit}\n")
        assert go(here, "--check") == outcome


def test_a_threshold_on_what_no_case_measures_is_missed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "thresholds.toml").write_text("[dev.minimum]\ndialogue_last_turn = 0.9\n")
    assert go(here, "--check") == 1
    assert "dev dialogue_last_turn: not measured" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[dev.minimum]\npased = 1\n", "[prod.minimum]\npassed = 1\n", "[dev.least]\nn = 1\n"])
def test_unknown_keys_of_thresholds_are_refused(here: Path, text: str) -> None:
    (here / "thresholds.toml").write_text(text)
    assert go(here, "--check") == 2


def test_accept_keeps_the_metrics_only_and_the_next_run_shows_the_change(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go(here, "--accept") == 0
    kept = json.loads((here / "baseline.json").read_text("utf-8"))
    assert set(kept) == {"as_of", "metrics"}
    assert not any(name.endswith("_ms") for name in kept["metrics"]["dev"])
    capsys.readouterr()
    go(here, script=SCRIPT | {"投资1000万": Reply(status="refused", text="看不懂")})
    said = capsys.readouterr().out
    assert "since the accepted run:" in said
    assert "dev amount: 1 → 0" in said
    assert (here / "r.html").read_text("utf-8").count("<svg ") == 4


def test_accepting_one_split_keeps_the_other(here: Path) -> None:
    go(here, "--accept")
    before = json.loads((here / "baseline.json").read_text("utf-8"))["metrics"]["test"]
    go(here, "--split", "dev", "--accept")
    assert json.loads((here / "baseline.json").read_text("utf-8"))["metrics"]["test"] == before


def test_a_run_short_of_a_threshold_is_not_accepted(here: Path) -> None:
    (here / "thresholds.toml").write_text("[test.minimum]\npassed = 1.0\n")
    assert go(here, "--check", "--accept") == 1
    assert not (here / "baseline.json").exists()


def test_part_of_the_questions_is_neither_checked_nor_accepted(here: Path) -> None:
    assert go(here, "--only", "dialogue", "--check") == 2
    assert go(here, "--only", "dialogue", "--accept") == 2


def test_no_question_at_all_is_said_and_not_taken_for_success(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(here, "--only", "typo") == 2
    assert "没有符合条件的题目" in capsys.readouterr().err
