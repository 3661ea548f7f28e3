"""A story and a form → every measure in a table and in a workbook: bounds as bounds, nothing added up, nothing run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from assistant.amounts import format_yuan
from assistant.answer import STATES, State
from assistant.checkup import FORM, Profile, check, fillable, read_story
from assistant.classifier import open_classifier
from assistant.errors import UnusableInput
from assistant.lexicon import Lexicon
from assistant.pages import checkup as page
from assistant.pages.workbook import workbook
from assistant.policies import Policy, read_policies
from assistant.questions import Questions
from assistant.settings import ROOT, Settings
from assistant.sweep import Row
from assistant.targets import Pointer
from assistant.understander import LONGEST, Understander

STORY = "新设立的芯片封装企业，租厂房3000平，贷款5000万，买设备2000万"
AFTER, WITHIN = date(2026, 11, 22), date(2020, 5, 1)
WAN = 10_000
POLICY = read_policies(ROOT / "corpus")[0]
INJECTED = '<img src=x onerror="window.hacked=1">&'
CSS = (ROOT / "assistant" / "pages" / "checkup.css").read_text("utf-8")


@pytest.fixture(scope="module")
def understander(policy: Policy, lexicon: Lexicon, questions: Questions, settings: Settings) -> Understander:
    classifier = open_classifier(policy.examples, lexicon.simplified, lexicon.synonyms, settings.index_dir)
    return Understander(Pointer(policy, questions, classifier), lexicon, questions)


Check = Callable[..., dict[str, Row]]


@pytest.fixture(scope="module")
def checked(understander: Understander) -> Check:
    def run(story: str = "", inputs: Any = None, conditions: Any = None) -> dict[str, Row]:
        return {row.measure.id: row for row in check(understander, Profile(story, inputs or {}, conditions or {}))}

    return run


@pytest.fixture(scope="module")
def many(checked: Check) -> tuple[Row, ...]:
    """Rows of every standing: worked out (one figure, a range, two readings, none), lacking, failing, not mentioned."""
    rows = checked(
        STORY,
        {
            "upgrade": {"project_investment": "2000-3000万"},
            "revenue": {"revenue": "5.2亿", "previous_revenue": "9000万"},
            "fixed-asset-investment": {"completed_investment": "1500万"},
            "platform-rent": {"rented_area": "1000"},
        },
        {"merger": {"settlement": "fails"}, "land": {"sector": "meets"}, "startup": {"quality": "meets"}},
    )
    return tuple(rows.values())


def shown(row: Row) -> list[str]:
    return [f"{f.label}｜{page.most(row)}{f.amount_yuan.normalize():f}" for f in page.figures(row)]


def states(row: Row) -> dict[str, tuple[State, str]]:
    pairs = zip(row.measure.conditions, row.calculation.conditions, strict=True)
    return {condition.name: (c.state, c.words) for condition, c in pairs}


def visible(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


# — The story —


def test_a_figure_stands_with_the_notes_on_how_to_read_it(checked: Check, policy: Policy) -> None:
    told = {"transitional-rent": {"rented_area": "2000", "average_rent": "30"}}
    html = page.table(policy, tuple(checked("", told).values()))
    notes = policy.measure("transitional-rent").notes
    assert notes
    assert all(note in unescape(html) for note in notes)


def test_every_measure_has_one_row_whatever_is_told(checked: Check, policy: Policy) -> None:
    for story in ("", STORY, "你好"):
        assert sorted(checked(story)) == sorted(m.id for m in policy.measures)


def test_a_story_without_a_question_is_held_against_every_measure(checked: Check) -> None:
    rows = checked(STORY)
    assert {i for i, row in rows.items() if row.standing != "unmentioned"} == {
        "equipment-purchase", "transitional-rent", "interest",
    }  # fmt: skip
    assert next(iter(rows)) == "equipment-purchase"
    assert shown(rows["equipment-purchase"]) == ["｜最高不超过 10000000"]
    assert [i.name for i in rows["transitional-rent"].missing] == ["average_rent"]
    assert [i.name for i in rows["interest"].missing] == ["loan_rate", "fixed_assets"]
    assert shown(rows["interest"]) == ["条文的上限｜最高不超过 5000000"]
    assert states(rows["transitional-rent"])["new_enterprise"][0] == "meets"
    assert states(rows["merger"])["sector"][0] == "meets"
    assert states(rows["merger"])["settlement"] == ("unknown", "")


def test_a_story_of_another_trade_fails_every_measure_that_shares_the_trade(checked: Check) -> None:
    rows = checked("开餐馆的，技改投了3000万")
    assert rows["upgrade"].standing == rows["merger"].standing == "fails"
    assert page.standing(rows["upgrade"]).startswith("不适用：不符合“属于新一代信息技术企业或项目”（依据：")
    assert shown(rows["upgrade"]) == []
    assert page.lacking(rows["upgrade"]) == ()


def test_a_story_is_carried_to_the_same_input_only(checked: Check) -> None:
    rows = checked(
        "技改投了3000万，租厂房3000平",
        {"platform-rent": {"rent": "40元"}},
        {"leading-upgrade": {"leading": "meets"}},
    )
    assert shown(rows["leading-upgrade"]) == ["｜最高不超过 6000000"]
    assert [i.name for i in rows["platform-rent"].missing] == ["rented_area"]


def test_the_figures_a_story_leaves_over_can_be_asked_for(understander: Understander) -> None:
    assert read_story(understander, STORY).unused == ()
    assert read_story(understander, "我们有3000万").unused == ("3000万",)
    assert read_story(understander, " \n").measures == ()


@pytest.mark.parametrize(
    ("story", "said"),
    [("asdfasdf", "没有看懂这条输入"), ("好" * (LONGEST + 1), "问题太长"), ("贷款8000万，利率400%", "400%")],
)
def test_a_story_that_cannot_be_used_is_refused_in_a_sentence(checked: Check, story: str, said: str) -> None:
    with pytest.raises(UnusableInput, match=said):
        checked(story)


# — The form —


def test_the_form_goes_before_the_story(checked: Check) -> None:
    rows = checked(
        STORY,
        {
            "equipment-purchase": {"invoice": "600万"},
            "interest": {"loan_rate": "4%", "fixed_assets": "1亿", "loan": " "},
        },
        {"transitional-rent": {"new_enterprise": "fails"}},
    )
    assert shown(rows["equipment-purchase"]) == ["｜最高不超过 3000000"]
    assert shown(rows["interest"]) == ["｜最高不超过 2000000"]
    assert rows["interest"].calculation.amount_yuan == 200 * WAN
    assert states(rows["transitional-rent"])["new_enterprise"] == ("fails", FORM)
    assert page.standing(rows["transitional-rent"]) == f"不适用：不符合“属于新设立的企业”（依据：{FORM}）"


def test_what_the_form_derives_goes_before_the_story(checked: Check) -> None:
    story = "从深圳搬来的设备净值8000万元"
    assert shown(checked(story)["equipment-transfer"]) == ["｜5000000"]
    form = {"equipment-transfer": {"gross_value": "5000万", "depreciation": "2000万"}}
    assert shown(checked(story, form)["equipment-transfer"]) == ["｜3000000"]
    alone = {"equipment-transfer": {"depreciation": "2000万"}}
    assert shown(checked(story, alone)["equipment-transfer"]) == ["｜5000000"]


def test_a_measure_is_mentioned_by_the_form_alone(checked: Check) -> None:
    rows = checked("", {"upgrade": {"project_investment": "3000万"}}, {"land": {"sector": "meets"}})
    assert rows["upgrade"].standing == rows["land"].standing == "worked_out"
    assert sum(row.standing == "unmentioned" for row in rows.values()) == len(rows) - 2


def test_an_empty_form_mentions_nothing(checked: Check, policy: Policy) -> None:
    inputs = {m.id: {i.name: "" for i in m.inputs} for m in policy.measures}
    conditions = {m.id: dict.fromkeys(fillable(m), "unknown") for m in policy.measures}
    rows = checked("", inputs, {**conditions, "": {"sector": "unknown"}})
    assert {row.standing for row in rows.values()} == {"unmentioned"}
    assert {c.state for row in rows.values() for c in row.calculation.conditions} == {"unknown"}


def test_a_condition_has_three_states(checked: Check) -> None:
    told: dict[str, State] = {"control": "meets", "settlement": "unknown"}
    row = checked("", {"merger": {"deal_value": "1亿"}}, {"merger": told})["merger"]
    assert states(row) == {
        "control": ("meets", FORM), "unrelated": ("unknown", ""), "settlement": ("unknown", ""), "sector": ("unknown", ""),
    }  # fmt: skip
    assert shown(row) == ["｜5000000"]
    assert page.proviso(row) == "条件都符合并经认定时"
    assert page.lacking(row)[0] == "待确认：被并购的是非关联方企业"
    failed = checked("", {"merger": {"deal_value": "1亿"}}, {"merger": {**told, "unrelated": "fails"}})["merger"]
    assert (failed.standing, shown(failed)) == ("fails", [])
    met = checked(
        "", {"merger": {"deal_value": "1亿"}}, {"merger": dict.fromkeys(told | {"unrelated": 0, "sector": 0}, "meets")}
    )
    assert (page.proviso(met["merger"]), page.lacking(met["merger"])) == ("", ())


def test_a_shared_condition_is_told_once_for_all_that_share_it(checked: Check, policy: Policy) -> None:
    rows = checked(STORY, {}, {"": {"sector": "fails"}, "upgrade": {"sector": "meets"}})
    for measure in policy.measures:
        if "sector" in measure.shares:
            assert states(rows[measure.id])["sector"] == ("meets" if measure.id == "upgrade" else "fails", FORM)
        else:
            assert "sector" not in states(rows[measure.id])
    assert rows["platform-capital"].standing == "unmentioned"


def test_a_condition_on_a_figure_is_not_for_the_form(policy: Policy) -> None:
    assert "threshold" not in fillable(policy.measure("fixed-asset-investment"))
    assert "new_build" in fillable(policy.measure("fixed-asset-investment"))


@pytest.mark.parametrize(
    ("measure", "name", "value", "said"),
    [
        ("upgrade", "project_investment", "很多", "技术改造项目补助的项目投资额＝很多：没有读到数字"),
        ("upgrade", "project_investment", "3000", "“3000”不是项目投资额的量，请连单位一起写"),
        ("upgrade", "project_investment", "-100万", "数字不能是负数"),
        ("upgrade", "project_investment", "0万", "金额要大于 0"),
        ("upgrade", "project_investment", "3000万和5000万", "读到了 2 个数"),
        ("upgrade", "project_investment", "300万美元", "先把外币换算成人民币"),
        ("interest", "loan_rate", "400%", "超过了百分之百"),
        ("skilled-workers", "technicians", "2.5人", "应是整数"),
        ("transitional-rent", "rented_area", "3000万", "租用面积＝3000万"),
        ("upgrade", "project_investment", "9" * 5000 + "万", "^.{,150}$"),
    ],
)
def test_a_wrong_value_is_a_sentence_with_its_field(
    checked: Check, policy: Policy, measure: str, name: str, value: str, said: str
) -> None:
    with pytest.raises(UnusableInput, match=said) as error:
        checked("", {measure: {name: value}})
    assert policy.measure(measure).input(name).label in str(error.value)
    assert value[:40] in str(error.value)


def test_a_part_larger_than_its_whole_is_refused(checked: Check) -> None:
    told = {"completed_investment": "5000万", "planned_investment": "3000万"}
    with pytest.raises(UnusableInput, match="实际完成固定资产投资总额＝5000万，大于新建投资总额 3000万"):
        checked("", {"fixed-asset-investment": told})
    row = checked("", {"fixed-asset-investment": {**told, "planned_investment": "3000万以上"}})[
        "fixed-asset-investment"
    ]
    assert shown(row) == ["｜最高不超过 5000000"]


@pytest.mark.parametrize(
    ("inputs", "conditions", "said"),
    [
        ({"nothing": {}}, {}, "文件没有事项 nothing；可用：startup、"),
        ({"": {"x": "1万"}}, {}, "文件没有事项"),
        ({}, {"nothing": {}}, "文件没有事项 nothing"),
        ({"upgrade": {"x": "1万"}}, {}, "技术改造项目补助没有输入项 x；可用：project_investment。"),
        ({"land": {"x": "1万"}}, {}, "可用：无。"),
        ({}, {"upgrade": {"x": "meets"}}, "技术改造项目补助没有可填的条件 x；可用：existing、sector。"),
        ({}, {"": {"x": "meets"}}, "文件没有共用条件 x；可用：sector、quality。"),
        ({}, {"fixed-asset-investment": {"threshold": "meets"}}, "没有可填的条件 threshold"),
    ],
)
def test_a_field_the_policy_does_not_have_is_refused(checked: Check, inputs: Any, conditions: Any, said: str) -> None:
    with pytest.raises(UnusableInput, match=said):
        checked("", inputs, conditions)


_WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            "3000万",
            "5亿",
            "4%",
            "3000平",
            "40元/平米/月",
            "12",
            "10人",
            "6个月",
            "2000-3000万",
            "超过1亿",
            "不到5000万",
        ]
    ),
    st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2).map(lambda d: f"{d}万元"),
    st.text(max_size=12),
)
_STATES: st.SearchStrategy[State] = st.sampled_from([*STATES])


@st.composite
def _profiles(draw: st.DrawFn) -> Profile:
    chosen = draw(st.lists(st.sampled_from(POLICY.measures), max_size=6, unique_by=lambda m: m.id))
    inputs = {m.id: {i.name: draw(_WORDS) for i in m.inputs if draw(st.booleans())} for m in chosen}
    conditions = {m.id: {name: draw(_STATES) for name in fillable(m) if draw(st.booleans())} for m in chosen}
    story = draw(st.sampled_from(["", STORY, "做激光的，去年新引进了3个技师", "不是芯片企业"]))
    return Profile(story, inputs, conditions)


@hypothesis_settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(profile=_profiles())
def test_whatever_is_filled_in_the_rows_are_whole_and_the_form_holds(
    understander: Understander, profile: Profile
) -> None:
    try:
        rows = check(understander, profile)
    except UnusableInput as error:
        assert re.search("[。！？]$", str(error))  # noqa: PT017
        return
    assert sorted(row.measure.id for row in rows) == sorted(m.id for m in POLICY.measures)
    for row in rows:
        form: dict[str, State] = {n: s for n, s in profile.conditions.get(row.measure.id, {}).items() if s != "unknown"}
        told = [words for words in profile.inputs.get(row.measure.id, {}).values() if words.strip()]
        assert row.standing != "unmentioned" or not (form or told)
        decided = {c.name: c.decided_by for c in row.measure.conditions}
        assert all(states(row)[name] == (s, FORM) for name, s in form.items() if not decided[name])
        has_failed = any(state == "fails" for state, _ in states(row).values())
        assert (row.standing == "fails") == has_failed
        assert not (has_failed and page.figures(row))
        cap, figures = row.measure.formula.cap, page.figures(row)
        assert all(f.amount_yuan <= cap.value for f in figures if cap)
        assert all(page.most(row) == "最高不超过 " for f in figures if row.calculation.modality == "at_most")
        assert bool(figures) != bool(not figures and page.no_figure(row))
    assert page.table(POLICY, rows).count("<tr") == len(rows) + 1
    book = openpyxl.load_workbook(BytesIO(workbook(POLICY, rows, AFTER)))
    assert all(cell.data_type != "f" for sheet in book for line in sheet for cell in line)


# — The table —


def test_what_each_kind_of_row_says(many: tuple[Row, ...]) -> None:
    rows = {row.measure.id: row for row in many}
    assert shown(rows["upgrade"]) == ["按范围的低端｜最高不超过 2000000", "按范围的高端｜最高不超过 3000000"]
    assert shown(rows["revenue"]) == ["只按达到的最高一档｜1000000", "一年内跨过的各档累加｜2300000"]
    assert page.proviso(rows["revenue"]) == "按哪种读法，文件未规定"
    assert shown(rows["startup"]) == ["条文的上限｜最高不超过 10000000"]
    assert shown(rows["platform-rent"]) == ["按标准上限 50 元/㎡/月计｜最高不超过 600000"]
    assert page.no_figure(rows["fixed-asset-investment"]) == "不超过实际完成固定资产投资总额的 10%，条文没有写上限"
    assert page.no_figure(rows["skilled-workers"]) == "每人 5000 元至 1 万元"
    assert page.no_figure(rows["land"]) == "条文没有写金额"
    assert page.no_figure(rows["merger"]) == "无"
    assert page.standing(rows["interest"]) == "可能适用，还缺信息"


def test_a_figure_that_reaches_no_tier_has_no_amount(checked: Check) -> None:
    row = checked("", {"revenue": {"revenue": "5000万"}})["revenue"]
    assert page.standing(row) == "按您说的数没有可算的金额"
    assert page.no_figure(row) == "5000 万元 没有达到最低一档 1 亿元"
    assert page.no_figure(checked()["revenue"]) == "每档 50 万元至 1000 万元"


def test_a_yearly_benefit_shows_a_year_and_no_total_over_the_years(checked: Check) -> None:
    form = {"transitional-rent": {"rented_area": "2000", "average_rent": "30元"}}
    row = checked("", form)["transitional-rent"]
    assert any("年合计" in reading.label for reading in row.calculation.readings)
    assert shown(row) == ["｜720000"]


def test_the_counts_are_one_sentence(many: tuple[Row, ...], checked: Check) -> None:
    assert page.counts(many) == (
        "算出 3 项，条文只写了上限 1 项，没有可算的金额 1 项，还缺信息 4 项，没有说到 13 项，不适用 1 项。"
    )
    assert page.counts(tuple(checked().values())) == f"没有说到 {len(POLICY.measures)} 项。"


def test_the_table_has_a_caption_heads_and_a_labelled_cell_for_each(many: tuple[Row, ...], policy: Policy) -> None:
    html = page.table(policy, many)
    assert "\n" not in html
    root = ElementTree.fromstring(html)
    assert [e.text for e in root.iter("caption")] == [f"《{policy.description.short_title}》逐项对照"]
    heads = [e.text for e in root.iter("th") if e.get("scope") == "col"]
    assert heads == ["事项", "条款", "情况", "金额", "还缺什么"]
    lines = list(root.iter("tr"))[1:]
    assert [line.get("class") for line in lines] == [row.standing for row in many]
    assert all([cell.get("data-label") for cell in line] == heads for line in lines)
    assert [e.get("href") for e in root.iter("a")] == [f"#clause-{row.measure.clause}" for row in many]
    order = [html.index(part) for part in (page.counts(many), "<table", "</table>", page.stacking(policy)[0])]
    assert order == sorted(order)


def test_every_row_says_its_standing_bound_and_questions_in_words(many: tuple[Row, ...], policy: Policy) -> None:
    lines = re.findall(r"<tr role=\"row\" class=.*?</tr>", page.table(policy, many))
    for row, line in zip(many, map(visible, lines), strict=True):
        assert row.measure.name in line
        assert policy.clause(row.measure.clause).label in line
        assert page.standing(row) in line
        assert all(question in line for question in page.lacking(row))
        assert page.figures(row) or page.no_figure(row) in line
        if row.calculation.modality == "at_most" and page.figures(row):
            assert row.calculation.per in line
            assert line.count("最高不超过") >= len(page.figures(row))


def test_no_total_stands_anywhere(checked: Check, policy: Policy) -> None:
    form = {
        "upgrade": {"project_investment": "3170万"},
        "merger": {"deal_value": "1.46亿"},
        "software": {"software_costs": "111万"},
        "equipment-purchase": {"invoice": "1230万"},
    }
    rows = tuple(checked("", form).values())
    amounts = [row.calculation.amount_yuan for row in rows if row.standing == "worked_out"]
    assert sorted(amounts) == [333_000, 317 * WAN, 615 * WAN, 730 * WAN]
    totals = {sum(some) for n in (2, 3, 4) for some in combinations(amounts, n)}
    book = openpyxl.load_workbook(BytesIO(workbook(policy, rows, AFTER)))
    values = [cell.value for sheet in book for line in sheet for cell in line]
    text = "".join([visible(page.table(policy, rows)), *(value for value in values if isinstance(value, str))])
    assert "730 万元" in text
    assert not [total for total in totals if format_yuan(total) in text or total in values]
    assert "不能把各项金额相加当作可得总额" in text


def hostile(policy: Policy, row: Row, words: str) -> tuple[Policy, Row]:
    """A policy and a row with the same words in every place."""
    clause = replace(policy.clauses[0], id="x", label=words)
    calculation = row.calculation
    checks = tuple(c.model_copy(update={"text": words, "words": words}) for c in calculation.conditions)
    item = row.measure.inputs[0].model_copy(update={"ask": words, "label": words})
    fields = {"name": words, "per": words, "steps": (words,) * 3, "conditions": checks}
    measure = row.measure.model_copy(update={"name": words, "quote": words, "clause": "x"})
    description = policy.description.model_copy(
        update={"title": words, "short_title": words, "number": words, "issuer": words}
    )
    silences = tuple(s.model_copy(update={"topic": words, "says": words}) for s in policy.silences)
    changed = replace(policy, description=description, clauses=(clause,), silences=silences)
    return changed, Row(measure, calculation.model_copy(update=fields), row.standing, (item,))


def test_markup_in_the_data_or_from_the_user_is_shown_not_run(many: tuple[Row, ...], policy: Policy) -> None:
    for row in (row for row in many if row.measure.inputs):
        changed, injected = hostile(policy, row, INJECTED)
        html = page.table(changed, [injected])
        assert {"img", "script"}.isdisjoint(re.findall(r"<\s*(\w+)", html))
        assert not re.search(r"<[^>]*\son\w+=", html)
        assert "&lt;img src=x onerror=&quot;" in html
        ElementTree.fromstring(html)


def test_the_style_has_light_and_dark_a_phone_and_paper() -> None:
    assert "@media screen and (max-width: 640px)" in CSS
    assert "content: attr(data-label)" in CSS
    assert "table-header-group" in CSS[CSS.index("@media print") :]
    # Gradio cuts selectors at every comma, which breaks `:is(a, b)`.
    assert ":is(" not in CSS
    screen = CSS[: CSS.index("@media print")]
    assert not re.search(r"#[0-9a-f]{3,6}\b", screen)
    for standing in ("worked_out", "lacks", "fails", "unmentioned"):
        assert f".{standing}" in screen


# — The workbook —


def opened(data: bytes) -> tuple[Worksheet, Worksheet]:
    book = openpyxl.load_workbook(BytesIO(data))
    assert book.sheetnames == ["体检结果", "说明"]
    return book["体检结果"], book["说明"]


def lines(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows below the head, by the names of the columns."""
    head = int(re.sub(r"\D.*", "", str(sheet.freeze_panes)[1:])) - 1
    names = [cell.value for cell in sheet[head]]
    return [{str(n): c for n, c in zip(names, line, strict=True)} for line in sheet.iter_rows(min_row=head + 1)]


