"""Replies as they are given → kept under their receipts, masked, to be shown again as they were."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from assistant.answer import Reply
from assistant.desk.inbox import keep_unanswered
from assistant.desk.masking import mask, mask_all
from assistant.desk.schema import Answer, Asked, Door
from assistant.desk.store import Store


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
    masked = [mask(turn) for turn in turns]
    answer = Answer(
        receipt=reply.receipt,
        turns=masked,
        as_of=on,
        versions=versions,
        reply=mask_all(reply.model_dump(mode="json")),
        first_at=at,
    )
    asked = Asked(
        at=at,
        receipt=reply.receipt,
        door=door,
        status=reply.status,
        clause=reply.citations[0].clause if reply.citations else "",
        elapsed_ms=reply.elapsed_ms,
    )
    with store.write() as session:
        # Two replicas may be the first with one receipt; PostgreSQL tells the second.
        with suppress(IntegrityError), session.begin_nested():
            if session.get(Answer, reply.receipt) is None:
                session.add(answer)
        session.add(asked)
        if reply.status == "not_covered":
            keep_unanswered(session, reply.receipt, masked[-1], at)


def find_answer(store: Store, receipt: str) -> Kept | None:
    """The answer once given under a receipt, as it was."""
    with store.read() as session:
        row = session.get(Answer, receipt.strip().lower())
    if row is None:
        return None
    return Kept(row.receipt, tuple(row.turns), row.as_of, row.versions, Reply.model_validate(row.reply), row.first_at)
