"""A run and an earlier one → what changed; a run and its thresholds → what falls short."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import AssistantError
from evals.metrics import Metrics, Result, Row, measure, metric_names, rows

Thresholds = dict[str, dict[str, dict[str, float]]]  # split → minimum or maximum → metric → limit


class RunError(AssistantError):
    """A run cannot be made or compared; the message says what to change."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Verdict(_Part):
    """Whether a case passed: as much of it as a comparison needs, whatever else a report holds."""

    id: str
    passed: bool


class Earlier(_Part):
    """An earlier run: its metrics by split and, in a whole report, which cases passed."""

    as_of: date
    metrics: dict[str, Metrics]
    verdicts: tuple[Verdict, ...] = ()


class Report(Earlier):
    """A whole run: besides, the table and every case with its trace."""

    table: tuple[Row, ...]
    results: tuple[Result, ...]


class Change(_Part):
    """One metric of one split, before and now; None where it was not measured."""

    split: str
    metric: str
    before: float | None
    now: float | None


class Comparison(_Part):
    """What changed since an earlier run; cases by id."""

    newly_failing: tuple[str, ...]
    newly_passing: tuple[str, ...]
    only_now: tuple[str, ...]
    only_before: tuple[str, ...]
    changes: tuple[Change, ...]


def build_report(results: Sequence[Result], as_of: date) -> Report:
    """Everything that is written about a run."""
    return Report(
        as_of=as_of,
        metrics=measure(results),
        verdicts=tuple(Verdict(id=r.case.id, passed=r.passed) for r in results),
        table=rows(results),
        results=tuple(results),
    )


def compare(before: Earlier, now: Earlier) -> Comparison:
    """Which cases turned, which came or went, and every metric that moved (times left out: they always move)."""
    then = {v.id: v.passed for v in before.verdicts}
    current = {v.id: v.passed for v in now.verdicts}
    changes = []
    for split, metrics in now.metrics.items():
        earlier = before.metrics.get(split, {})
        for name, value in metrics.items():
            if name in earlier and not name.endswith("_ms") and earlier[name] != value:
                changes.append(Change(split=split, metric=name, before=earlier[name], now=value))
    return Comparison(
        newly_failing=tuple(i for i, passed in current.items() if not passed and then.get(i) is True),
        newly_passing=tuple(i for i, passed in current.items() if passed and then.get(i) is False),
        only_now=tuple(i for i in current if i not in then) if then else (),
        only_before=tuple(i for i in then if i not in current),
        changes=tuple(changes),
    )


def shortfalls(metrics: Mapping[str, Metrics], thresholds: Thresholds) -> tuple[str, ...]:
    """A sentence for each metric below its minimum or above its maximum, of the splits that were run."""
    faults = []
    for split, measured in metrics.items():
        for bound, limits in thresholds.get(split, {}).items():
            for name, limit in limits.items():
                value = measured[name]
                if value is None:
                    faults.append(f"{split} {name}: not measured, {bound} {limit:g}")
                elif value < limit if bound == "minimum" else value > limit:
                    faults.append(f"{split} {name}: {value:g}, {bound} {limit:g}")
    return tuple(faults)


def read_earlier(path: Path) -> Earlier:
    """A report.json or a baseline."""
    try:
        return Earlier.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"{path} 不能用作对照：{error}。请指向 evals.run 写出的 JSON。") from error


def write_baseline(path: Path, accepted: Earlier | None, report: Report) -> None:
    """Keep the report's metrics, and the accepted ones of a split it did not run; times are the machine's, not kept."""
    metrics = (accepted.metrics if accepted else {}) | report.metrics
    kept = {
        split: {name: value for name, value in metrics[split].items() if not name.endswith("_ms")}
        for split in sorted(metrics)
    }
    path.write_text(Earlier(as_of=report.as_of, metrics=kept).model_dump_json(indent=1, exclude={"verdicts"}) + "\n")


def read_thresholds(path: Path) -> Thresholds:
    """`[split.minimum]` and `[split.maximum]`, metric = limit; an unknown key is an error."""
    try:
        thresholds: Thresholds = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"{path} 读不了：{error}。") from error
    known = set(metric_names())
    for split, bounds in thresholds.items():
        for bound, limits in bounds.items():
            if split not in {"dev", "test"} or bound not in {"minimum", "maximum"}:
                raise RunError(f"{path}：不认识 [{split}.{bound}]，应为 dev 或 test 下的 minimum 或 maximum。")
            if unknown := set(limits) - known:
                names = "、".join(sorted(known))
                raise RunError(f"{path} [{split}.{bound}]：没有指标 {'、'.join(sorted(unknown))}，可用：{names}。")
    return thresholds
