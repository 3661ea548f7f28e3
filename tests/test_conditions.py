"""What users say decides a condition: against 1,260 wordings written from the clauses, a third never used to tune."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from assistant.conditions import verdict_in
from assistant.lexicon import Lexicon
from assistant.measures import Condition, Wording
from assistant.policies import Policy
from assistant.wiring import Assistant

DAY = date(2026, 11, 22)

LINES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/conditions.jsonl").read_text("utf-8").splitlines()
    if line
]


@pytest.fixture(scope="module")
def verdicts(policy: Policy, lexicon: Lexicon) -> list[tuple[str, str, str]]:
    """(condition, state meant, state judged) of every line; one that says nothing is judged for every condition."""
    judged = []
    for line in LINES:
        for measure in policy.measures:
            for condition in measure.conditions:
                if condition.input or line["target"] not in ("none", condition.name, f"{measure.id}/{condition.name}"):
                    continue
                verdict = verdict_in(lexicon.simplified(line["text"]), condition)
                judged.append((condition.name, line["state"], verdict.state if verdict else "unknown"))
    return judged


def test_hardly_any_verdict_is_the_wrong_way_round(verdicts: list[tuple[str, str, str]]) -> None:
    counts = Counter((meant, judged) for _, meant, judged in verdicts if meant != "none")
    reversed_ = counts["meets", "fails"] + counts["fails", "meets"]
    assert reversed_ <= 0.01 * sum(counts.values())


def test_most_of_what_is_said_is_recognised(verdicts: list[tuple[str, str, str]]) -> None:
    counts = Counter((meant, judged) for _, meant, judged in verdicts)
    for state in ("meets", "fails"):
        said = sum(n for (meant, _), n in counts.items() if meant == state)
        assert counts[state, state] >= 0.93 * said


def test_words_about_something_else_hardly_ever_fail_a_condition(verdicts: list[tuple[str, str, str]]) -> None:
    others = [judged for _, meant, judged in verdicts if meant == "none"]
    assert others.count("fails") <= 0.002 * len(others)


def test_what_settles_a_condition_goes_before_what_fails_it(policy: Policy) -> None:
    merger = policy.measure("merger")
    control = next(c for c in merger.conditions if c.name == "control")
    said = verdict_in("没到控股，不过我们已经是第一大股东了", control)
    assert said is not None
    assert said.state == "meets"


def test_the_words_of_a_verdict_never_hold_half_a_figure(policy: Policy) -> None:
    workers = policy.measure("skilled-workers")
    grade = next(c for c in workers.conditions if c.name == "grade")
    said = verdict_in("高级技师既然是两万一个，那我三个就是六万咯", grade)
    assert said is not None
    assert not set("两一三六万") & set(said.words)


def test_a_condition_without_words_is_never_decided(policy: Policy) -> None:
    silent = Condition(name="x", text="x", quote="x")
    assert silent.wording == Wording()
    assert verdict_in("我们不符合，也没有", silent) is None


def test_a_fault_of_some_of_many_decides_nothing_about_the_rest(assistant: Assistant) -> None:
    reply = assistant.reply(["新引进6个高级工，其中2个的工种不在紧缺人才导向目录里，剩下4个都在，奖补一共多少"], DAY)
    assert reply.calculations[0].amount_yuan == 4 * 5000
    reply = assistant.reply(
        ["两台核心仪器发票620万，另外买办公电脑花了70万，这不属于核心设备，不用算。最高补多少"], DAY
    )
    assert reply.calculations[0].amount_yuan == 3_100_000


def test_half_of_a_question_is_no_denial(assistant: Assistant) -> None:
    reply = assistant.reply(("固投两千万那道线，里面包不包铺面押金",), DAY)
    assert not [c for k in reply.calculations for c in k.conditions if c.state == "fails"]
