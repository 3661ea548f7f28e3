"""Replies as they are given → kept under their receipts, masked, to be shown again as they were."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from assistant.answer import Reply
from assistant.desk.inbox import keep_unanswered
from assistant.desk.masking import mask, mask_all
from assistant.desk.schema import Answer, Asked, Door
from assistant.desk.store import Store
from assistant.understander import LONGEST, MEMORY


@dataclass(frozen=True)
class Kept:
    """An answer as it was given: the (masked) messages, the day, what it was made from, and the reply."""

    receipt: str
    turns: tuple[str, ...]
    as_of: date
    versions: str
    reply: Reply
    first_at: datetime


def keep_reply(
    store: Store, turns: Sequence[str], on: date, versions: str, reply: Reply, door: Door, at: datetime
) -> None:
    """Keep a reply under its receipt, the time it was asked, and, where it has no answer, a signal for the staff."""
    read = [turn[:LONGEST] for turn in turns[-MEMORY:]]
    masked = [mask(turn) for turn in read]
    given = reply.model_dump(mode="json")
    answer = {
        "receipt": reply.receipt,
        "turns": masked,
        "as_of": on,
        "versions": versions,
        "reply": given if masked == read else mask_all(given),  # a reply names nobody the user has not
        "first_at": at,
    }
    asked = {
        "at": at,
        "receipt": reply.receipt,
        "door": door,
        "status": reply.status,
        "clause": reply.citations[0].clause if reply.citations else "",
        "elapsed_ms": reply.elapsed_ms,
    }
    with store.write() as session:
        connection = session.connection()  # rows of which nothing is asked again cost less without the session
        if connection.scalar(select(Answer.receipt).where(Answer.receipt == reply.receipt)) is None:
            # Two replicas may be the first with one receipt; PostgreSQL tells the second.
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(insert(Answer), answer)
        connection.execute(insert(Asked), asked)
        if reply.status == "not_covered":
            keep_unanswered(session, reply.receipt, masked[-1], at)


def find_answers(store: Store, beginning: str, limit: int = 5) -> list[Kept]:
    """The answers whose receipts begin so, the latest first."""
    with store.read() as session:
        begun = select(Answer).where(Answer.receipt.startswith(beginning, autoescape=True))
        return [_kept(row) for row in session.scalars(begun.order_by(Answer.first_at.desc()).limit(limit))]


def find_answer(store: Store, receipt: str) -> Kept | None:
    """The answer once given under a receipt, as it was."""
    with store.read() as session:
        row = session.get(Answer, receipt.strip().lower())
    return None if row is None else _kept(row)


def _kept(row: Answer) -> Kept:
    return Kept(row.receipt, tuple(row.turns), row.as_of, row.versions, Reply.model_validate(row.reply), row.first_at)
