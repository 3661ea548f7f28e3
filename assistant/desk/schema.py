"""The desk's tables; `migrations/` brings a database to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

OFFICE = timezone(timedelta(hours=8), "北京时间")  # the time moments are shown in; they are kept in UTC

Role = Literal["staff", "supervisor"]
ROLES: dict[Role, str] = {"staff": "坐席", "supervisor": "主管"}

Outcome = Literal["open", "resolved", "callback", "referred"]
OUTCOMES: dict[Outcome, str] = {"open": "处理中", "resolved": "已答复", "callback": "待回电", "referred": "已转部门"}

Voice = Literal["good", "bad", "unanswered"]
VOICES: dict[Voice, str] = {"good": "有用", "bad": "有问题", "unanswered": "没有答案"}

Judgement = Literal["right", "wrong", "outside"]
JUDGEMENTS: dict[Judgement, str] = {"right": "答得对", "wrong": "答得不对", "outside": "不属于本政策"}

Door = Literal["page", "desk"]

Fault = Literal["irrelevant", "incomplete", "invented", "outdated", "redundant", "other"]
FAULTS: dict[Fault, str] = {
    "irrelevant": "答非所问", "incomplete": "不全", "invented": "无中生有",
    "outdated": "过时", "redundant": "冗余", "other": "其他",
}  # fmt: skip


class Moment(TypeDecorator[datetime]):
    """A moment with its zone, kept in UTC; SQLite has no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, dict[str, Any]: JSON, list[str]: JSON}


class Staff(Table):
    """A person who may sign in."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    role: Mapped[Role] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Attempt(Table):
    """One try to sign in; the failed ones of a while lock a name or an address."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "name", "at"), Index(None, "address", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(60))
    has_succeeded: Mapped[bool]


class SignIn(Table):
    """A browser that is signed in; only the hash of its cookie is kept."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Audit(Table):
    """Who did what, and when; the database refuses to change or remove a line."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text)


class Answer(Table):
    """A reply under its receipt, with what it was made from; the same receipt is the same answer."""

    __tablename__ = "answers"
    receipt: Mapped[str] = mapped_column(String(40), primary_key=True)
    turns: Mapped[list[str]]
    as_of: Mapped[date]
    versions: Mapped[str] = mapped_column(String(80))
    reply: Mapped[dict[str, Any]]
    first_at: Mapped[datetime] = mapped_column(index=True)


class Asked(Table):
    """One time a question was asked."""

    __tablename__ = "asked"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    receipt: Mapped[str] = mapped_column(String(40), index=True)
    door: Mapped[Door] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    clause: Mapped[str] = mapped_column(String(20))
    elapsed_ms: Mapped[float]


class Case(Table):
    """A call: who (masked), what was asked and answered, and what becomes of it."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    opened_at: Mapped[datetime] = mapped_column(index=True)
    opened_by: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(40))
    caller: Mapped[str] = mapped_column(String(100))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    receipt: Mapped[str] = mapped_column(String(40), index=True)
    outcome: Mapped[Outcome] = mapped_column(String(20), index=True)
    follow_up: Mapped[str] = mapped_column(Text)
    due: Mapped[date | None] = mapped_column(index=True)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Revision(Table):
    """One change of a case: each field's words before and after."""

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(40))
    changes: Mapped[dict[str, Any]]


class Signal(Table):
    """A visitor's judgement of an answer, or a question without one, and what staff make of it."""

    __tablename__ = "signals"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    voice: Mapped[Voice] = mapped_column(String(12))
    receipt: Mapped[str] = mapped_column(String(40), index=True)
    question: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(200))
    group: Mapped[int | None] = mapped_column("group_id")
    judgement: Mapped[Judgement | None] = mapped_column(String(12), index=True)
    fault: Mapped[Fault | None] = mapped_column(String(12))
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[str | None] = mapped_column(String(40))


class Curated(Table):
    """An answer staff wrote, bound to a clause as its text was then."""

    __tablename__ = "curated"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(40))
    policy: Mapped[str] = mapped_column(String(80))
    clause: Mapped[str] = mapped_column(String(20), index=True)
    clause_hash: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(40))
