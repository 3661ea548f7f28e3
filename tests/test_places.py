"""Names of other places, by the place names of jieba's dictionary."""

from __future__ import annotations

import re

import pytest

from assistant.places import MARK, marked

BESIDES = re.compile("大湾区|[园厂城社山片新]区$")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("黄埔区那个并购奖励", f"{MARK}那个并购奖励"),
        ("请问余杭区的补贴", f"请问{MARK}的补贴"),
        ("从嘉善县搬来", f"从{MARK}搬来"),
        ("我们在园区租厂房", "我们在园区租厂房"),
        ("大湾区的企业", "大湾区的企业"),
        ("中山市的政策", "中山市的政策"),
        ("中山本市结算", "中山本市结算"),
        ("上市公司", "上市公司"),
    ],
)
def test_a_named_district_is_marked_and_what_only_looks_like_one_is_not(text: str, expected: str) -> None:
    assert marked(text, "中山", BESIDES) == expected
