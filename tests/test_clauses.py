"""Clauses of the real text, and of documents of the same family."""

from __future__ import annotations

from assistant.clauses import split_clauses, squeeze
from assistant.policies import Policy, lost_or_added

IDS = [
    "0", "1", "2", "2.1", "2.2", "2.2.1", "2.2.2", "2.2.3", "2.2.4",
    "3", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.8.1", "3.8.2", "3.8.3", "3.8.4",
    "4", "4.1", "4.2", "4.2.1", "4.2.2", "4.3", "4.4",
    "5", *(f"5.{n}" for n in range(1, 17)), "6", *(f"6.{n}" for n in range(1, 6)), "end",
]  # fmt: skip


def test_every_place_of_the_policy_is_a_clause_in_order(policy: Policy) -> None:
    assert [clause.id for clause in policy.clauses] == IDS


def test_the_clauses_together_hold_the_whole_repaired_text(policy: Policy) -> None:
    assert squeeze("".join(clause.text for clause in policy.clauses)) == squeeze(policy.text)
    assert lost_or_added(policy) == ""


def test_labels_name_the_place_as_the_document_does(policy: Policy) -> None:
    assert policy.clause("5.9").label == "五、（九）支持企业做大做强"
    assert policy.clause("3.8.4").label == "三、（八）4.区块链"
    assert policy.clause("0").label == "文件首部"


def test_headings_above_are_kept(policy: Policy) -> None:
    assert policy.clause("3.8.4").headings == ("重点发展领域", "高端软件")
    assert policy.clause("5.9").headings == ("政策支持",)


def test_departments_are_read_from_both_kinds_of_brackets(policy: Policy) -> None:
    assert policy.clause("5.11").departments == ("市科技局", "经济和信息化局")
    assert policy.clause("4.4").departments == ("市经济和信息化局", "科技局", "各镇区")
    assert policy.clause("5.3").departments[-2:] == ("环境保护局", "相关部门")
    assert policy.clause("5.16").departments == ()


def test_the_body_is_the_rule_alone_word_for_word(policy: Policy) -> None:
    body = policy.clause("5.1").body
    assert body.startswith("对拥有核心自主知识产权")
    assert body.endswith("给予最高 1000 万元创业扶持。")


def test_articles_number_through_the_chapters_of_a_regulation() -> None:
    text = "某办法\n第一章 总则\n第一条 为了促进发展。\n第二条 适用范围：\n（一）企业。\n（二）机构。\n第二章 扶持\n第三条 给予 10 万元奖励。"
    clauses = {clause.id: clause for clause in split_clauses("x", text)}
    assert list(clauses) == ["0", "章1", "1", "2", "2.1", "2.2", "章2", "3"]
    assert clauses["3"].text == "第三条 给予 10 万元奖励。"
    assert squeeze("".join(c.text for c in clauses.values())) == squeeze(text)


def test_a_year_or_a_decimal_at_the_start_of_a_line_is_no_heading() -> None:
    clauses = split_clauses("x", "标题\n一、现状\n2018年产值增长。\n3.5 亿元投资已到位。")
    assert [c.id for c in clauses] == ["0", "1"]


def test_a_number_that_does_not_go_on_a_list_is_no_heading() -> None:
    clauses = split_clauses("x", "标题\n一、要求\n1. 第一项。\n2. 第二项。\n2. 不是新的一项。")
    assert [c.id for c in clauses] == ["0", "1", "1.1", "1.2"]
