"""A pasted table is told in words, each figure with its unit and its heading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tables import told_in_words


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("名称\t原值(万元)\t净值(万元)\n注塑机\t860\t410\n贴片机\t1,200\t690", "原值：860万元、1,200万元；净值：410万元、690万元。"),
        ("单位:万元\n名称  原值 净值\n镀膜机  2,400 1,500\n光刻机  3,600 2,250\n合计  6,000 3,750",
         "单位:万元\n原值合计6,000万元；净值合计3,750万元。"),
        ("等级  人数\n高级工  12\n技师  5\n合计  17", "高级工12人、技师5人。"),
        ("| 名称 | 数量 | 单价(万元) | 金额(万元) |\n| --- | --- | --- | --- |\n| 频谱仪 | 3 | 60 | 180 |\n| 合计 | 3 | | 180 |",
         "金额合计180万元。"),
        ("年份\t收入(亿元)\n2020\t4.6\n2021\t5.8", "2020年收入4.6亿元；2021年收入5.8亿元。"),
        ("位置\t面积(㎡)\t租金(元/㎡/月)\n厂房\t1800\t16\n办公\t300\t38",
         "厂房面积1800㎡，厂房租金16元/㎡/月；办公面积300㎡，办公租金38元/㎡/月。"),
        ('单位:元\n名称，净值\n电镀线，"7，500，000"\n清洗机，"2，100，000"', "单位:元\n净值：7500000元、2100000元。"),
        ("单位万元\n名称  数量  单价\n示波器  4  15\n光谱仪  2  70",
         "单位万元\n示波器数量4台，示波器单价15万元；光谱仪数量2台，光谱仪单价70万元。"),
    ],
)  # fmt: skip
def test_a_table_is_told_by_its_columns_its_total_or_its_rows(table: str, words: str) -> None:
    assert told_in_words(table) == words


@pytest.mark.parametrize(
    "text",
    [
        "技改投了1200万\n能补多少",
        "你好\n\n请问  补贴\n多少",
        "1、设备900万\n2、软件150万",
        "发票1  1,280,000.00元\n发票2  956,000.00元",
    ],
)
def test_lines_that_are_no_table_stay_as_they_are(text: str) -> None:
    assert told_in_words(text) == text


@given(st.text(alphabet="名称原值合计年份单价万元123,.|-\t \n", max_size=60))
def test_any_text_can_be_told(text: str) -> None:
    assert isinstance(told_in_words(text), str)