def test_the_workbook_opens_with_what_the_document_is_and_its_notices(many: tuple[Row, ...], policy: Policy) -> None:
    sheet, notes = opened(workbook(policy, many, AFTER))
    above = [sheet.cell(n, 1).value for n in range(1, 6)]
    assert above == [
        policy.description.title,
        "中府办〔2018〕28号　中山市人民政府办公室　体检日期：2026 年 11 月 22 日",
        page.counts(many),
        *page.stacking(policy),
        "本文件的实施期限为 2018 年至 2022 年，已经结束；期满后是否还能申请，文件未规定，请向市经济和信息化局确认。",
    ]
    said = [cell.value for cell in notes["A"]]
    assert set(above[2:]) <= set(said)
    assert any("上限" in str(words) for words in said)
    within, _ = opened(workbook(policy, many, WITHIN))
    assert within["A5"].value == "本文件的实施期限为 2018 年至 2022 年，目前在期限内。"


def test_the_head_of_the_sheet_stays_and_filters(many: tuple[Row, ...], policy: Policy) -> None:
    sheet, _ = opened(workbook(policy, many, AFTER))
    assert sheet.freeze_panes == "B7"
    assert sheet.auto_filter.ref == f"A6:K{6 + len(many)}"
    assert sheet.print_title_rows in ("6:6", "$6:$6")
    assert all(sheet.column_dimensions[letter].width >= 16 for letter in "ABCDEFGHIJK")
    assert all(cell.alignment.wrap_text for cell in sheet[8])


