"""The enterprises' page in a real browser: what a visitor sees, and what must never happen."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect
from visits import Visit, ask, overflow, save

from assistant.errors import IndexUnusable

INJECTED = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> **粗**'


def test_a_visitor_asks_and_sees_the_figure_its_working_and_the_notice(visit: Visit) -> None:
    page = visit()
    ask(page, "买了 3000 万的检测仪器能补多少")
    expect(page.locator(".figure")).to_have_text("最高不超过900万元")
    expect(page.locator(".card ol li")).to_have_text("3000 万元 × 30% = 900 万元")
    expect(page.locator(".notice")).to_have_count(1)
    expect(page.locator("#box textarea")).to_have_value("")


def test_a_citation_opens_to_the_words_of_the_clause(visit: Visit) -> None:
    page = visit()
    ask(page, "买了 3000 万的检测仪器能补多少")
    words = page.locator(".citation blockquote").first
    expect(words).to_be_hidden()
    page.get_by_text("五、（十三）支持公共服务平台建设").last.click()
    expect(words).to_contain_text("对购置检测仪器设备的")


def test_an_example_is_asked_by_a_click(visit: Visit) -> None:
    page = visit()
    page.locator("#talk").get_by_text("营收首次过 5 亿奖多少").click()
    expect(page.locator(".figure")).to_have_text("100万元")


def test_a_follow_up_knows_the_conversation_and_a_new_one_forgets_it(visit: Visit) -> None:
    page = visit()
    ask(page, "买检测仪器能补吗")
    page.locator("#box textarea").fill("前面问了什么")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".reply").last).to_contain_text("您问过：买检测仪器能补吗")
    page.get_by_role("button", name="新对话").click()
    expect(page.locator(".reply")).to_have_count(0)
    page.locator("#box textarea").fill("前面问了什么")
    page.locator("#box textarea").press("Enter")
    expect(page.locator(".reply")).to_have_text("您问过：")


def test_two_visitors_never_see_each_other(visit: Visit) -> None:
    one, two = visit(), visit()
    ask(one, "甲公司买检测仪器能补吗")
    ask(two, "乙公司咨询电话是多少")
    for page in (one, two):
        page.locator("#box textarea").fill("前面问了什么")
        page.locator("#box textarea").press("Enter")
    expect(one.locator(".reply").last).to_have_text("您问过：甲公司买检测仪器能补吗")
    expect(two.locator(".reply").last).to_have_text("您问过：乙公司咨询电话是多少")
    assert "乙公司" not in one.inner_text("body")
    assert "甲公司" not in two.inner_text("body")


def test_markup_stays_text_in_the_question_and_in_the_answer(visit: Visit) -> None:
    page = visit()
    ask(page, f"恶意 {INJECTED}")
    expect(page.locator("#talk .user-row").last).to_contain_text(f"恶意 {INJECTED}")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator('#talk :is(img, script, iframe, a:not([href^="#clause-"]))').count() == 0
    expect(page.locator(".reply")).to_contain_text('<img src=x onerror="window.hacked=1">')


@pytest.mark.parametrize(("message", "said"), [("出错", "这句话读不懂，请换个说法。"), ("意外", "没能处理好")])
def test_an_error_is_said_and_the_words_stay_in_the_box(visit: Visit, message: str, said: str) -> None:
    page = visit()
    page.locator("#box textarea").fill(message)
    page.locator("#box textarea").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.locator("#box textarea")).to_have_value(message)
    ask(page, "买检测仪器能补吗")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_interface_is_chinese_whatever_the_browser_speaks(visit: Visit) -> None:
    page = visit(locale="en-US")
    ask(page, "买检测仪器能补吗")
    assert page.title() == "政策问答"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    expect(page.locator("""[aria-label*="message"], [aria-label*="chatbot"]""")).to_have_count(0)
    shown = page.inner_text("body")
    assert not [word for word in ("Gradio", "API", "Settings", "Chatbot", "Submit", "Clear") if word in shown]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(visit: Visit, width: int, dark: bool) -> None:
    page = visit(width, dark)
    look = f"{width}-{'dark' if dark else 'light'}"
    expect(page.locator("#box textarea")).to_be_visible()
    assert overflow(page) == 0
    save(page, f"start-{look}", full_page=False)
    ask(page, "买了 3000 万的检测仪器能补多少")
    page.wait_for_timeout(300)
    save(page, f"figure-{look}-window", full_page=False)
    page.locator(".citation summary").first.click()
    save(page, f"figure-{look}")
    for message in ("营收首次过 5 亿奖多少", "设备投资 1500 万", "买检测仪器能补吗", "咨询电话是多少", "。。"):
        ask(page, message)
        assert overflow(page) == 0
    save(page, f"all-{look}")


def test_the_newest_question_is_at_the_top_of_the_window(visit: Visit) -> None:
    page = visit(360)
    ask(page, "买了 3000 万的检测仪器能补多少")
    ask(page, "营收首次过 5 亿奖多少")
    page.wait_for_timeout(500)
    box = page.locator("#talk .user-row").last.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 120


def test_the_page_waits_while_the_index_is_built_and_then_opens_by_itself(visit: Visit) -> None:
    from test_pages import FakeAssistant, Opening, serve

    go = threading.Event()

    def open_slowly() -> FakeAssistant:
        go.wait(30)
        return FakeAssistant()

    with serve(Opening(open_slowly).start()) as address:
        page = visit(address=address)
        expect(page.locator(".state.preparing")).to_contain_text("正在准备政策索引…")
        expect(page.locator("#box")).to_be_hidden()
        save(page, "preparing", full_page=False)
        go.set()
        expect(page.locator("#box textarea")).to_be_visible()
        expect(page.get_by_text("正在准备政策索引…")).to_be_hidden()
        ask(page, "买检测仪器能补吗")


def test_a_failed_opening_is_said_on_the_page(visit: Visit) -> None:
    from test_pages import FakeAssistant, Opening, opened, serve

    def fail() -> FakeAssistant:
        raise IndexUnusable("索引与原文不一致，请运行 assistant index。")

    with serve(opened(Opening(fail))) as address:
        page = visit(address=address)
        expect(page.get_by_role("alert")).to_contain_text("索引与原文不一致，请运行 assistant index。")
        expect(page.locator("#box")).to_be_hidden()
        save(page, "failed", full_page=False)
