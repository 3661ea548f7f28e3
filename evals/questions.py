"""`questions/*.jsonl` → cases: what is asked, and what the policy's text makes of it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from assistant.answer import Status, plain
from assistant.errors import AssistantError
from assistant.policies import Policy

QUESTIONS = Path(__file__).parent / "questions"
FEWEST_CASES, FEWEST_DIALOGUES = 600, 80
DIALOGUE_TURNS = range(2, 7)

Kind = Literal[
    "fact", "calculation", "eligibility", "missing_input", "silent", "outside", "near_miss", "false_premise",
    "reverse_lookup", "expired_term", "dialogue", "colloquial", "typo", "mixed_script", "hostile", "overview",
    "department", "multi",
]  # fmt: skip


class QuestionsError(AssistantError):
    """A question set cannot be read or a sum not worked out; the message names the place and the fault."""


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


def work_out(expression: str) -> Decimal:
    """A sum of plain numbers with + - * /, brackets, min and max, in exact decimals; `QuestionsError` on all else."""
    try:
        return _value(ast.parse(expression, mode="eval").body, expression)
    except (SyntaxError, ValueError, RecursionError, MemoryError, DecimalException) as error:
        raise QuestionsError(f"算式 {expression!r:.80} 算不出（{type(error).__name__}）。请改正后重试。") from error


def faults(cases: Sequence[Case], policy: Policy) -> list[str]:
    """Everything that makes a set of cases unfit to measure `policy` with, one line a fault; empty when it is fit."""
    by_id = {case.id: case for case in cases}
    found = [f"{name}：编号重复 {count} 次" for name, count in Counter(c.id for c in cases).items() if count > 1]
    for case in cases:
        found += [f"{case.id}：{fault}" for fault in _case_faults(case, policy)]
        found += [f"{case.id}：{fault}" for fault in _paraphrase_faults(case, by_id)]
    return found + list(_set_faults(cases))


_OPERATIONS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: Decimal.__add__,
    ast.Sub: Decimal.__sub__,
    ast.Mult: Decimal.__mul__,
    ast.Div: Decimal.__truediv__,
}
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)


def _value(node: ast.expr, expression: str) -> Decimal:
    words = ast.get_source_segment(expression, node) or ""
    match node:
        case ast.Constant() if _NUMBER.fullmatch(words):
            return Decimal(words)
        case ast.BinOp(op=op) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_value(node.left, expression), _value(node.right, expression))
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, *_], keywords=[]):
            values = [_value(argument, expression) for argument in node.args]
            return min(values) if name == "min" else max(values)
    raise QuestionsError(f"算式 {expression!r:.80} 里的 {words!r:.40} 不能用；只许数字、+ - * /、括号、min、max。")


def _case_faults(case: Case, policy: Policy) -> Iterator[str]:
    named = dict.fromkeys((*case.clauses, *case.amounts, *case.modality, *case.worked))
    yield from (f"政策没有条款 {clause}" for clause in named if not policy.has_clause(clause))
    for pattern in (*case.must, *case.must_not):
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"正则 {pattern!r} 不能用（{error}）"
    if not case.status:
        yield "status 是空的"
    may_be_blank = case.kind == "hostile" or "refused" in case.status
    if not case.turns or not (may_be_blank or all(turn.strip() for turn in case.turns)):
        yield "turns 有空的一轮"
    if case.kind == "dialogue" and len(case.turns) not in DIALOGUE_TURNS:
        yield f"多轮对话应有 {DIALOGUE_TURNS[0]}–{DIALOGUE_TURNS[-1]} 轮，实际 {len(case.turns)} 轮"
    yield from _amount_faults(case)


def _amount_faults(case: Case) -> Iterator[str]:
    known = {clause: amount for clause, amount in case.amounts.items() if amount is not None}
    for field, given in (("modality", case.modality), ("worked", case.worked)):
        yield from (f"条款 {clause} 有金额而没有 {field}" for clause in known if clause not in given)
        yield from (f"条款 {clause} 有 {field} 而没有金额" for clause in given if clause not in known)
    for clause, amount in known.items():
        if clause not in case.worked:
            continue
        try:
            if (value := work_out(case.worked[clause])) != amount:
                yield f"条款 {clause} 的算式 {case.worked[clause]} 得 {plain(value)}，金额写的是 {plain(amount)}"
        except QuestionsError as error:
            yield str(error)
    if len(case.amounts) == 1:
        yield from (f"有金额的条款 {clause} 不在 clauses 里" for clause in case.amounts if clause not in case.clauses)


def _paraphrase_faults(case: Case, by_id: dict[str, Case]) -> Iterator[str]:
    if not case.paraphrase_of:
        return
    if (base := by_id.get(case.paraphrase_of)) is None:
        yield f"paraphrase_of 指向没有的编号 {case.paraphrase_of}"
    elif base.paraphrase_of:
        yield f"paraphrase_of 指向的 {base.id} 本身也是改写"
    elif (case.status, case.amounts) != (base.status, base.amounts):
        yield f"status 或 amounts 与所改写的 {base.id} 不同"


def _set_faults(cases: Sequence[Case]) -> Iterator[str]:
    kinds = Counter(case.kind for case in cases)
    yield from (f"没有 {kind} 类的题" for kind in get_args(Kind) if not kinds[kind])
    if len(cases) < FEWEST_CASES:
        yield f"至少要 {FEWEST_CASES} 题，实际 {len(cases)} 题"
    if kinds["dialogue"] < FEWEST_DIALOGUES:
        yield f"多轮对话至少要 {FEWEST_DIALOGUES} 题，实际 {kinds['dialogue']} 题"