def test_every_row_has_its_number_beside_the_words_of_its_bound(many: tuple[Row, ...], policy: Policy) -> None:
    sheet, _ = opened(workbook(policy, many, AFTER))
    for row, line in zip(many, lines(sheet), strict=True):
        value = {name: cell.value for name, cell in line.items()}
        clause = policy.clause(row.measure.clause)
        assert (value["事项"], value["条款"], value["条文"]) == (row.measure.name, clause.label, row.measure.quote)
        assert value["情况"] == page.standing(row)
        assert (value["每"] or "") == row.calculation.per
        assert (value["条件"] or "") == "\n".join(page.conditions(row))
        assert (value["还缺什么"] or "") == "\n".join(page.lacking(row))
        figures = page.figures(row)
        assert value["金额（元）"] == (figures[0].amount_yuan if figures else None)
        assert line["金额（元）"].number_format == "#,##0.00"
        assert ("最高不超过" in value["界限"]) == bool(page.most(row) and figures)
    by_name = {line["事项"].value: line for line in lines(sheet)}
    two = by_name["技术改造项目补助"]
    assert (two["金额（元）"].value, two["金额至（元）"].value) == (200 * WAN, 300 * WAN)
    assert two["界限"].value.startswith("按范围的低端：最高不超过 200 万元\n按范围的高端：最高不超过 300 万元")
    assert by_name["年销售收入首次突破奖励"]["金额至（元）"].value is None
    assert by_name["核心仪器设备购置补贴"]["界限"].value == "最高不超过\n条件都符合并经认定时"
    assert by_name["核心仪器设备购置补贴"]["所用数据"].value == "仪器设备购置发票金额：2000 万元（您说的“2000万”）"
    assert by_name["优先安排用地指标"]["界限"].value == "条文没有写金额"


