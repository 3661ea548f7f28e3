"""Each scorer on the traps it is there for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.answer import Calculation, Citation, Reply
from evals.questions import Case
from evals.scorers import Score, score
from evals.scorers.amount import amount
from evals.scorers.citation import cited, first_clause, precision
from evals.scorers.consistency import paraphrases
from evals.scorers.evidence import evidence, unbound
from evals.scorers.figures import read_figures
from evals.scorers.modality import modality, wording
from evals.scorers.status import status
from evals.scorers.words import words

QUOTE = {
    "5.4": "按照设备的固定资产净值的 10% 给予安装调试费补贴，最高不超过 500 万元。",
    "5.8": "对技术改造项目，按不超过投资额的 10% 予以补助，单个项目最高补贴 500 万元。",
    "5.9": "对年销售收入首次突破 1 亿元、2 亿元的企业，每家企业分别给予 50 万元、80 万元奖励。",
    "0": "实施期限为 2018 年至 2022 年",
}


def case(**fields: object) -> Case:
    given = {"id": "c", "kind": "calculation", "split": "dev", "turns": ["问"], "status": "answered", "source": "手写"}
    return Case.model_validate(given | fields)


def cite(*clauses: str) -> tuple[Citation, ...]:
    return tuple(
        Citation(policy="p", clause=c, label=f"条款 {c}", quote=QUOTE.get(c, "没有数字的一条。")) for c in clauses
    )


def work_out(clause: str, yuan: str | None, modality: str = "at_most", steps: tuple[str, ...] = ()) -> Calculation:
    return Calculation.model_validate(
        {"measure": "m", "name": "某补贴", "clause": clause, "amount_yuan": yuan and Decimal(yuan), "modality": modality,
         "per": "每个项目", "steps": steps}
    )  # fmt: skip


def reply(text: str = "", clauses: tuple[str, ...] = (), *worked: Calculation, status: str = "answered") -> Reply:
    return Reply.model_validate({"status": status, "text": text, "citations": cite(*clauses), "calculations": worked})


def passes(found: Score | None) -> bool:
    assert found is not None
    assert found.passed == (not found.reason)
    return found.passed


# amount


def test_an_amount_is_right_only_to_the_cent() -> None:
    asked = case(amounts={"5.8": "1000000"})
    assert passes(amount(asked, reply("", (), work_out("5.8", "1000000.00"))))
    assert not passes(amount(asked, reply("", (), work_out("5.8", "1000000.01"))))
    assert not passes(amount(asked, reply("", (), work_out("5.8", "999999.99"))))


def test_eleven_million_is_not_one_million_though_its_digits_hold_it() -> None:
    assert not passes(amount(case(amounts={"5.8": "1000000"}), reply("1100万元", (), work_out("5.8", "11000000"))))


def test_a_right_figure_from_the_wrong_clause_is_wrong_twice() -> None:
    found = amount(case(amounts={"5.8": "5000000"}), reply("", (), work_out("5.4", "5000000")))
    assert found is not None
    assert not found.passed
    assert "5.8 应为" in found.reason
    assert "5.4 不应有金额" in found.reason


def test_a_second_amount_from_the_same_clause_is_wrong() -> None:
    both = reply("", (), work_out("5.8", "1000000"), work_out("5.8", "2000000"))
    assert not passes(amount(case(amounts={"5.8": "1000000"}), both))


def test_no_amount_may_be_given_where_none_is_expected() -> None:
    asked = case(amounts={"5.8": None})
    assert passes(amount(asked, reply("", (), work_out("5.8", None))))
    assert passes(amount(asked, reply()))
    assert not passes(amount(asked, reply("", (), work_out("5.8", "0.01"))))


def test_an_amount_missing_for_one_of_two_clauses_is_wrong() -> None:
    asked = case(amounts={"5.8": "1000000", "5.9": "500000"})
    assert not passes(amount(asked, reply("", (), work_out("5.8", "1000000"))))


def test_the_amount_does_not_matter_where_none_is_stated() -> None:
    assert amount(case(), reply("", (), work_out("5.8", "1"))) is None


# status


def test_a_refusal_that_also_gives_a_figure_fails_status_and_amount() -> None:
    asked = case(kind="outside", status="not_covered")
    refusal = reply("文件未规定", (), work_out("5.8", "5000000"), status="not_covered")
    assert not passes(status(asked, refusal))
    assert not passes(amount(asked, refusal))
    assert passes(status(asked, reply("文件未规定", status="not_covered")))


def test_a_refusal_that_gives_a_figure_in_words_only_has_it_unbound() -> None:
    refusal = reply("文件未规定，一般可补 50 万元", status="not_covered")
    assert not passes(evidence(case(status="not_covered"), refusal))


def test_any_acceptable_status_will_do() -> None:
    asked = case(status=["needs_input", "answered"])
    assert passes(status(asked, reply()))
    assert not passes(status(asked, reply(status="refused")))


# modality


def test_a_right_figure_with_the_wrong_modality_is_wrong() -> None:
    asked = case(amounts={"5.8": "5000000"}, modality={"5.8": "at_most"})
    given = reply("500 万元", ("5.8",), work_out("5.8", "5000000", "exact"))
    assert passes(amount(asked, given))
    assert not passes(modality(asked, given))
    assert passes(modality(asked, reply("", (), work_out("5.8", "5000000"))))


def test_a_modality_without_its_amount_is_wrong_unless_no_amount_is_expected() -> None:
    wanted = {"5.8": "at_most"}
    assert not passes(modality(case(amounts={"5.8": "1"}, modality=wanted), reply("", (), work_out("5.8", None))))
    assert modality(case(amounts={"5.8": None}, modality=wanted), reply()) is None


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("**最高不超过 100 万元**", True),
        ("上限为 100 万元", True),
        ("100 万元", False),
        ("最高不超过 1100 万元，您申请 100 万元", True),  # one sentence: bounded, and not an entitlement
        ("最高不超过 1100 万元。给您 100 万元", False),  # the bound is another figure's
        ("最高不超过 100 万元。您可以拿到 100 万元", False),
        ("最高不超过 100 万元。一定给 100 万元", False),
        ("最高不超过 100 万元。不一定给 100 万元", True),
        ("最高不超过 100 万元（您说的“保证能拿 100 万元”）", True),
        ("最高不超过 1000000 元", True),
        ("最高不超过 0.01 亿元", True),
    ],
)
def test_an_upper_bound_is_worded_as_one_and_never_as_an_entitlement(text: str, is_right: bool) -> None:
    assert passes(wording(case(), reply(text, (), work_out("5.8", "1000000")))) is is_right


def test_the_wording_of_exact_amounts_is_free() -> None:
    assert wording(case(), reply("可以拿到 50 万元", (), work_out("5.9", "500000", "exact"))) is None


# citation


def test_five_clauses_cited_of_which_one_is_right_is_cited_but_not_precise() -> None:
    asked = case(clauses=["5.8"])
    given = reply("", ("5.4", "5.9", "5.8", "5.1", "5.2"))
    assert passes(cited(asked, given))
    assert not passes(first_clause(asked, given))
    found = precision(asked, given)
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert not found.decides


def test_the_clause_of_the_term_is_not_counted_against_precision() -> None:
    found = precision(case(clauses=["5.8"]), reply("", ("5.8", "0")))
    assert found is not None
    assert found.value == 1
    head = precision(case(clauses=["0"]), reply("", ("0", "5.8")))
    assert head is not None
    assert head.value == pytest.approx(0.5)


def test_a_clause_is_not_found_inside_a_longer_id() -> None:
    assert not passes(cited(case(clauses=["5.1"]), reply("", ("5.13", "5.12"))))


def test_every_clause_with_an_amount_is_to_be_cited() -> None:
    asked = case(clauses=["5.8"], amounts={"5.8": "1", "5.9": "1"})
    assert not passes(cited(asked, reply("", ("5.8",))))
    assert passes(cited(asked, reply("", ("5.8", "5.9"))))


def test_citations_do_not_matter_where_no_clause_is_stated() -> None:
    assert cited(case(), reply()) is first_clause(case(), reply()) is precision(case(), reply()) is None


def test_no_citation_at_all_is_wrong_where_one_is_expected() -> None:
    assert not passes(first_clause(case(clauses=["5.8"]), reply()))


# evidence


def test_a_hundred_is_not_bound_by_the_eleven_hundred_that_holds_its_digits() -> None:
    asked = case(turns=["投资1100万元"])
    assert not passes(evidence(asked, reply("可补 100 万元")))
    assert not passes(evidence(case(turns=["投资100万元"]), reply("可补 1100 万元")))
    assert passes(evidence(asked, reply("投资 1100 万元，即 0.11 亿元、11,000,000 元")))


def test_a_figure_only_in_an_uncited_clause_is_unbound() -> None:
    text = "首次突破 2 亿元奖励 80 万元"
    assert passes(evidence(case(), reply(text, ("5.9",))))
    found = evidence(case(), reply(text, ("5.8",)))
    assert not found.passed
    assert found.value == 2


def test_a_figure_of_steps_amount_or_reading_is_bound() -> None:
    given = reply("1500 × 10% = 150 万元", (), work_out("5.8", "1500000", steps=("1500 万元 × 10% = 150 万元",)))
    assert [f.text for f in unbound(case(), given)] == ["1500"]  # 1500 of nothing is not 1500 万元
    assert passes(evidence(case(), reply("150 万元", (), work_out("5.8", "1500000"))))


def test_the_unit_counts() -> None:
    assert not passes(evidence(case(), reply("补助 10 年", ("5.8",))))
    assert not passes(evidence(case(), reply("补助 500 元", ("5.8",))))
    assert not passes(evidence(case(turns=["投了10"]), reply("补助 10%")))
    assert not passes(evidence(case(), reply("期限 2018 年至 2023 年", ("0",))))


def test_chinese_numerals_are_figures_too() -> None:
    assert passes(evidence(case(turns=["投资三千八百万元"]), reply("投资 3800 万元")))
    assert not passes(evidence(case(turns=["投资3800万元"]), reply("可补三百万元，即百分之八")))
    assert passes(evidence(case(), reply("一次性给予，最长三年，其一", ("5.8",))))


def test_list_marks_labels_and_ids_are_not_figures() -> None:
    text = "1. 依据 5.8\n2. 见条款 5.8\n- 三、（八）4.物联网\n3) 第 5.9 条\n[1] 5G、IPv6、4K"
    assert passes(evidence(case(), reply(text, ("5.8",))))
    assert not passes(evidence(case(), reply("比例 5.8%", ("5.8",))))
    assert not passes(evidence(case(), reply("5.8 万元", ("5.8",))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1亿2千万", [("120000000", "")]),
        ("3kw", [("30000000", "")]),
        ("５００万元", [("5000000", "元")]),
        ("**1,200,000.00** 元", [("1200000.00", "元")]),
        ("20-30万元", [("200000", "元"), ("300000", "元")]),
        ("5个点、3成、2‰", [("5", "%"), ("30", "%"), ("0.2", "%")]),
        ("50 元/平方米/月", [("50", "元")]),
        ("2018 年至 2022 年", [("2018", "年"), ("2022", "年")]),
        ("一个亿，两千来人，十四五", [("100000000", "")]),
        ("壹亿伍仟万元", [("150000000", "元")]),
        ("百分之十二点五", [("12.5", "%")]),
    ],
)
def test_figures_are_read_with_their_units(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(f.value, f.unit) for f in read_figures(text)] == [(Decimal(v), u) for v, u in expected]


# words


def test_words_are_looked_for_with_and_without_spaces_and_stars() -> None:
    asked = case(must=["最高不超过500万元"])
    assert passes(words(asked, reply("最高不超过 **500** 万元")))
    assert passes(words(case(must=["500 万元"]), reply("500 万元")))
    assert not passes(words(asked, reply("最高不超过\n500 万元")))  # two lines are not one phrase


def test_forbidden_words_are_found_though_spaced() -> None:
    asked = case(must_not=["保证能拿"])
    assert not passes(words(asked, reply("保证 能拿")))
    assert passes(words(asked, reply("不作保证")))
    assert words(case(), reply("保证能拿")) is None


# consistency


def test_paraphrases_agree_in_status_and_amounts() -> None:
    first, second = case(id="a"), case(id="b", paraphrase_of="a")
    million, two = (reply("", (), work_out("5.8", yuan)) for yuan in ("1000000", "2000000"))
    assert paraphrases([(first, million), (second, million)])["b"].passed
    assert not paraphrases([(second, two), (first, million)])["b"].passed  # whatever the order
    assert not paraphrases([(first, reply()), (second, reply(status="needs_input"))])["b"].passed


def test_paraphrases_of_a_case_not_run_are_held_beside_each_other() -> None:
    second, third = case(id="b", paraphrase_of="a"), case(id="c", paraphrase_of="a")
    found = paraphrases([(second, reply()), (third, reply(status="refused"))])
    assert list(found) == ["c"]
    assert not found["c"].passed


def test_only_the_scorers_that_apply_are_in_the_scores() -> None:
    assert [s.name for s in score(case(), reply())] == ["status", "evidence"]


def test_a_figure_for_each_does_not_swallow_the_one_it_is_for() -> None:
    assert [f.text for f in read_figures("既然是两万一个，那就是六万")] == ["两万", "六万"]
    assert [f.value for f in read_figures("一个亿和两个亿")] == [10**8, 2 * 10**8]
