"""Sums told as the parts of one thing are known as such, and only those."""

from __future__ import annotations

import pytest

from assistant.amounts import read_quantities
from assistant.labels import Labels
from assistant.parts import labels_of_parts
from assistant.policies import Policy


def parts(policy: Policy, name: str, text: str) -> list[str]:
    quantities = read_quantities(text)
    labels = Labels(policy.measure(name).inputs, {"any": ["贷款", "利润"]}).find(text, quantities)
    told = labels_of_parts(text, quantities, labels)
    return [q.text for q in quantities if q.start in told]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("技术改造投资：产线700万，软件90万", ["700万", "90万"]),
        ("技术改造投资里不锈钢线700万，贴片机90万，变压器60万，就这些", ["700万", "90万", "60万"]),
        ("1月产线700万，5月软件90万，技术改造投资合在一起算", []),
        ("技术改造投了700万，贷款90万", []),
        ("技术改造投资去年700万，今年90万", []),
        ("技术改造投资大概700万，设备90万", []),
        ("技术改造投资700万，其中设备90万", []),
        ("两个技术改造项目各自立项，投资甲线700万，乙线90万", []),
        ("技术改造投资：产线700万。软件90万", []),
        ("技术改造，数控机床买了700万，另外软件系统90万", ["700万", "90万"]),
        ("技术改造项目一期投了700万，二期又投了90万", ["700万", "90万"]),
        ("技术改造投资：产线700万，软件90万还没付", []),
        ("技术改造投资：产线700万，另外90万利润", []),
        ("情况如下：技术改造投资700万，设备90万", []),
        ("技术改造投资上了700万，90万", []),
    ],
)
def test_items_of_one_list_are_parts_and_other_figures_are_not(policy: Policy, text: str, expected: list[str]) -> None:
    assert parts(policy, "upgrade", text) == expected