def test_an_exact_amount_is_not_left_without_words(checked: Check, policy: Policy) -> None:
    rows = tuple(checked("", {"skilled-workers": {"technicians": "3"}}).values())
    sheet, _ = opened(workbook(policy, rows, AFTER))
    assert lines(sheet)[0]["界限"].value == "按条文计算，以认定为准\n条件都符合并经认定时"
    assert lines(sheet)[0]["金额（元）"].value == 24_000


@pytest.mark.parametrize(
    "words", ["=1+1", '=HYPERLINK("http://evil","x")', "+1", "-1+1", "@SUM(A1)", "=", "\x01=1+1", "#N/A"]
)
def test_words_never_become_a_formula(many: tuple[Row, ...], policy: Policy, words: str) -> None:
    changed, row = hostile(policy, next(row for row in many if row.measure.inputs), words)
    sheets = opened(workbook(changed, [row], AFTER))
    cells = [cell for sheet in sheets for line in sheet for cell in line if cell.value is not None]
    kept = words.replace("\x01", "")
    assert sum(cell.value == kept for cell in cells) >= 4
    for cell in cells:
        assert cell.data_type in ("s", "n")
        if isinstance(cell.value, str):
            assert cell.quotePrefix == cell.value.startswith(tuple("=+-@"))


def test_characters_a_file_cannot_hold_are_left_out(many: tuple[Row, ...], policy: Policy) -> None:
    changed, row = hostile(policy, next(row for row in many if row.measure.inputs), "好\x00\x0b\ud800\ufffe\U0001f600")
    sheet, _ = opened(workbook(changed, [row], AFTER))
    assert sheet["A1"].value == "好\U0001f600"


def test_the_same_rows_are_the_same_file(many: tuple[Row, ...], policy: Policy) -> None:
    data = workbook(policy, many, AFTER)
    assert data == workbook(policy, many, AFTER)
    assert data != workbook(policy, many, WITHIN)
    assert openpyxl.load_workbook(BytesIO(data)).properties.title == "体检结果"
