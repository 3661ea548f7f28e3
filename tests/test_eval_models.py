"""The evaluation with a language model: it is asked only where the program leaves something open, and a fall is told."""

from __future__ import annotations

import pytest

from assistant.answer import Reply
from assistant.policies import Policy
from assistant.settings import Settings
from evals.metrics import Result
from evals.models import WORDING, account, run, sample, shortfalls, table, worst
from evals.questions import Case, faults, read_cases
from evals.scorers import score

QUESTIONS = [
    "首次突破5亿元奖多少",
    "把人工都换成机械手了，花了两千来万，政府意思意思不",
    "用大白话给老板解释一下技改怎么补",
    "今天天气怎么样",
]


def case(number: int, question: str, prefix: str = "case") -> Case:
    status = ("answered", "needs_input", "not_covered")
    return Case(id=f"{prefix}-{number}", kind="fact", split="dev", turns=(question,), status=status, source="")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [
        case(number, question, "free" if "老板" in question else "case") for number, question in enumerate(QUESTIONS)
    ]


@pytest.fixture(scope="module")
def none(cases: list[Case], settings: Settings) -> dict[str, Result]:
    return run(cases, "none", settings)


@pytest.fixture(scope="module")
def hostile(cases: list[Case], settings: Settings) -> dict[str, Result]:
    return run(cases, "hostile", settings)


def test_the_hostile_model_is_asked_where_something_is_open_and_takes_nothing_down(
    cases: list[Case], none: dict[str, Result], hostile: dict[str, Result]
) -> None:
    assert [name for name, r in hostile.items() if r.replies[-1].trace] == ["case-1", "free-2"]
    assert all(r.replies[-1].trace is None for r in none.values())
    assert shortfalls("hostile", hostile, none) == []
    assert "问到模型 2 题，其中听懂 1 题、组织语言 1 题" in account("hostile", hostile, none)[0]
    assert table({"none": none, "hostile": hostile}, none)[-1].startswith("| hostile | 4（4） |")
    assert [c.id for c in sample(cases, hostile, 2)] == ["free-2", "case-1"]


def test_a_figure_bound_to_nothing_and_a_score_that_falls_are_told(cases: list[Case], none: dict[str, Result]) -> None:
    bad = Reply(status="refused", text="可以拿 8888 万元")
    fallen = {c.id: Result(case=c, replies=(bad,), elapsed_ms=(1,), scores=score(c, bad)) for c in cases}
    faults = shortfalls("broken", fallen, none)
    assert any("unbound figures" in fault for fault in faults)
    assert any("status 0.0 < 1.0" in fault for fault in faults)


def test_the_worst_that_could_be_taken_up_is_tried(
    cases: list[Case], none: dict[str, Result], settings: Settings
) -> None:
    assert worst(cases, none, settings) == []
    wavering = case(1, QUESTIONS[1]).model_copy(update={"status": ("not_covered",)})
    own = {wavering.id: none["case-1"].model_copy(update={"case": wavering})}
    assert worst([wavering], own, settings) == [wavering.id]


def test_the_free_questions_are_fit_to_be_asked(policy: Policy) -> None:
    about_the_set = ("至少要", "没有 ")  # what only a whole question set must have
    found = faults(read_cases(WORDING), policy)
    assert [fault for fault in found if not any(words in fault for words in about_the_set)] == []
