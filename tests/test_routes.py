"""Routes: a brief reply, and which of the routes spoken of before it says are met."""

from __future__ import annotations

import pytest

from assistant.policies import Policy
from assistant.questions import Questions
from assistant.routes import Routes

ASKED = "听说龙头骨干企业和智能制造示范项目会高一点"
DEMONSTRATION, LEADING = "smart-manufacturing", "leading-upgrade"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("都不是", {LEADING: "fails", DEMONSTRATION: "fails"}),
        ("前一个是，后一个不是", {LEADING: "meets", DEMONSTRATION: "fails"}),
        ("前者不算，后者算", {LEADING: "fails", DEMONSTRATION: "meets"}),
        ("只有示范那个是", {LEADING: "fails", DEMONSTRATION: "meets"}),
        ("不只是示范项目", {}),
        ("是的", {}),
        ("那封顶多少", {}),
    ],
)
def test_each_route_is_met_or_fails_by_name_by_place_or_all_together(
    policy: Policy, questions: Questions, reply: str, expected: dict[str, str]
) -> None:
    verdicts = Routes(policy, questions).replied(reply, ASKED)
    assert {measure: v.state for (measure, _), v in verdicts.items()} == expected


def test_a_question_that_names_no_route_leaves_a_reply_alone(policy: Policy, questions: Questions) -> None:
    assert Routes(policy, questions).replied("都不是", "技术改造投了800万，补多少") == {}
