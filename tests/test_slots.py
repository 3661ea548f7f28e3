"""The right number goes to the right input when several stand in one sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.amounts import read_quantities
from assistant.policies import Policy
from assistant.questions import Questions
from assistant.slots import Slots

WAN = 10_000
CASES = [
    ("interest", "贷款8000万，利率4%，完工固定资产1亿", {"loan": 8000 * WAN, "loan_rate": "0.04", "fixed_assets": 10**8}),
    ("interest", "固定资产1亿贷款8000万利率4%", {"loan": 8000 * WAN, "loan_rate": "0.04", "fixed_assets": 10**8}),
    ("interest", "8000万贷款4个点的利息，形成固定资产1亿", {"loan": 8000 * WAN, "loan_rate": "0.04", "fixed_assets": 10**8}),
    ("fixed-asset-investment", "投资总额5000万，实际完成固定资产投资3000万",
     {"planned_investment": 5000 * WAN, "completed_investment": 3000 * WAN}),
    ("fixed-asset-investment", "总投资5000万其中固定资产3000万",
     {"planned_investment": 5000 * WAN, "completed_investment": 3000 * WAN}),
    ("equipment-transfer", "设备原值8000万，净值3000万", {"gross_value": 8000 * WAN, "net_value": 3000 * WAN}),
    ("equipment-transfer", "设备原值8000万", {"gross_value": 8000 * WAN}),
    ("equipment-transfer", "原值4500万，累计折旧1700万", {"gross_value": 4500 * WAN, "depreciation": 1700 * WAN}),
    ("equipment-transfer", "净值860万，运费32万，保险4万", {"net_value": 860 * WAN}),
    ("equipment-transfer", "12台设备每台净值86万", {"net_value": 12 * 86 * WAN}),
    ("equipment-transfer", "净值分别是600万、850万和420万", {"net_value": 1870 * WAN}),
    ("platform-capital", "注册资本5000万，实缴2000万", {"paid_in_capital": 2000 * WAN}),
    ("platform-capital", "注册资本5000万", {}),
    ("platform-capital", "认缴3000万，三个股东分别实缴了500万、300万、400万", {"paid_in_capital": 1200 * WAN}),
    ("upgrade", "开支6000万，三成投在技术改造项目上", {"project_investment": 1800 * WAN}),
    ("skilled-workers", "40人，一半是高级工，四分之一是技师，剩下的都是高级技师",
     {"senior_workers": 20, "technicians": 10, "senior_technicians": 10}),
    ("fixed-asset-investment", "投资总额5000万。实际完成固投：盖厂房15000平方米，每平米造价1600元，另有设备1800万",
     {"planned_investment": 5000 * WAN, "completed_investment": 4200 * WAN}),
    ("platform-rent", "租了5000平，租金每平60元", {"rented_area": 5000, "rent": 60}),
    ("platform-rent", "租了2100平，每月租金13.65万元", {"rented_area": 2100, "monthly_rent": 136500}),
    ("platform-rent", "租了2000平，每平每月65块，一个月房租十多万",
     {"rented_area": 2000, "rent": 65, "monthly_rent": 100_000}),
    ("platform-capital", "注册资本3000万是认缴，实缴的注册资本到现在只有900万", {"paid_in_capital": 900 * WAN}),
    ("upgrade", "技术改造投资额1500万到2600万，年销售七千万", {"project_investment": 2600 * WAN}),
    ("smart-manufacturing", "一年省下来人工费九百多万", {}),
    ("platform-rent", "租5000㎡、60元", {"rented_area": 5000, "rent": 60}),
    ("transitional-rent", "租3000平，当地平均租金每平每月30元，合同价每平45元",
     {"rented_area": 3000, "average_rent": 30}),
    ("skilled-workers", "10个高级工和2个技师", {"senior_workers": 10, "technicians": 2}),
    ("skilled-workers", "高级技师3名，技师5名，高级工8名",
     {"senior_technicians": 3, "technicians": 5, "senior_workers": 8}),
    ("revenue", "去年4亿今年6亿", {"revenue": 6 * 10**8, "previous_revenue": 4 * 10**8}),
    ("revenue", "从4亿涨到6亿", {"revenue": 6 * 10**8, "previous_revenue": 4 * 10**8}),
    ("revenue", "年产值6亿", {}),
    ("revenue", "前年1.2亿，去年3.1亿，今年全年做到680,000,000元",
     {"revenue": 68 * 10**7, "previous_revenue": 31 * 10**7}),
    ("revenue", "今年上半年8.7亿，下半年12.1亿", {"revenue": 208 * 10**7}),
    ("revenue", "去年销售收入9800万，离一个亿只差200万", {"previous_revenue": 9800 * WAN}),
    ("revenue", "年销售收入9.4亿，想问突破十亿的奖励", {"revenue": 94 * 10**7}),
    ("revenue", "净利润3000万，研发投了1200万，交税900万", {}),
    ("revenue", "员工300人，注册资本2亿，年销售收入1.2亿", {"revenue": 12 * 10**7}),
    ("revenue", "首次突破2亿，做到2.7亿", {"revenue": 27 * 10**7}),
    ("software", "研发投入300万、开发工具50万、配套设备100万", {"software_costs": 450 * WAN}),
    ("software", "研发投入300万，市场推广还花了150万，去年营收900万", {"software_costs": 300 * WAN}),
    ("equipment-purchase", "发票1460万，运费和保险另花了35万", {"invoice": 1460 * WAN}),
    ("equipment-purchase", "三套仪器，一张票215万，三张一共645万", {"invoice": 645 * WAN}),
    ("skilled-workers", "三个高级技师，十五个高级工，没有技师，全厂两百零六人",
     {"senior_technicians": 3, "senior_workers": 15}),
    ("skilled-workers", "都是中级工，没有一个高级工", {}),
    ("upgrade", "技术改造:镀膜线650万，检测设备320万，净化改造130万，总共就投了这些", {"project_investment": 1100 * WAN}),
    ("upgrade", "技术改造:设备2400万+改造工程800万，合计3200万", {"project_investment": 3200 * WAN}),
    ("smart-manufacturing", "智能制造示范项目，产线1200万，机器人5台每台90万，软件200万，投资额就这些",
     {"project_investment": 1850 * WAN}),
    ("upgrade", "技术改造投了1600万，流动资金贷了900万", {"project_investment": 1600 * WAN}),
    ("upgrade", "技术改造总投资1900万，设备占了1200万", {"project_investment": 1900 * WAN}),
    ("upgrade", "技术改造买的机器每台45万，台数还没告诉我", {}),
    ("platform-capital", "三个股东分别实缴注册资本900万、800万、700万", {"paid_in_capital": 2400 * WAN}),
    ("fixed-asset-investment", "新建工厂，两条产线各1800万，厂房2400万，全部已完成", {"completed_investment": 6000 * WAN}),
    ("revenue", "内销7.5亿，外销3.1亿，合起来就是今年的年销售收入，第一次突破10亿", {"revenue": 106 * 10**7}),
    ("revenue", "一季度销售收入2.6亿，二季度3.1亿，三季度2.4亿，四季度2.9亿，首次过10亿", {"revenue": 11 * 10**8}),
    ("merger", "估值1亿，实际成交8000万", {"deal_value": 8000 * WAN}),
    ("fixed-asset-investment", "950万是新建项目实际完成的固定资产投资，新建总投资2800万", {"completed_investment": 950 * WAN, "planned_investment": 2800 * WAN}),
    ("transitional-rent", "面积900平，当地同类平均租金是28", {"rented_area": 900, "average_rent": 28}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), CASES, ids=[c[1] for c in CASES])
def test_each_number_goes_to_its_input(
    policy: Policy, questions: Questions, name: str, text: str, expected: dict
) -> None:
    slots = Slots([policy.measure(name)], questions.other_amounts, questions.link)
    filled = slots.read(text, read_quantities(text))
    assert {key: fact.high for key, fact in filled.facts.items()} == {k: Decimal(v) for k, v in expected.items()}


@pytest.mark.parametrize(
    "text",
    [
        "厂房2000平，当地平均租金18元/平/月；办公600平，当地平均租金40元/平/月",
        "厂房2000平、办公600平，当地平均租金厂房18元、办公40元每平每月",
        "厂房2000平和办公600平，当地平均租金办公40元/平/月，厂房18元/平/月",
        "当地平均租金办公40元、厂房18元每平每月，租了厂房2000平、办公600平",
    ],
)
def test_rooms_with_a_rent_of_their_own_keep_it(policy: Policy, questions: Questions, text: str) -> None:
    slots = Slots([policy.measure("transitional-rent")], questions.other_amounts, questions.link)
    facts = slots.read(text, read_quantities(text)).facts
    assert [(a.low, r.low) for a, r in zip(facts["rented_area"].parts, facts["average_rent"].parts, strict=True)] == [
        (2000, 18),
        (600, 40),
    ]


def test_a_figure_answering_the_question_asked_back_needs_no_label(policy: Policy, questions: Questions) -> None:
    slots = Slots([policy.measure("fixed-asset-investment")], questions.other_amounts, questions.link)
    filled = slots.read("3000万", read_quantities("3000万"), pending="completed_investment")
    assert filled.facts["completed_investment"].high == 3000 * WAN


def test_a_number_that_cannot_be_used_is_a_problem_and_no_fact(policy: Policy, questions: Questions) -> None:
    slots = Slots([policy.measure("upgrade")], questions.other_amounts, questions.link)
    filled = slots.read("技术改造投资-500万", read_quantities("技术改造投资-500万"))
    assert filled.facts == {}
    assert "负数" in filled.problem
