"""Answers staff write for a clause → shown while the clause's text is what it was, suspended when it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from assistant.clauses import Clause, squeeze
from assistant.desk.masking import mask
from assistant.desk.schema import Curated
from assistant.desk.store import Store, note
from assistant.errors import CorpusError, UnusableInput
from assistant.guard import guard
from assistant.policies import Policy


class CuratedForm(BaseModel):
    """A question and the answer to it, bound to a clause."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clause: str = Field(min_length=1, max_length=20)
    question: str = Field(min_length=2, max_length=500)
    answer: str = Field(min_length=2, max_length=2000)


@dataclass(frozen=True)
class CuratedAnswer:
    """A curated answer, and whether its clause still reads as it did."""

    row: Curated
    is_current: bool


def curate(store: Store, policy: Policy, form: CuratedForm, who: str, at: datetime) -> Curated:
    """Keep an answer; `UnusableInput` when there is no such clause or a figure of it does not stand there."""
    try:
        clause = policy.clause(form.clause)
    except CorpusError as error:
        raise UnusableInput(f"文件没有条款 {form.clause}。请写条款编号，例如 5.9。") from error
    _, unbound = guard(form.answer, (clause.text,), frozenset(c.id for c in policy.clauses))
    if unbound:
        raise UnusableInput(
            f"答复里有条款 {clause.label} 没有的数：{'；'.join(unbound)}。请改成条文的数，或换一个条款。"
        )
    with store.write() as session:
        row = Curated(
            at=at, who=who, policy=policy.id, clause=clause.id, clause_hash=clause_hash(clause),
            question=mask(form.question), answer=mask(form.answer),
        )  # fmt: skip
        session.add(row)
        session.flush()
        note(session, at, who, "写答复", f"答复 {row.id}（条款 {clause.id}）")
        return row


def withdraw(store: Store, curated_id: int, who: str, at: datetime) -> None:
    """Take an answer out of use; it stays on record."""
    with store.write() as session:
        row = session.get(Curated, curated_id)
        if row is None or row.withdrawn_at is not None:
            raise UnusableInput(f"没有第 {curated_id} 号答复，或者已经撤下。")
        row.withdrawn_at, row.withdrawn_by = at, who
        note(session, at, who, "撤下答复", f"答复 {curated_id}")


def curated_answers(store: Store, policy: Policy, clauses: Sequence[str] = ()) -> list[CuratedAnswer]:
    """The answers in use about some clauses (all, for none named), the newest first; a changed clause suspends its."""
    chosen = select(Curated).where(Curated.policy == policy.id, Curated.withdrawn_at.is_(None))
    if clauses:
        chosen = chosen.where(Curated.clause.in_(clauses))
    with store.read() as session:
        rows = session.scalars(chosen.order_by(Curated.at.desc(), Curated.id.desc())).all()
    return [CuratedAnswer(row, _stands(row, policy)) for row in rows]


def clause_hash(clause: Clause) -> str:
    """What a clause says, white space aside."""
    return hashlib.sha256(squeeze(clause.text).encode()).hexdigest()


def _stands(row: Curated, policy: Policy) -> bool:
    return policy.has_clause(row.clause) and clause_hash(policy.clause(row.clause)) == row.clause_hash
