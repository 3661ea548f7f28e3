"""Scored results → metrics by split, and the table by kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, computed_field

from assistant.answer import Reply
from evals.questions import Case
from evals.scorers import Score
from evals.scorers.amount import REFUSALS

Metrics = dict[str, float | None]  # None: no case measures it


class Result(BaseModel):
    """One case as it went: a reply for each turn, what each took in ms, and the scores of the last reply."""

    model_config = ConfigDict(frozen=True)

    case: Case
    replies: tuple[Reply, ...]
    elapsed_ms: tuple[float, ...]
    scores: tuple[Score, ...]
    error: str = ""  # the exception that ended the conversation; the case fails

    @computed_field  # type: ignore[prop-decorator]
    @property
    def passed(self) -> bool:
        return not self.error and all(score.passed for score in self.scores if score.decides)

    @property
    def status(self) -> str:
        return self.replies[-1].status if self.replies and not self.error else "error"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the case failed, a sentence each."""
        failed = tuple(f"{s.name}：{s.reason}" for s in self.scores if s.decides and not s.passed)
        return (f"error：{self.error}", *failed) if self.error else failed


class Row(BaseModel):
    """One line of the table: the cases of a kind (or all of them) in one split."""

    model_config = ConfigDict(frozen=True)

    split: str
    kind: str
    n: int
    passed: float | None
    amount: float | None
    first_clause: float | None
    status: float | None
    unbound_figures: float
    p50_ms: float | None
    p95_ms: float | None


def rows(results: Sequence[Result]) -> tuple[Row, ...]:
    """By split and kind, each split closed by a line for all its kinds."""
    table = []
    for split in _splits(results):
        part = [r for r in results if r.case.split == split]
        for kind in sorted({r.case.kind for r in part}):
            table.append(_row(split, kind, [r for r in part if r.case.kind == kind]))
        table.append(_row(split, "all", part))
    return tuple(table)


def measure(results: Sequence[Result]) -> dict[str, Metrics]:
    """Split → metrics; shares are 0 to 1, times in ms, `unbound_figures` a count."""
    return {split: _metrics([r for r in results if r.case.split == split]) for split in _splits(results)}


def metric_names() -> tuple[str, ...]:
    """What a threshold can be set on."""
    return tuple(_metrics(()))


def _metrics(results: Sequence[Result]) -> Metrics:
    row = _row("", "", results)
    dialogues = [r for r in results if len(r.case.turns) > 1]
    beyond = [r for r in results if r.case.kind in {"silent", "outside"} and set(r.case.status) <= REFUSALS]
    answerable = [r for r in results if not set(r.case.status) & REFUSALS]
    return row.model_dump(exclude={"split", "kind"}) | {
        "modality": _share(results, "modality"),
        "wording": _share(results, "wording"),
        "cited": _share(results, "cited"),
        "citation_precision": _mean(s.value for s in _scores(results, "precision")),
        "words": _share(results, "words"),
        "dialogue_last_turn": _mean(r.passed for r in dialogues),
        "outside_refused": _mean(r.status in REFUSALS for r in beyond),
        "false_refusals": _mean(r.status in REFUSALS for r in answerable),
        "paraphrase_agreement": _share(results, "paraphrase"),
    }


def _row(split: str, kind: str, results: Sequence[Result]) -> Row:
    times = sorted(t for r in results for t in r.elapsed_ms)
    return Row(
        split=split,
        kind=kind,
        n=len(results),
        passed=_mean(r.passed for r in results),
        amount=_share(results, "amount"),
        first_clause=_share(results, "first_clause"),
        status=_share(results, "status"),
        unbound_figures=sum(s.value for s in _scores(results, "evidence")),
        p50_ms=_quantile(times, 0.5),
        p95_ms=_quantile(times, 0.95),
    )


def _splits(results: Iterable[Result]) -> list[str]:
    return sorted({r.case.split for r in results})


def _scores(results: Iterable[Result], name: str) -> list[Score]:
    return [score for r in results for score in r.scores if score.name == name]


def _share(results: Iterable[Result], name: str) -> float | None:
    return _mean(score.passed for score in _scores(results, name))


def _mean(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return round(sum(numbers) / len(numbers), 4) if numbers else None


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank quantile."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
