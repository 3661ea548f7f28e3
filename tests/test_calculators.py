"""Every measure below, at and above each threshold and cap, worked out by hand from the text; and what always holds."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.calculators import Verdict, calculate
from assistant.facts import Fact, read_words
from assistant.measures import Measure
from assistant.policies import Policy
from assistant.tools import build_tools, estimate

# measure, inputs in people's words, yuan (None: no amount), modality. The sums stand beside the figures of the clause.
CASES = [
    # 5.1 最高 1000 万元创业扶持
    ("startup", {}, 10_000_000, "at_most"),
    # 5.2 新建投资总额 2000 万元以上 (the number itself counts); 10% of what is completed; no cap
    ("fixed-asset-investment", {"planned_investment": "1999.99万", "completed_investment": "1000万"}, None, "at_most"),
    (
        "fixed-asset-investment",
        {"planned_investment": "2000万", "completed_investment": "1000万"},
        1_000_000,
        "at_most",
    ),
    (
        "fixed-asset-investment",
        {"planned_investment": "2000.01万", "completed_investment": "2000万"},
        2_000_000,
        "at_most",
    ),
    ("fixed-asset-investment", {"planned_investment": "50亿", "completed_investment": "40亿"}, 400_000_000, "at_most"),
    ("fixed-asset-investment", {"completed_investment": "2000万"}, 2_000_000, "at_most"),
    ("fixed-asset-investment", {"planned_investment": "1500万"}, None, "at_most"),
    # 5.4 10% of net value, cap 500 万 reached at 5000 万
    ("equipment-transfer", {"net_value": "4999万"}, 4_999_000, "exact"),
    ("equipment-transfer", {"net_value": "5000万"}, 5_000_000, "exact"),
    ("equipment-transfer", {"net_value": "5001万"}, 5_000_000, "exact"),
    ("equipment-transfer", {"net_value": "8000万"}, 5_000_000, "exact"),
    # 5.5 area × local average × 12, cap 300 万 a year: 10000 ㎡ × 25 元 × 12 = 300 万
    ("transitional-rent", {"rented_area": "9999平", "average_rent": "25元/平方米/月"}, 2_999_700, "exact"),
    ("transitional-rent", {"rented_area": "10000平", "average_rent": "25元/平方米/月"}, 3_000_000, "exact"),
    ("transitional-rent", {"rented_area": "10001平", "average_rent": "25元/平方米/月"}, 3_000_000, "exact"),
    (
        "transitional-rent",
        {"rented_area": "1000平", "average_rent": "20元/平方米/月", "rented_months": "6个月"},
        120_000,
        "exact",
    ),
    # 5.6 不超过项目总股本的 30%
    ("equity", {"total_equity": "1亿"}, 30_000_000, "at_most"),
    # 5.7 the lesser of the loan and 70% of assets, × rate, cap 500 万
    ("interest", {"loan": "7000万", "loan_rate": "4%", "fixed_assets": "1亿"}, 2_800_000, "at_most"),
    ("interest", {"loan": "6999万", "loan_rate": "4%", "fixed_assets": "1亿"}, 2_799_600, "at_most"),
    ("interest", {"loan": "8000万", "loan_rate": "4%", "fixed_assets": "1亿"}, 2_800_000, "at_most"),
    ("interest", {"loan": "9999万", "loan_rate": "5%", "fixed_assets": "2亿"}, 4_999_500, "at_most"),
    ("interest", {"loan": "1亿", "loan_rate": "5%", "fixed_assets": "2亿"}, 5_000_000, "at_most"),
    ("interest", {"loan": "10001万", "loan_rate": "5%", "fixed_assets": "2亿"}, 5_000_000, "at_most"),
    # 5.8 10% cap 500 万; 20% cap 500 万; 20% cap 1000 万
    ("upgrade", {"project_investment": "4999万"}, 4_999_000, "at_most"),
    ("upgrade", {"project_investment": "5000万"}, 5_000_000, "at_most"),
    ("upgrade", {"project_investment": "5001万"}, 5_000_000, "at_most"),
    ("smart-manufacturing", {"project_investment": "2000万"}, 4_000_000, "at_most"),
    ("smart-manufacturing", {"project_investment": "2499万"}, 4_998_000, "at_most"),
    ("smart-manufacturing", {"project_investment": "2500万"}, 5_000_000, "at_most"),
    ("smart-manufacturing", {"project_investment": "2501万"}, 5_000_000, "at_most"),
    ("leading-upgrade", {"project_investment": "4999万"}, 9_998_000, "at_most"),
    ("leading-upgrade", {"project_investment": "5000万"}, 10_000_000, "at_most"),
    ("leading-upgrade", {"project_investment": "5001万"}, 10_000_000, "at_most"),
    # 5.9 seven tiers
    ("revenue", {"revenue": "9999.99万"}, None, "exact"),
    ("revenue", {"revenue": "1亿"}, 500_000, "exact"),
    ("revenue", {"revenue": "1.9999亿"}, 500_000, "exact"),
    ("revenue", {"revenue": "2亿"}, 800_000, "exact"),
    ("revenue", {"revenue": "4.9999亿"}, 800_000, "exact"),
    ("revenue", {"revenue": "5亿"}, 1_000_000, "exact"),
    ("revenue", {"revenue": "9.9999亿"}, 1_000_000, "exact"),
    ("revenue", {"revenue": "10亿"}, 1_500_000, "exact"),
    ("revenue", {"revenue": "19.9999亿"}, 1_500_000, "exact"),
    ("revenue", {"revenue": "20亿"}, 3_000_000, "exact"),
    ("revenue", {"revenue": "49.9999亿"}, 3_000_000, "exact"),
    ("revenue", {"revenue": "50亿"}, 5_000_000, "exact"),
    ("revenue", {"revenue": "99.9999亿"}, 5_000_000, "exact"),
    ("revenue", {"revenue": "100亿"}, 10_000_000, "exact"),
    ("revenue", {"revenue": "500亿"}, 10_000_000, "exact"),
    ("revenue", {"revenue": "6亿", "previous_revenue": "5.5亿"}, None, "exact"),
    # 5.10 5%, cap 1000 万 reached at 2 亿
    ("merger", {"deal_value": "1.99亿"}, 9_950_000, "exact"),
    ("merger", {"deal_value": "2亿"}, 10_000_000, "exact"),
    ("merger", {"deal_value": "2.01亿"}, 10_000_000, "exact"),
    # 5.11 每个项目最高奖励 1000 万元
    ("innovation-platform", {}, 10_000_000, "at_most"),
    # 5.12 10% of paid-in capital cap 200 万; rent at most 50 元, cap 150 万 a year; 30% cap 200 万 a year
    ("platform-capital", {"paid_in_capital": "1999万"}, 1_999_000, "at_most"),
    ("platform-capital", {"paid_in_capital": "2000万"}, 2_000_000, "at_most"),
    ("platform-capital", {"paid_in_capital": "2001万"}, 2_000_000, "at_most"),
    ("platform-rent", {"rented_area": "1000平", "rent": "49元/平方米/月"}, 588_000, "at_most"),
    ("platform-rent", {"rented_area": "1000平", "rent": "50元/平方米/月"}, 600_000, "at_most"),
    ("platform-rent", {"rented_area": "1000平", "rent": "51元/平方米/月"}, 600_000, "at_most"),
    ("platform-rent", {"rented_area": "2499平", "rent": "50元/平方米/月"}, 1_499_400, "at_most"),
    ("platform-rent", {"rented_area": "2500平", "rent": "50元/平方米/月"}, 1_500_000, "at_most"),
    ("platform-rent", {"rented_area": "5000平", "rent": "60元/平方米/月"}, 1_500_000, "at_most"),
    ("shared-factory", {"purchases": "666万"}, 1_998_000, "at_most"),
    ("shared-factory", {"purchases": "667万"}, 2_000_000, "at_most"),
    # 5.13 no rate, 500 万; 50% of the invoice, cap 1000 万
    ("equipment-lease", {}, 5_000_000, "at_most"),
    ("equipment-purchase", {"invoice": "1999万"}, 9_995_000, "at_most"),
    ("equipment-purchase", {"invoice": "2000万"}, 10_000_000, "at_most"),
    ("equipment-purchase", {"invoice": "3000万"}, 10_000_000, "at_most"),
    # 5.14 30%, cap 200 万
    ("software", {"software_costs": "666万"}, 1_998_000, "at_most"),
    ("software", {"software_costs": "667万"}, 2_000_000, "at_most"),
    # 5.15 5000, 8000, 10000 a head; a class at most 10 万
    ("skilled-workers", {"senior_workers": "10人", "technicians": "2人"}, 66_000, "exact"),
    ("skilled-workers", {"senior_technicians": "1人"}, 10_000, "exact"),
    ("skilled-workers", {"senior_workers": "1人", "technicians": "1人", "senior_technicians": "1人"}, 23_000, "exact"),
    ("training-class", {}, 100_000, "at_most"),
    # 5.3, 5.16 and own intellectual property as a stake (5.6) name no figure
    ("land", {}, None, None),
    ("ip-equity", {}, None, None),
    ("major-project", {}, None, None),
]


@pytest.mark.parametrize(("name", "words", "yuan", "modality"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_the_amount_is_what_the_clause_gives(
    policy: Policy, name: str, words: dict, yuan: int | None, modality: str | None
) -> None:
    found = estimate(policy.measure(name), words)
    assert found.amount_yuan == (None if yuan is None else Decimal(yuan))
    assert found.modality == modality


def test_every_measure_has_cases(policy: Policy) -> None:
    assert {m.id for m in policy.measures} == {case[0] for case in CASES}


def test_jumping_several_tiers_shows_both_readings_and_leads_with_the_tier_reached(policy: Policy) -> None:
    found = estimate(policy.measure("revenue"), {"revenue": "6.2亿", "previous_revenue": "9600万"})
    assert found.amount_yuan == 1_000_000
    assert [r.amount_yuan for r in found.readings] == [1_000_000, 500_000 + 800_000 + 1_000_000]


def test_yearly_benefits_give_one_year_and_the_total_of_the_allowed_years_as_a_reading(policy: Policy) -> None:
    interest = estimate(policy.measure("interest"), {"loan": "8000万", "loan_rate": "4%", "fixed_assets": "1亿"})
    assert interest.readings[-1].amount_yuan == 5 * 2_800_000
    rent = estimate(policy.measure("platform-rent"), {"rented_area": "5000平", "rent": "60元/平方米/月"})
    assert rent.readings[-1].amount_yuan == 3 * 1_500_000


def test_a_range_gives_both_ends_and_no_single_amount(policy: Policy) -> None:
    found = estimate(policy.measure("upgrade"), {"project_investment": "3千到4千万"})
    assert found.amount_yuan is None
    assert [r.amount_yuan for r in found.readings] == [3_000_000, 4_000_000]


def test_rooms_with_a_rent_of_their_own_are_reckoned_each_with_its_own_limit(policy: Policy) -> None:
    measure = policy.measure("platform-rent")
    area = read_words(measure.input("rented_area"), "1000平").plus(read_words(measure.input("rented_area"), "500平"))
    rent = read_words(measure.input("rent"), "42元/平/月").plus(read_words(measure.input("rent"), "60元/平/月"))
    result = calculate(measure, {"rented_area": area, "rent": rent}, {})
    assert (rent.low, rent.high) == (42, 60)
    assert result.amount_yuan == (1000 * 42 + 500 * 50) * 12


def test_a_range_beyond_the_cap_gives_the_cap(policy: Policy) -> None:
    assert estimate(policy.measure("upgrade"), {"project_investment": "6000万到7000万"}).amount_yuan == 5_000_000


@pytest.mark.parametrize("words", [{"loan": "8000万"}, {"loan": "8000万", "loan_rate": "4%"}, {}])
def test_a_missing_input_is_missing_and_not_zero(policy: Policy, words: dict) -> None:
    measure = policy.measure("interest")
    assert estimate(measure, words).amount_yuan is None
    assert {i.name for i in measure.missing(words)} == {"loan", "loan_rate", "fixed_assets"} - words.keys()


def test_the_planned_total_alone_gives_an_upper_bound_but_no_amount(policy: Policy) -> None:
    found = estimate(policy.measure("fixed-asset-investment"), {"planned_investment": "5000万"})
    assert found.amount_yuan is None
    assert [r.amount_yuan for r in found.readings] == [5_000_000]


def test_an_input_follows_from_the_two_it_is_made_of(policy: Policy) -> None:
    transfer = policy.measure("equipment-transfer")
    found = estimate(transfer, {"gross_value": "4500万", "depreciation": "1700万"})
    assert found.amount_yuan == (45_000_000 - 17_000_000) / 10
    assert "4500万 − 1700万" in found.steps[0]
    rent = estimate(policy.measure("platform-rent"), {"rented_area": "2100平", "monthly_rent": "13.65万"})
    assert rent.amount_yuan == 2100 * 50 * 12  # 65 yuan a ㎡, of which 50 count


@pytest.mark.parametrize("words", [{"gross_value": "4500万"}, {"gross_value": "1700万", "depreciation": "4500万"}])
def test_a_difference_that_is_not_there_is_missing_and_not_zero(policy: Policy, words: dict) -> None:
    found = estimate(policy.measure("equipment-transfer"), words)
    assert found.amount_yuan is None
    assert found.missing == ("net_value",)


@pytest.mark.parametrize(
    ("earlier", "yuan"),
    [(199_990_000, 800_000), (200_000_000, None), (200_010_000, None)],
    ids=["below", "at", "above"],
)
def test_a_tier_reached_before_is_not_reached_for_the_first_time_whatever_the_words(
    policy: Policy, earlier: int, yuan: int | None
) -> None:
    measure = policy.measure("revenue")
    facts = {
        "revenue": fact(measure, "revenue", Decimal(205_000_000)),
        "previous_revenue": fact(measure, "previous_revenue", Decimal(earlier)),
    }
    said = {"first": Verdict("fails", "早就过了")}  # of a lower tier
    assert calculate(measure, facts, said).amount_yuan == yuan


def fact(measure: Measure, name: str, value: Decimal) -> Fact:
    return Fact(name, value, value, str(value), measure.input(name).kind)


yuan = st.decimals(min_value=1, max_value=10**13, places=2)
CAPPED = ["equipment-transfer", "upgrade", "smart-manufacturing", "leading-upgrade", "merger", "platform-capital",
          "shared-factory", "equipment-purchase", "software"]  # fmt: skip


@pytest.mark.parametrize("name", CAPPED)
@given(low=yuan, high=yuan)
def test_a_share_is_never_above_its_cap_and_never_falls_as_the_base_grows(
    policy: Policy, name: str, low: Decimal, high: Decimal
) -> None:
    measure = policy.measure(name)
    base, cap = measure.formula.base, measure.formula.cap
    assert base is not None
    assert cap is not None
    low, high = sorted((low, high))
    amounts = [calculate(measure, {base: fact(measure, base, v)}, {}).amount_yuan for v in (low, high)]
    assert amounts[0] is not None
    assert amounts[1] is not None
    assert 0 < amounts[0] <= amounts[1] <= cap.value or amounts[0] == 0


@given(low=yuan, high=yuan)
def test_the_tier_award_never_falls_as_revenue_grows(policy: Policy, low: Decimal, high: Decimal) -> None:
    measure = policy.measure("revenue")
    low, high = sorted((low, high))
    amounts = [calculate(measure, {"revenue": fact(measure, "revenue", v)}, {}).amount_yuan or 0 for v in (low, high)]
    assert amounts[0] <= amounts[1] <= 10_000_000


@given(loan=yuan, asset=yuan, rate=st.decimals(min_value="0.001", max_value="0.3", places=4))
def test_interest_never_exceeds_its_cap_nor_the_interest_on_seventy_per_cent_of_assets(
    policy: Policy, loan: Decimal, asset: Decimal, rate: Decimal
) -> None:
    measure = policy.measure("interest")
    facts = {n: fact(measure, n, v) for n, v in (("loan", loan), ("fixed_assets", asset), ("loan_rate", rate))}
    amount = calculate(measure, facts, {}).amount_yuan
    assert amount is not None
    assert amount <= 5_000_000
    assert amount <= min(loan, asset * Decimal("0.7")) * rate + Decimal("0.005")


@given(wan=st.integers(min_value=1, max_value=10**8))
def test_the_unit_an_amount_is_written_in_does_not_matter(policy: Policy, wan: int) -> None:
    measure = policy.measure("equipment-purchase")
    spellings = (f"{wan}万", f"{wan}万元", f"{wan * 10_000}元", f"{wan}w", f"{Decimal(wan) / 10_000:f}亿")
    assert len({estimate(measure, {"invoice": words}).amount_yuan for words in spellings}) == 1


def test_each_measure_is_a_langchain_tool_that_takes_the_users_words(policy: Policy) -> None:
    tools = build_tools(policy)
    assert list(tools) == [measure.id for measure in policy.measures]
    found = json.loads(tools["interest"].invoke({"loan": "8000万", "loan_rate": "4%", "fixed_assets": "1个亿"}))
    assert found["amount_yuan"] == "2800000"


def test_a_model_sees_the_words_a_tool_takes_and_nothing_of_what_the_chain_hands_in(policy: Policy) -> None:
    for measure in policy.measures:
        seen = build_tools(policy)[measure.id].tool_call_schema.model_json_schema()["properties"]
        assert set(seen) == {item.name for item in measure.inputs}
        assert all(item.label in seen[item.name]["description"] for item in measure.inputs)
