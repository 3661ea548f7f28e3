"""`make eval`: the question sets through the assistant → a table, build/evals/report.json and report.html."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol, get_args

from tqdm import tqdm

from assistant.answer import Reply
from assistant.errors import AssistantError
from assistant.settings import ROOT, read_settings
from assistant.wiring import open_assistant
from evals.comparison import (
    Comparison,
    Report,
    RunError,
    build_report,
    compare,
    read_earlier,
    read_thresholds,
    shortfalls,
    write_baseline,
)  # fmt: skip
from evals.metrics import Result
from evals.questions import QUESTIONS, Case, Kind, read_cases
from evals.report import write_html
from evals.scorers import paraphrases, score

HERE = Path(__file__).parent
AS_OF = date(2026, 11, 22)  # fixed, so that two runs differ only by the program
DONE, SHORT, UNUSABLE = 0, 1, 2
SUMMARY = (
    "dialogue_last_turn", "outside_refused", "false_refusals", "paraphrase_agreement", "citation_precision",
)  # fmt: skip


class Answerer(Protocol):
    """What is evaluated."""

    def reply(self, turns: Sequence[str], on: date) -> Reply: ...


def answer(case: Case, assistant: Answerer, on: date) -> Result:
    """Ask turn by turn, as the contract's batch does, and score the last reply; an exception fails the case."""
    replies: list[Reply] = []
    elapsed: list[float] = []
    error = ""
    try:
        for n in range(len(case.turns)):
            started = time.perf_counter()
            replies.append(assistant.reply(case.turns[: n + 1], on))
            elapsed.append(round((time.perf_counter() - started) * 1000, 2))
    except Exception as crash:  # whatever it is, it is this case's result, and the run goes on
        error = f"{type(crash).__name__}: {crash}"
    if error:
        scores = score(case, Reply(status="refused", text=""))
        scores = tuple(replace(s, passed=False, value=0.0, reason="没有答复") for s in scores)
    else:
        scores = score(case, replies[-1])
    return Result(case=case, replies=tuple(replies), elapsed_ms=tuple(elapsed), scores=scores, error=error)


def run(cases: Sequence[Case], assistant: Answerer, on: date) -> tuple[Result, ...]:
    """Every case in order, with a progress bar on standard error."""
    results = [answer(case, assistant, on) for case in tqdm(cases, desc="eval", unit="case", file=sys.stderr)]
    agreement = paraphrases([(r.case, r.replies[-1]) for r in results if not r.error])
    return tuple(
        r.model_copy(update={"scores": (*r.scores, agreement[r.case.id])}) if r.case.id in agreement else r
        for r in results
    )


def main(argv: Sequence[str] | None = None, open_answerer: Callable[[], Answerer] | None = None) -> int:
    """Run, print, write; 0 is done, 1 a metric beyond its threshold (with --check), 2 a run that cannot be made."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments, open_answerer or (lambda: open_assistant(read_settings())))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return UNUSABLE


def _run(arguments: argparse.Namespace, open_answerer: Callable[[], Answerer]) -> int:
    if arguments.only and (arguments.check or arguments.accept):
        raise RunError("--check 和 --accept 看的是整个题集，请去掉 --only。")
    cases = [
        case
        for case in read_cases(arguments.questions)
        if arguments.split in ("all", case.split) and arguments.only in (None, case.kind)
    ]
    if not cases:
        raise RunError(f"{arguments.questions} 里没有符合条件的题目。请检查 --split、--only 或题集目录。")
    thresholds = read_thresholds(arguments.thresholds) if arguments.check else {}
    # Read before this run overwrites it: --against may well name the last report.
    earlier = read_earlier(arguments.against) if arguments.against else None
    accepted = read_earlier(arguments.baseline) if arguments.baseline.exists() else None

    report = build_report(run(cases, open_answerer(), arguments.as_of), arguments.as_of)
    since_earlier = compare(earlier, report) if earlier else None
    # The baseline is of whole splits: a run of one kind is not held beside it.
    since_accepted = compare(accepted, report) if accepted and not arguments.only else None
    faults = shortfalls(report.metrics, thresholds)

    path: Path = arguments.report
    page = path.with_suffix(".html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.model_dump_json(indent=1), "utf-8")
    write_html(page, report, since_accepted, since_earlier, faults)

    print("\n".join(table(report)))
    if since_accepted:
        print("\n".join(["", "since the accepted run:", *_changes(since_accepted)]))
    if since_earlier:
        print("\n".join(["", f"since {arguments.against}:", *_turned(since_earlier), *_changes(since_earlier)]))
    print(f"\n{path}\n{page}")
    if faults:
        print("\n".join(["", "beyond the thresholds:", *faults]), file=sys.stderr)
        return SHORT
    if arguments.accept:
        write_baseline(arguments.baseline, accepted, report)
        print(f"accepted: {arguments.baseline}")
    return DONE


def table(report: Report) -> list[str]:
    """The table by split and kind, then a line of further metrics for each split."""
    lines = [
        f"{'split':5} {'kind':15} {'n':>4}"
        + "".join(f"{head:>9}" for head in ("passed", "amount", "1st cl.", "status", "unbound", "p50 ms", "p95 ms"))
    ]
    for row in report.table:
        shares = "".join(f"{_percent(v):>9}" for v in (row.passed, row.amount, row.first_clause, row.status))
        times = "".join("        –" if t is None else f"{t:9.1f}" for t in (row.p50_ms, row.p95_ms))
        lines.append(f"{row.split:5} {row.kind:15} {row.n:4}{shares}{row.unbound_figures:9.0f}{times}")
        lines += [""] if row.kind == "all" else []
    for split, metrics in report.metrics.items():
        lines.append(f"{split}: " + ", ".join(f"{n.replace('_', ' ')} {_percent(metrics[n])}" for n in SUMMARY))
    return lines


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _changes(comparison: Comparison) -> list[str]:
    lines = []
    for change in comparison.changes:
        before, now = ("–" if v is None else f"{v:g}" for v in (change.before, change.now))
        lines.append(f"  {change.split} {change.metric}: {before} → {now}")
    return lines or ["  no metric changed"]


def _turned(comparison: Comparison) -> list[str]:
    named = {
        "newly failing": comparison.newly_failing,
        "newly passing": comparison.newly_passing,
        "only now": comparison.only_now,
        "only before": comparison.only_before,
    }
    return [f"  {name} ({len(ids)}): {', '.join(ids)}" for name, ids in named.items() if ids] or ["  no case turned"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.run", description="Ask every question, score every reply.")
    parser.add_argument("--split", choices=("dev", "test", "all"), default="all")
    parser.add_argument("--only", choices=get_args(Kind), metavar="KIND", help="one kind of question")
    parser.add_argument("--report", type=Path, default=ROOT / "build/evals/report.json", metavar="PATH.json")
    parser.add_argument("--against", type=Path, metavar="REPORT.json", help="say what changed since an earlier report")
    parser.add_argument("--check", action="store_true", help="exit 1 when a metric is beyond its threshold")
    parser.add_argument("--accept", action="store_true", help="keep these metrics as the baseline")
    parser.add_argument("--as-of", type=date.fromisoformat, default=AS_OF, metavar="YYYY-MM-DD")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, metavar="DIR")
    parser.add_argument("--thresholds", type=Path, default=HERE / "thresholds.toml", metavar="FILE")
    parser.add_argument("--baseline", type=Path, default=HERE / "baseline.json", metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
