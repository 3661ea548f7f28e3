"""A question with its answer and what staff made of it → a line of an evaluation question set."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.answer import Reply, Status, plain
from assistant.desk.answers import Kept


class Expectation(BaseModel):
    """What the answer should have been, where staff found it wrong; `words` must stand in it, separated by spaces."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status
    clause: str = Field("", max_length=20)
    words: str = Field("", max_length=200)


def as_question(name: str, kept: Kept, expected: Expectation | None, source: str) -> str:
    """One line of JSON that expects what was answered, or what staff say should have been."""
    question: dict[str, Any] = {"id": name, "kind": _kind(kept, expected), "split": "dev", "turns": list(kept.turns)}
    question |= _as_answered(kept.reply) if expected is None else _as_expected(expected)
    return json.dumps(question | {"source": source}, ensure_ascii=False)


def _kind(kept: Kept, expected: Expectation | None) -> str:
    status = expected.status if expected else kept.reply.status
    if len(kept.turns) > 1:
        return "dialogue"
    if status in ("not_covered", "refused"):
        return "silent" if status == "not_covered" else "hostile"
    if status == "needs_input":
        return "missing_input"
    return "calculation" if any(c.amount_yuan is not None for c in kept.reply.calculations) else "fact"


def _as_answered(reply: Reply) -> dict[str, Any]:
    amounts = {c.clause: c for c in reply.calculations if c.amount_yuan is not None and c.modality}
    question: dict[str, Any] = {"status": reply.status}
    if reply.citations and reply.status != "not_covered":
        question["clauses"] = list(dict.fromkeys([reply.citations[0].clause, *amounts]))
    if len(amounts) == len(reply.calculations) and amounts:  # a clause with several measures has no one amount
        values = {clause: plain(c.amount_yuan) for clause, c in amounts.items() if c.amount_yuan is not None}
        question |= {"amounts": values, "worked": dict(values)}
        question["modality"] = {clause: c.modality for clause, c in amounts.items()}
    return question


def _as_expected(expected: Expectation) -> dict[str, Any]:
    question: dict[str, Any] = {"status": expected.status}
    if expected.clause:
        question["clauses"] = [expected.clause]
    if expected.words:
        question["must"] = [re.escape(word) for word in expected.words.split()]
    return question
