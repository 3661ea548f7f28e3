"""What visitors think of answers, and questions without one → a queue that staff judge, alike ones together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.desk.masking import mask
from assistant.desk.schema import JUDGEMENTS, Fault, Judgement, Signal
from assistant.desk.store import Store, note, open_store
from assistant.embeddings import NamedEmbeddings, open_embeddings
from assistant.errors import StoreUnusable, UnusableInput

FULL = 50_000  # unjudged signals: anyone can send one, so the queue must have an end
_ALIKE = 0.93  # cosine of two questions of one group; E5's similarities lie high and close together


class Feedback(BaseModel):
    """One judgement of one answer; nothing in it says who gave it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    receipt: str = Field(pattern=r"^[0-9a-z-]{4,40}$")
    verdict: Literal["good", "bad"]
    reason: str = Field("", max_length=200)
    question: str = Field("", max_length=2000)


@dataclass(frozen=True)
class Group:
    """Signals about one thing, the newest first, and how many there are."""

    signals: tuple[Signal, ...]


def keep_feedback(store: Store, feedback: Feedback, at: datetime) -> None:
    """Put a visitor's judgement in the queue, masked; `StoreUnusable` when it is full or cannot be written."""
    with store.write() as session:
        waiting = session.scalar(select(func.count()).select_from(Signal).where(Signal.judgement.is_(None)))
        if (waiting or 0) >= FULL:
            raise StoreUnusable("评价没有记下：待处理的评价太多。请管理员先处理或清理旧的评价。")
        session.add(
            Signal(
                at=at, voice=feedback.verdict, receipt=feedback.receipt, question=mask(feedback.question),
                reason=mask(feedback.reason),
            )
        )  # fmt: skip


def keep_unanswered(session: Session, receipt: str, question: str, at: datetime) -> None:
    """Put a (masked) question without an answer in the queue, once for each receipt."""
    known = select(Signal.id).where(Signal.receipt == receipt, Signal.voice == "unanswered")
    if session.scalar(known) is None:
        session.add(Signal(at=at, voice="unanswered", receipt=receipt, question=question, reason=""))


def waiting(store: Store, limit: int = 200) -> list[Group]:
    """The signals not yet judged, alike ones together, the newest group first."""
    with store.read() as session:
        rows = session.scalars(
            select(Signal).where(Signal.judgement.is_(None)).order_by(Signal.at.desc(), Signal.id.desc()).limit(limit)
        ).all()
    groups: dict[int, list[Signal]] = {}
    for row in rows:
        groups.setdefault(row.group if row.group is not None else -row.id, []).append(row)
    return [Group(tuple(signals)) for signals in groups.values()]


def judged(store: Store, limit: int = 50) -> list[Signal]:
    """The signals judged last, the newest judgement first."""
    with store.read() as session:
        made = select(Signal).where(Signal.judgement.is_not(None)).order_by(Signal.judged_at.desc(), Signal.id.desc())
        return list(session.scalars(made.limit(limit)))


def find_signal(store: Store, signal_id: int) -> Signal:
    """A signal; `UnusableInput` when there is none."""
    with store.read() as session:
        return _signal(session, signal_id)


def judge(
    store: Store, signal_ids: Sequence[int], judgement: Judgement, fault: Fault | None, who: str, at: datetime
) -> None:
    """Settle signals; a wrong answer needs one of the six reasons. The last judgement stands, each is in the audit."""
    if (judgement == "wrong") != (fault is not None):
        raise UnusableInput("判“答得不对”要选一个原因；判别的不要选原因。")
    with store.write() as session:
        for signal_id in signal_ids:
            signal = _signal(session, signal_id)
            signal.judgement, signal.fault, signal.judged_at, signal.judged_by = judgement, fault, at, who
        listed = "、".join(map(str, signal_ids))
        note(session, at, who, "判定", f"反馈 {listed}：{JUDGEMENTS[judgement]}{f'（{fault}）' if fault else ''}")


def group_alike(store: Store, embeddings: NamedEmbeddings) -> int:
    """Number the groups among the waiting signals; how many groups of more than one there are.

    The communities are those of `sentence-transformers`, which takes seconds and much memory to load: a server does
    this in a process of its own, with `group_apart`.
    """
    from sentence_transformers.util import community_detection

    with store.read() as session:
        rows = session.execute(select(Signal.id, Signal.question).where(Signal.judgement.is_(None))).all()
    asked = [(row.id, row.question) for row in rows if row.question.strip()]
    if not asked:
        return 0
    vectors = np.array([embeddings.embed_query(question) for _, question in asked], dtype=np.float32)
    communities = community_detection(vectors, threshold=_ALIKE, min_community_size=2)
    with store.write() as session:
        session.execute(update(Signal).where(Signal.judgement.is_(None)).values({Signal.group: None}))
        for members in communities:
            ids = [asked[n][0] for n in members]
            session.execute(update(Signal).where(Signal.id.in_(ids)).values({Signal.group: min(ids)}))
    return len(communities)


def group_apart(url: str, embedding_model: str) -> int:
    """`group_alike` in a process that ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_group, url, embedding_model).result()


def _group(url: str, embedding_model: str) -> int:
    return group_alike(open_store(url), open_embeddings(embedding_model))


def _signal(session: Session, signal_id: int) -> Signal:
    signal = session.get(Signal, signal_id)
    if signal is None:
        raise UnusableInput(f"没有第 {signal_id} 号反馈，可能已经清理。请刷新页面。")
    return signal
