"""Clauses named by number, and numbers that name none."""

from __future__ import annotations

import pytest

from assistant.amounts import read_quantities
from assistant.policies import Policy
from assistant.references import read_references


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("5.9最高奖多少", ("5.9",)),
        ("3.8.4讲什么", ("3.8.4",)),
        ("五、(九)原文", ("5.9",)),
        ("五(十二)怎么写的", ("5.12",)),
        ("第九条是什么", ("5.9",)),
        ("第13项", ("5.13",)),
        ("二、(二)1", ("2.2.1",)),
        ("5.4和5.13有什么区别", ("5.4", "5.13")),
        ("第五部分第九项说的是什么", ("5.9",)),
        ("第三章第二小点", ("3.2",)),
        ("第四大点第(三)由谁负责", ("4.3",)),
        ("主要任务第二项的第1小点", ("4.2.1",)),
        ("保障措施第二条", ("6.2",)),
        ("政策支持部分的第(十四)项", ("5.14",)),
        ("五之九", ("5.9",)),
        ("五、13条", ("5.13",)),
        ("五大点第九小点", ("5.9",)),
        ("分三大块", ()),
        ("第六章", ("6",)),
        ("贷了2.2个亿", ()),
        ("总投资6.5亿", ()),
        ("利率4.9%", ()),
        ("5.99条", ()),
        ("7.1条", ()),
    ],
)
def test_a_number_names_a_clause_only_where_it_is_no_amount(
    policy: Policy, text: str, clauses: tuple[str, ...]
) -> None:
    assert read_references(text, read_quantities(text), policy) == clauses
