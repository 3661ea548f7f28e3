"""The tab 算一算 without a server: forms made from the data, results, drawings, and the question for the chat."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.amounts import format_yuan
from assistant.measures import Measure
from assistant.pages.calculator import asked, can_be_asked, label, question, read_form, result, title
from assistant.pages.chart import chart
from assistant.pages.marks import marked
from assistant.policies import Policy
from assistant.settings import ROOT
from assistant.wiring import Assistant

# By hand from the clauses: measure, what is filled in, the figure.
FILLED = [
    ("fixed-asset-investment", {"completed_investment": "3000万", "planned_investment": "1亿"}, "300 万元"),
    ("equipment-transfer", {"net_value": "8000万"}, "500 万元"),
    ("transitional-rent", {"rented_area": "2000", "average_rent": "30"}, "72 万元"),
    ("equity", {"total_equity": "5000万"}, "1500 万元"),
    ("interest", {"loan": "8000万", "loan_rate": "4%", "fixed_assets": "1亿"}, "280 万元"),
    ("upgrade", {"project_investment": "3000万"}, "300 万元"),
    ("smart-manufacturing", {"project_investment": "3000万"}, "500 万元"),
    ("leading-upgrade", {"project_investment": "3800万"}, "760 万元"),
    ("revenue", {"revenue": "5.3亿"}, "100 万元"),
    ("merger", {"deal_value": "6000万"}, "300 万元"),
    ("platform-capital", {"paid_in_capital": "800万"}, "80 万元"),
    ("platform-rent", {"rented_area": "1000", "rent": "40"}, "48 万元"),
    ("shared-factory", {"purchases": "300万"}, "90 万元"),
    ("equipment-purchase", {"invoice": "600万"}, "300 万元"),
    ("software", {"software_costs": "350万"}, "105 万元"),
    ("skilled-workers", {"senior_workers": "3", "technicians": "2"}, "3.1 万元"),
]
IDS = [f"{name}-{figure}" for name, _, figure in FILLED]


class Balance(HTMLParser):
    """Counts that every tag opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def visible(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(("name", "words", "figure"), FILLED, ids=IDS)
def test_a_filled_form_shows_the_figure_its_working_and_the_clause(
    policy: Policy, name: str, words: dict[str, str], figure: str
) -> None:
    measure = policy.measure(name)
    html = result(policy, measure, words, {})
    number, unit = figure.split(" ")
    assert f'<strong>{number}</strong><span class="unit">{unit}</span>' in html
    assert "怎么算" in html
    assert policy.clause(measure.clause).label in html
    most = "最高不超过" if measure.modality == "at_most" else ""
    assert f'<span class="most">{most}</span>' in html


@pytest.mark.parametrize(("name", "words", "figure"), FILLED, ids=IDS)
def test_what_a_form_holds_is_understood_by_the_chat_as_the_same(
    assistant: Assistant, name: str, words: dict[str, str], figure: str
) -> None:
    asked_in_words = question(assistant.policy.measure(name), words)
    found = {c.measure: c.amount_yuan for c in assistant.reply([asked_in_words], date(2026, 1, 1)).calculations}
    assert found[name] is not None
    assert format_yuan(found[name] or Decimal(0)) == figure


def test_every_measure_has_a_form_and_a_result_before_anything_is_filled_in(policy: Policy) -> None:
    titles = [title(policy, measure) for measure in policy.measures]
    assert len(set(titles)) == len(titles)
    for measure in policy.measures:
        assert all(label(item) and item.ask for item in asked(measure))
        html = result(policy, measure, {}, {})
        Balance().feed(html)
        if measure.formula.name not in ("none", "cap_only"):
            assert "填了这些就能算" in html
            assert "<strong>" not in html


def test_a_field_that_cannot_be_read_says_so_and_the_others_stand(policy: Policy) -> None:
    measure = policy.measure("interest")
    facts, faults = read_form(measure, {"loan": "8000", "loan_rate": "4%", "fixed_assets": "很多"})
    assert set(facts) == {"loan_rate"}
    assert set(faults) == {"loan", "fixed_assets"}
    html = result(policy, measure, {"loan": "8000", "loan_rate": "4%", "fixed_assets": "很多"}, {})
    assert "借款总额＝8000" in html
    assert "请连单位一起写" in html


def test_a_form_with_a_field_that_cannot_be_read_shows_no_figure(policy: Policy) -> None:
    words = {"rented_area": "2000", "average_rent": "30"}
    assert "<strong>" not in result(policy, policy.measure("transitional-rent"), {**words, "rented_months": "abc"}, {})
    half = result(policy, policy.measure("transitional-rent"), {**words, "rented_months": "6"}, {})
    assert "<strong>36</strong>" in half


def test_a_part_larger_than_its_whole_is_said_and_not_worked_out(policy: Policy) -> None:
    words = {"completed_investment": "5亿", "planned_investment": "3000万"}
    html = result(policy, policy.measure("fixed-asset-investment"), words, {})
    assert "请核对这两个数" in html
    assert "<strong>" not in html


def test_a_form_whose_words_would_say_less_than_it_does_is_not_put_into_the_chat(policy: Policy) -> None:
    measure = policy.measure("merger")
    assert can_be_asked(measure, {"deal_value": "6000万"}, {"control": "meets"})
    assert not can_be_asked(measure, {"deal_value": "6000万"}, {"control": "fails"})
    assert not can_be_asked(measure, {"deal_value": "abc"}, {})
    assert "4.2%" in question(policy.measure("interest"), {"loan_rate": "4.2"})


def test_a_condition_that_fails_leaves_no_figure(policy: Policy) -> None:
    html = result(policy, policy.measure("merger"), {"deal_value": "6000万"}, {"unrelated": "fails"})
    assert "<strong>" not in html
    assert "不符合" in visible(html)


def test_a_form_cannot_bring_in_markup(policy: Policy) -> None:
    for measure in policy.measures:
        html = result(policy, measure, {item.name: "<img src=x onerror=1>" for item in measure.inputs}, {})
        assert "<img" not in html


def test_the_drawing_shows_where_the_cap_binds_and_says_it_in_words(policy: Policy) -> None:
    measure = policy.measure("upgrade")
    facts, _ = read_form(measure, {"project_investment": "8000万"})
    drawn = chart(measure, facts)
    assert "上限 500 万元" in drawn
    assert 'aria-label="项目投资额 8000 万元时，最高不超过 500 万元；到 500 万元 封顶"' in drawn
    points = [tuple(map(float, p.split(","))) for p in re.search(r'points="([^"]+)"', drawn)[1].split()]  # type: ignore[index]
    assert points == sorted(points)
    highest = min(y for _, y in points)
    assert sum(y == highest for _, y in points) > 10


def test_a_measure_of_steps_is_drawn_with_its_steps(policy: Policy) -> None:
    measure = policy.measure("revenue")
    facts, _ = read_form(measure, {"revenue": "1.5亿"})
    drawn = chart(measure, facts)
    points = [tuple(map(float, p.split(","))) for p in re.search(r'points="([^"]+)"', drawn)[1].split()]  # type: ignore[index]
    assert len({y for _, y in points}) == 3  # nothing, the first tier, the second


@pytest.mark.parametrize("measure", ["startup", "land", "skilled-workers"])
def test_what_is_of_no_single_figure_is_not_drawn(policy: Policy, measure: str) -> None:
    assert chart(policy.measure(measure), {}) == ""


@given(yuan=st.integers(1, 10**13), name=st.sampled_from([n for n, words, _ in FILLED if len(words) == 1]))
def test_any_figure_is_drawn_or_not_but_never_breaks(yuan: int, name: str) -> None:
    policy = _policy()
    measure: Measure = policy.measure(name)
    html = result(policy, measure, {asked(measure)[0].name: f"{yuan}元"}, {})
    Balance().feed(html)


@given(
    text=st.text("补助2000 万元，<&>技改\n", max_size=40), words=st.lists(st.text("补助2000万元<&>技改 ", max_size=6))
)
def test_marks_change_no_letter(text: str, words: list[str]) -> None:
    assert visible(marked(text, words)) == text


def test_marks_find_words_across_white_space_and_figures_only_whole() -> None:
    assert marked("最高 1000 万元、10000 元", ["1000万元"]) == "最高 <mark>1000 万元</mark>、10000 元"
    assert marked("按 10% 和 110%", ["10%"]) == "按 <mark>10%</mark> 和 110%"


def _policy() -> Policy:
    from assistant.policies import read_policies

    if "policy" not in _KEPT:
        _KEPT["policy"] = read_policies(ROOT / "corpus")[0]
    return _KEPT["policy"]


_KEPT: dict[str, Policy] = {}
