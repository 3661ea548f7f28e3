"""A period → what was asked and when, what went unanswered, how visitors judged it and how long answers took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from statistics import quantiles

from sqlalchemy import select

from assistant.desk.schema import FAULTS, JUDGEMENTS, OUTCOMES, VOICES, Answer, Asked, Audit, Case, Signal
from assistant.desk.store import Store

LONGEST_PERIOD = 370  # days of one picture
_MOST = 15  # rows of a list of the most frequent

Bars = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Period:
    """Both days included, in the zone of the office."""

    start: date
    end: date
    zone: tzinfo

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The moment it begins and the one it has ended."""
        begin = datetime.combine(self.start, time(), self.zone)
        return begin, datetime.combine(self.end + timedelta(days=1), time(), self.zone)


@dataclass(frozen=True)
class Overview:
    """Counts of a period; bars are (label, number). Times are milliseconds, None where nothing was asked."""

    asked: int
    by_day: Bars
    by_hour: Bars
    by_clause: Bars
    by_status: Bars
    unanswered: Bars
    voices: Bars
    judgements: Bars
    faults: Bars
    outcomes: Bars
    median_ms: float | None
    p95_ms: float | None

    @property
    def satisfaction(self) -> float | None:
        """The share of judged answers that visitors found useful; None when nobody judged."""
        counts = dict(self.voices)
        good, bad = counts.get(VOICES["good"], 0), counts.get(VOICES["bad"], 0)
        return good / (good + bad) if good + bad else None


def overview(store: Store, period: Period) -> Overview:
    """What happened in a period, at the page and at the desk together."""
    begin, end = period.bounds
    with store.read() as session:
        asked = session.execute(
            select(Asked.at, Asked.clause, Asked.status, Asked.elapsed_ms, Asked.receipt).where(
                Asked.at >= begin, Asked.at < end
            )
        ).all()
        signals = session.scalars(select(Signal).where(Signal.at >= begin, Signal.at < end)).all()
        outcomes = session.scalars(select(Case.outcome).where(Case.opened_at >= begin, Case.opened_at < end)).all()
        silent = Counter(row.receipt for row in asked if row.status == "not_covered")
        common = silent.most_common(_MOST)
        turns = dict(
            session.execute(
                select(Answer.receipt, Answer.turns).where(Answer.receipt.in_([r for r, _ in common]))
            ).all()
        )
    local = [row.at.astimezone(period.zone) for row in asked]
    times = [row.elapsed_ms for row in asked]
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    days, hours = Counter(at.date() for at in local), Counter(at.hour for at in local)
    return Overview(
        asked=len(asked),
        by_day=tuple((day.strftime("%m-%d"), days[day]) for day in period.days),
        by_hour=tuple((f"{hour} 时", hours[hour]) for hour in range(24)),
        by_clause=_most(row.clause or "无" for row in asked),
        by_status=_most(STATUSES.get(row.status, row.status) for row in asked),
        unanswered=tuple((turns[r][-1] if r in turns else r, n) for r, n in common),
        voices=_most(VOICES[s.voice] for s in signals),
        judgements=_most(JUDGEMENTS[s.judgement] for s in signals if s.judgement),
        faults=_most(FAULTS[s.fault] for s in signals if s.fault),
        outcomes=_most(OUTCOMES[o] for o in outcomes),
        median_ms=cuts[9] if cuts else None,
        p95_ms=cuts[18] if cuts else None,
    )


def audit_trail(store: Store, limit: int = 500) -> Sequence[Audit]:
    """The newest lines of the audit trail."""
    with store.read() as session:
        return session.scalars(select(Audit).order_by(Audit.id.desc()).limit(limit)).all()


STATUSES = {"answered": "已回答", "needs_input": "追问", "not_covered": "文件没有", "refused": "输入不能用"}


def _most(labels: Iterable[str]) -> Bars:
    return tuple(Counter(labels).most_common(_MOST))
