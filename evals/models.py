"""`python -m evals.models`: the question sets with and without a language model → what it adds, and what it costs.

The scores of the facts may not fall whatever the model says, so a mode whose exact amounts or refusals are below those
of `none`, or that shows one figure bound to nothing, fails the run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from pydantic import SecretStr
from tqdm import tqdm

from assistant.answer import Reply
from assistant.errors import AssistantError
from assistant.settings import Settings, read_settings
from assistant.wiring import Assistant, open_assistant
from evals.endpoint import MODEL, serve
from evals.hostile import hostile
from evals.metrics import Metrics, Result, measure
from evals.questions import Case, read_cases
from evals.run import AS_OF, HERE
from evals.scorers import score

WORDING = HERE / "wording"
GUARDED = ("amount", "outside_refused", "status", "passed")
DONE, SHORT, UNUSABLE = 0, 1, 2
_COLUMNS = (
    ("题数", "n"), ("金额准确", "amount"), ("应拒已拒", "outside_refused"), ("状态", "status"),
    ("全部通过", "passed"), ("无依据的数", "unbound_figures"),
)  # fmt: skip
_MARKS = "<!-- models: 由 python -m evals.models --write 写入 -->", "<!-- models: 完 -->"


@contextmanager
def opened(mode: str, settings: Settings) -> Iterator[Assistant]:
    """An assistant with the model of a mode; `openai` is the one the environment names."""
    if mode == "hostile":
        with serve(hostile) as endpoint:
            door = {"llm": "openai", "llm_base_url": endpoint.base_url, "llm_model": MODEL, "llm_timeout": 20.0}
            yield open_assistant(settings.model_copy(update=door | {"llm_api_key": SecretStr("")}))
    else:
        yield open_assistant(settings.model_copy(update={"llm": mode}))


def asked(case: Case, assistant: Assistant) -> Result:
    """The last turn of a case and its scores; an exception fails the case."""
    started = time.perf_counter()
    try:
        reply = assistant.reply(case.turns, AS_OF)
    except Exception as crash:
        return Result(case=case, replies=(), elapsed_ms=(), scores=(), error=f"{type(crash).__name__}: {crash}")
    elapsed = round((time.perf_counter() - started) * 1000, 2)
    return Result(case=case, replies=(reply,), elapsed_ms=(elapsed,), scores=score(case, reply))


def run(cases: Sequence[Case], mode: str, settings: Settings) -> dict[str, Result]:
    with opened(mode, settings) as assistant:
        return {case.id: asked(case, assistant) for case in tqdm(cases, desc=mode, unit="case", file=sys.stderr)}


def worst(cases: Sequence[Case], own: dict[str, Result], settings: Settings) -> list[str]:
    """The cases that fall if a model proposes, of what the program would take up, whatever does most harm."""
    fallen: list[str] = []
    with opened("hostile", settings) as assistant:
        assert assistant.assistance is not None
        for case in tqdm(cases, desc="worst", unit="case", file=sys.stderr):
            replies = assistant.assistance.possible(case.turns, AS_OF)
            fallen += [case.id for reply in replies if own[case.id].passed and not _passes(case, reply)]
    return sorted(set(fallen))


def sample(cases: Sequence[Case], results: dict[str, Result], most: int) -> list[Case]:
    """Of the cases about which a model is asked about so many, evenly spread.

    Two fifths must be refused, the others have an amount, are free questions or neither, a fifth each.
    """
    kinds: dict[str, list[Case]] = {"refused": [], "amount": [], "free": [], "other": []}
    for case in cases:
        if _last(results[case.id]).trace:
            kinds[_kind(case)].append(case)
    shares = {"refused": 2 * most // 5, "amount": most // 5, "free": most // 5, "other": most // 5}
    return [case for kind, part in kinds.items() for case in part[:: max(1, -(-len(part) // max(1, shares[kind])))]]


def _kind(case: Case) -> str:
    if set(case.status) == {"not_covered"}:
        return "refused"
    if any(amount is not None for amount in case.amounts.values()):
        return "amount"
    return "free" if case.id.startswith("free-") else "other"


def table(runs: dict[str, dict[str, Result]], none: dict[str, Result]) -> list[str]:
    """A Markdown table: each mode over its cases, with the scores of `none` over the same cases in brackets."""
    lines = [
        "| 方式 | " + " | ".join(head for head, _ in _COLUMNS) + " |",
        "| --- |" + " ---: |" * len(_COLUMNS),
    ]
    for mode, results in runs.items():
        metrics, beside = _all(results.values()), _all(none[name] for name in results)
        cells = []
        for _, key in _COLUMNS:
            now, before = metrics[key], beside[key]
            cells.append(_shown(key, now) if mode == "none" else f"{_shown(key, now)}（{_shown(key, before)}）")
        lines.append(f"| {mode} | " + " | ".join(cells) + " |")
    return lines


def account(mode: str, results: dict[str, Result], none: dict[str, Result]) -> list[str]:
    """What a model was asked, what was made of it, what turned, and the seconds it took."""
    traces = [trace for result in results.values() if (trace := _last(result).trace)]
    verdicts = Counter(judged.verdict for trace in traces for judged in trace.sentences)
    seconds = sorted(trace.elapsed_ms / 1000 for trace in traces)
    reading = [r for r in results.values() if (t := _last(r).trace) and any("reading" in p for p in t.prompts)]
    taken = [r for r in reading if _last(r).status != _last(none[r.case.id]).status]
    better = [r.case.id for r in results.values() if r.passed and not none[r.case.id].passed]
    fallen = [r.case.id for r in results.values() if not r.passed and none[r.case.id].passed]
    worded = len(traces) - len(reading)
    return [
        f"- **{mode}**：问到模型 {len(traces)} 题，其中听懂 {len(reading)} 题、组织语言 {worded} 题。"
        f"听懂的建议采用 {len(taken)} 题，改成反问用户 {sum(bool(t.offers) for t in traces)} 题；"
        f"组织语言写的句子保留 {verdicts['kept']}、换成程序的话 {verdicts['replaced']}、去掉 {verdicts['dropped']}；"
        f"出故障而退回程序自己的回答 {sum(bool(t.trouble) for t in traces)} 题。"
        f"比不用模型多对 {len(better)} 题，多错 {len(fallen)} 题{_named(fallen)}。"
        + (f"每问一次中位 {_quantile(seconds, 0.5):.1f} 秒，p95 {_quantile(seconds, 0.95):.1f} 秒。" if seconds else "")
    ]


def shortfalls(mode: str, results: dict[str, Result], none: dict[str, Result]) -> list[str]:
    """Where a mode is below `none` over the same cases, or shows a figure bound to nothing."""
    now, before = _all(results.values()), _all(none[name] for name in results)
    faults = [f"{mode}: {key} {now[key]} < {before[key]}" for key in GUARDED if (now[key] or 0) < (before[key] or 0)]
    return [*faults, *([f"{mode}: unbound figures {now['unbound_figures']}"] if now["unbound_figures"] else [])]


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print, perhaps write; 0 is done, 1 a score fallen or a figure unbound, 2 a run that cannot be made."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return UNUSABLE


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    cases = [*read_cases(), *read_cases(WORDING)]
    none = run(cases, "none", settings)
    runs = {"none": none, "hostile": run(cases, "hostile", settings)}
    for mode in arguments.modes:
        runs[mode] = run(sample(cases, runs["hostile"], arguments.asked), mode, settings)
    fallen = worst(cases, none, settings)
    others = {mode: results for mode, results in runs.items() if mode != "none"}
    faults = [fault for mode, results in others.items() for fault in shortfalls(mode, results, none)]
    faults += [f"worst: {name} falls" for name in fallen]
    lines = [
        *table(runs, none),
        "",
        *(line for mode, results in others.items() for line in account(mode, results, none)),
    ]
    lines.append(f"- 最坏情形：把程序肯采用的建议逐个采用一遍，比不用模型多错 {len(fallen)} 题。")
    print("\n".join(lines))
    if arguments.write:
        path: Path = HERE / "README.md"
        before, _, rest = path.read_text("utf-8").partition(_MARKS[0])
        _, _, after = rest.partition(_MARKS[1])
        path.write_text("\n".join((before + _MARKS[0], *lines, _MARKS[1])) + after, "utf-8")
    if faults:
        print("\n".join(["", "beyond what is allowed:", *faults]), file=sys.stderr)
    return SHORT if faults else DONE


def _all(results: Iterable[Result]) -> Metrics:
    """The metrics over all splits together."""
    whole = [r.model_copy(update={"case": r.case.model_copy(update={"split": "dev"})}) for r in results]
    return measure(whole)["dev"]


def _last(result: Result) -> Reply:
    return result.replies[-1] if result.replies else Reply(status="refused", text="")


def _passes(case: Case, reply: Reply) -> bool:
    return all(s.passed for s in score(case, reply) if s.decides)


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if key in ("n", "unbound_figures") else f"{value:.1%}"


def _named(ids: Sequence[str]) -> str:
    return f"（{'、'.join(ids)}）" if ids else ""


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.models", description=(__doc__ or "").split("\n")[0])
    modes = tuple(m for m in get_args(Settings.model_fields["llm"].annotation) if m != "none")
    parser.add_argument("--modes", nargs="*", choices=modes, default=[], help="real models beside the hostile script")
    parser.add_argument("--asked", type=int, default=40, metavar="N", help="how many questions a real model gets")
    parser.add_argument("--write", action="store_true", help="put the table into evals/README.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
