"""`questions/*.jsonl` → cases: what is asked, and what the policy's text makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from assistant.answer import Status
from assistant.errors import AssistantError

QUESTIONS = Path(__file__).parent / "questions"

Kind = Literal[
    "fact", "calculation", "eligibility", "missing_input", "silent", "outside", "near_miss", "false_premise",
    "reverse_lookup", "expired_term", "dialogue", "colloquial", "typo", "mixed_script", "hostile", "overview",
    "department", "multi",
]  # fmt: skip


class QuestionsError(AssistantError):
    """A question set cannot be read; the message names the file, the line and the fault."""


class Case(BaseModel):
    """One conversation and what its last reply must be.

    `status` and `clauses` list what is acceptable (an empty `clauses`: the first citation does not matter).
    `amounts` maps a clause to yuan, or to None where no amount may be given; `worked` maps it to the sum that makes
    it ("min(30000000*0.5, 10000000)"). `paraphrase_of` names a case that must come out the same. `source` says where
    the expectation comes from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: Kind
    split: Literal["dev", "test"]
    turns: tuple[str, ...]
    status: tuple[Status, ...]
    clauses: tuple[str, ...] = ()
    amounts: dict[str, Decimal | None] = {}
    modality: dict[str, Literal["exact", "at_most"]] = {}
    worked: dict[str, str] = {}
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    paraphrase_of: str = ""
    source: str

    @field_validator("status", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


def read_cases(directory: Path = QUESTIONS) -> tuple[Case, ...]:
    """Every case of every file, in file and line order."""
    return tuple(case for path in sorted(directory.glob("*.jsonl")) for case in _read_file(path))


def _read_file(path: Path) -> Sequence[Case]:
    cases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            cases.append(Case.model_validate_json(line))
        except ValidationError as error:
            raise QuestionsError(f"{path.name} 第 {number} 行：{error}。请按 evals/README.md 的格式改正。") from error
    return cases
