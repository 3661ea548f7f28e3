"""The question sets are fit to measure with, and the lint that says so finds each kind of fault."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from assistant.errors import AssistantError
from assistant.policies import Policy
from evals.questions import (
    FEWEST_CASES,
    FEWEST_DIALOGUES,
    QUESTIONS,
    Case,
    Kind,
    QuestionsError,
    faults,
    read_cases,
    work_out,
)

GOOD = Case.model_validate(
    {
        "id": "c-000",
        "kind": "calculation",
        "split": "dev",
        "turns": ["买了3000万的检测仪器能补多少"],
        "status": "answered",
        "clauses": ["5.13"],
        "amounts": {"5.13": "10000000"},
        "modality": {"5.13": "at_most"},
        "worked": {"5.13": "min(30000000*0.5, 10000000)"},
        "must": [r"1,?000\s*万"],
        "source": "5.13",
    }
)


def changed(case: Case, **values: Any) -> Case:
    """The case with other values, read as from a file."""
    return Case.model_validate(case.model_dump() | values)


def good_set(first: Case = GOOD, *more: Case) -> list[Case]:
    """The smallest set without a fault, its first case replaced and others added."""
    plain: dict[str, Any] = {"amounts": {}, "modality": {}, "worked": {}}
    dialogue = {"kind": "dialogue", "turns": ["仪器补多少", "3000万"], **plain}
    cases = [first, *more]
    cases += [changed(GOOD, id=f"k-{kind}", kind=kind, **plain) for kind in get_args(Kind) if kind != "dialogue"]
    cases += [changed(GOOD, id=f"d-{n}", **dialogue) for n in range(FEWEST_DIALOGUES)]
    return cases + [changed(GOOD, id=f"f-{n}", **plain) for n in range(FEWEST_CASES - len(cases))]


def test_the_question_sets_have_no_fault(policy: Policy) -> None:
    assert faults(read_cases(), policy) == []


@pytest.mark.parametrize("name", ["first", "second", "third", "fourth", "paraphrases"])
def test_questions_looked_at_while_working_are_never_reported_as_unseen(name: str) -> None:
    assert '"split": "test"' not in (QUESTIONS / f"{name}.jsonl").read_text("utf-8")


def test_a_sum_says_the_amount_in_exact_decimals() -> None:
    assert work_out("min(30000000*0.5, 10000000)") == Decimal(10000000)
    assert work_out("min(min(80000000, 100000000*0.7)*0.0435, 5000000)") == Decimal(3045000)
    assert work_out("10*5000 + 2*8000") == Decimal(66000)
    assert work_out("(7-2)*10000/4") == Decimal(12500)
    assert work_out("max(0.1, 0.2) + 0.1") == Decimal("0.3")
    assert work_out("1000000") == Decimal(1000000)


@pytest.mark.parametrize(
    "expression",
    [
        "", "1 +", "amount", "-1", "2**3", "7//2", "7%2", "1e9", "0x10", "1_000", "1j", "True", "'1'", "[1]", "1 < 2",
        "min()", "min(1, key=2)", "min(*[1, 2])", "abs(1)", "__import__('os')", "(1).real", "1 if 1 else 2", "1/0",
        "0/0", "３", "\0", "(" * 5000 + "1" + ")" * 5000, "1+" * 20000 + "1",
    ],
)  # fmt: skip
def test_a_sum_of_anything_but_numbers_and_four_operations_is_refused(expression: str) -> None:
    with pytest.raises(QuestionsError) as caught:
        work_out(expression)
    assert isinstance(caught.value, AssistantError)
    assert len(str(caught.value)) < 300


def test_a_good_set_has_no_fault(policy: Policy) -> None:
    assert faults(good_set(), policy) == []


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"clauses": ["5.13", "5.99"]}, "政策没有条款 5.99"),
        ({"must": ["(1000"]}, "正则 '(1000' 不能用"),
        ({"must_not": ["[z-a]"]}, "正则 '[z-a]' 不能用"),
        ({"worked": {"5.13": "min(30000000*0.5, 10000001)"}}, "得 10000001，金额写的是 10000000"),
        ({"worked": {"5.13": "30000000**2"}}, "不能用；只许数字"),
        ({"worked": {}}, "条款 5.13 有金额而没有 worked"),
        ({"modality": {}}, "条款 5.13 有金额而没有 modality"),
        ({"worked": {"5.13": "10000000", "5.12": "1"}}, "条款 5.12 有 worked 而没有金额"),
        ({"modality": {"5.13": "at_most", "5.12": "exact"}}, "条款 5.12 有 modality 而没有金额"),
        ({"clauses": ["5.4"]}, "有金额的条款 5.13 不在 clauses 里"),
        ({"clauses": []}, "有金额的条款 5.13 不在 clauses 里"),
        ({"paraphrase_of": "c-999"}, "paraphrase_of 指向没有的编号 c-999"),
        ({"turns": []}, "turns 有空的一轮"),
        ({"turns": [" "]}, "turns 有空的一轮"),
        ({"status": []}, "status 是空的"),
        ({"kind": "dialogue"}, "多轮对话应有 2–6 轮，实际 1 轮"),
        ({"kind": "dialogue", "turns": ["补多少"] * 7}, "多轮对话应有 2–6 轮，实际 7 轮"),
    ],
)
def test_the_lint_names_a_fault_of_one_case(policy: Policy, values: dict[str, Any], fault: str) -> None:
    (found,) = faults(good_set(changed(GOOD, **values)), policy)
    assert found.startswith("c-000：")
    assert fault in found


@pytest.mark.parametrize("field", ["amounts", "modality", "worked"])
def test_an_unknown_clause_is_found_in_every_field(policy: Policy, field: str) -> None:
    case = changed(GOOD, **{field: {**getattr(GOOD, field), "9.9": {"modality": "exact"}.get(field, "1")}})
    assert "c-000：政策没有条款 9.9" in faults(good_set(case), policy)


def test_several_amounts_need_not_stand_in_the_clauses(policy: Policy) -> None:
    both = {
        "clauses": ["5.13"],
        "amounts": {"5.13": "10000000", "5.9": "500000"},
        "modality": {"5.13": "at_most", "5.9": "exact"},
        "worked": {"5.13": "10000000", "5.9": "500000"},
    }
    assert faults(good_set(changed(GOOD, **both)), policy) == []


def test_an_amount_that_may_not_be_given_needs_neither_sum_nor_modality(policy: Policy) -> None:
    assert faults(good_set(changed(GOOD, amounts={"5.13": None}, modality={}, worked={})), policy) == []


@pytest.mark.parametrize("values", [{"kind": "hostile"}, {"status": ["refused", "needs_input"]}])
def test_a_hostile_or_refused_case_may_say_nothing(policy: Policy, values: dict[str, Any]) -> None:
    assert faults(good_set(changed(GOOD, turns=[""], **values)), policy) == []


def test_a_dialogue_may_have_two_to_six_turns(policy: Policy) -> None:
    for count in (2, 6):
        assert faults(good_set(changed(GOOD, kind="dialogue", turns=["补多少"] * count)), policy) == []


def test_an_id_used_twice_is_a_fault(policy: Policy) -> None:
    assert faults(good_set(GOOD, GOOD), policy) == ["c-000：编号重复 2 次"]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, None),
        ({"status": "needs_input"}, "p-001：status 或 amounts 与所改写的 c-000 不同"),
        ({"amounts": {"5.13": "1"}, "worked": {"5.13": "1"}}, "p-001：status 或 amounts 与所改写的 c-000 不同"),
    ],
)
def test_a_paraphrase_must_come_out_as_its_base(policy: Policy, values: dict[str, Any], fault: str | None) -> None:
    paraphrase = changed(GOOD, id="p-001", paraphrase_of="c-000", **values)
    assert faults(good_set(GOOD, paraphrase), policy) == ([] if fault is None else [fault])


def test_a_paraphrase_of_a_paraphrase_is_a_fault(policy: Policy) -> None:
    one, two = changed(GOOD, id="p-1", paraphrase_of="c-000"), changed(GOOD, id="p-2", paraphrase_of="p-1")
    assert faults(good_set(GOOD, one, two), policy) == ["p-2：paraphrase_of 指向的 p-1 本身也是改写"]


def test_too_few_cases_or_dialogues_and_a_missing_kind_are_faults(policy: Policy) -> None:
    good = good_set()
    assert faults(good[:-1], policy) == [f"至少要 {FEWEST_CASES} 题，实际 {FEWEST_CASES - 1} 题"]
    fewer = [case for case in good if case.id != "d-0"] + [changed(good[-1], id="f-last")]
    assert faults(fewer, policy) == [f"多轮对话至少要 {FEWEST_DIALOGUES} 题，实际 {FEWEST_DIALOGUES - 1} 题"]
    without = [case for case in good if case.kind != "typo"] + [changed(good[-1], id="f-last")]
    assert faults(without, policy) == ["没有 typo 类的题"]


def test_all_faults_are_told_at_once(policy: Policy) -> None:
    bad = changed(GOOD, clauses=["5.99"], must=["("], worked={}, modality={}, turns=[""], paraphrase_of="c-999")
    assert len(faults([bad], policy)) == 7 + 2 + len(get_args(Kind)) - 1


def test_a_line_that_is_no_case_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text(f'{GOOD.model_dump_json()}\n\n{{"id": "x"}}\n', "utf-8")
    with pytest.raises(QuestionsError, match=r"bad\.jsonl 第 3 行"):
        read_cases(tmp_path)


def test_no_example_of_the_corpus_is_a_question(policy: Policy) -> None:
    examples = {text for texts in policy.examples.values() for text in texts}
    assert sorted(examples & {turn for case in read_cases() for turn in case.turns}) == []
