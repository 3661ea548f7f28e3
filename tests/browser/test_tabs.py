"""Every tab in a real browser with the real assistant: forms, check-up, text, keyboard, accessibility, restart."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, Route, expect
from visits import Visit, ask, faults, overflow, save

from assistant.desk.inbox import waiting
from assistant.desk.store import Store
from assistant.settings import ROOT, Settings
from assistant.wiring import Assistant

STORY = "新设立的芯片封装企业，租厂房3000平，贷款5000万，买核心设备发票2000万"
TABS = ("问政策", "算一算", "体检", "读原文")


@pytest.fixture(scope="module")
def url(assistant: Assistant, settings: Settings, desk_store: Store) -> Iterator[str]:
    from test_pages import Opening, opened, serve

    with serve(opened(Opening(lambda: assistant)), settings, desk_store) as address:
        yield address


def turn_to(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def choose(page: Page, name: str) -> None:
    """Choose a measure of 算一算 and wait for its form."""
    box = page.locator("#measure input")
    box.click()
    page.get_by_role("option", name=name).click()
    expect(page.locator("#result")).to_contain_text(name.split("）")[-1])


def test_a_form_works_as_it_is_filled_in_and_goes_into_the_chat(visit: Visit) -> None:
    page = visit()
    turn_to(page, "算一算")
    choose(page, "五、（八）技术改造项目补助")
    page.get_by_label("项目投资额").fill("3000")
    expect(page.locator("#result .problem")).to_contain_text("请连单位一起写")
    page.get_by_label("项目投资额").fill("8000万")
    expect(page.locator("#result .figure")).to_have_text("最高不超过500万元")
    expect(page.locator("#result .problem")).to_have_count(0)
    expect(page.locator("#result .chart svg")).to_have_attribute(
        "aria-label", "项目投资额 8000 万元时，最高不超过 500 万元；到 500 万元 封顶"
    )
    expect(page.locator("#result")).to_contain_text("界限两侧")
    save(page, "form")
    page.get_by_role("button", name="拿这个去问").click()
    expect(page.locator("#talk .figure")).to_have_text("最高不超过500万元")
    expect(page.get_by_role("tab", name="问政策")).to_have_attribute("aria-selected", "true")


def test_a_form_of_several_fields_has_them_all(visit: Visit) -> None:
    page = visit(360)
    turn_to(page, "算一算")
    choose(page, "五、（七）项目融资利息补贴")
    for name, words in (("借款总额", "8000万"), ("贷款年利率", "4%"), ("项目完工形成的固定资产总额", "1亿")):
        page.get_by_label(name).fill(words)
    expect(page.locator("#result .figure")).to_have_text("最高不超过280万元")


def test_a_figure_never_moves_into_another_measures_field(visit: Visit) -> None:
    page = visit()
    turn_to(page, "算一算")
    choose(page, "五、（十）兼并重组奖励")
    page.get_by_label("企业并购实际交易额").fill("6000万")
    expect(page.locator("#result .figure")).to_have_text("300万元")
    choose(page, "五、（九）年销售收入首次突破奖励")
    expect(page.get_by_label("首次突破的年销售收入")).to_have_value("")
    page.reload()
    turn_to(page, "体检")
    page.get_by_text("想把某几项填细一点").click()
    for name, field, words in (
        ("五、（九）年销售收入首次突破奖励", "首次突破的年销售收入", "5亿"),
        ("五、（八）技术改造项目补助", "项目投资额", "3000万"),
    ):
        page.get_by_label(name, exact=True).check()
        page.get_by_label(field).fill(words)
    page.get_by_label("五、（九）年销售收入首次突破奖励", exact=True).uncheck()
    expect(page.get_by_label("首次突破的年销售收入")).to_have_count(0)
    expect(page.get_by_label("项目投资额")).to_have_value("3000万")
    page.get_by_role("button", name="开始体检").click()
    row = page.locator("#checked tbody tr").filter(has_text="技术改造项目补助").first
    expect(row).to_contain_text("最高不超过 300 万元")


def test_a_condition_set_to_fail_takes_the_figure_away(visit: Visit) -> None:
    page = visit()
    turn_to(page, "算一算")
    choose(page, "五、（十）兼并重组奖励")
    page.get_by_label("企业并购实际交易额").fill("6000万")
    expect(page.locator("#result .figure")).to_have_text("300万元")
    page.get_by_text("条件（不清楚的先空着）").click()
    page.locator("fieldset", has_text="被并购的是非关联方企业").get_by_label("不符合", exact=True).check()
    expect(page.locator("#result .figure")).to_have_count(0)
    expect(page.locator("#result .fails")).to_have_count(1)


def test_a_check_up_shows_every_measure_and_can_be_saved_as_excel(visit: Visit, assistant: Assistant) -> None:
    page = visit(accept_downloads=True)
    turn_to(page, "体检")
    page.locator("#story textarea").fill(STORY)
    page.get_by_role("button", name="开始体检").click()
    rows = page.locator("#checked tbody tr")
    expect(rows).to_have_count(len(assistant.policy.measures))
    bought = rows.filter(has_text="核心仪器设备购置补贴")
    expect(bought).to_contain_text("最高不超过 1000 万元")
    expect(page.locator("#checked")).to_contain_text("同时享受")
    save(page, "check-up")
    with page.expect_download() as download:
        page.get_by_role("link", name="存为 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert "体检结果" in book.sheetnames


def test_the_check_up_takes_figures_of_a_chosen_measure_and_says_what_it_cannot_read(visit: Visit) -> None:
    page = visit()
    turn_to(page, "体检")
    page.get_by_text("想把某几项填细一点").click()
    page.get_by_label("五、（八）技术改造项目补助", exact=True).check()
    field = page.get_by_label("项目投资额")
    field.fill("三千")
    page.get_by_role("button", name="开始体检").click()
    expect(page.locator("#checked .problem")).to_contain_text("项目投资额＝三千")
    field.fill("3000万")
    page.get_by_role("button", name="开始体检").click()
    row = page.locator("#checked tbody tr").filter(has_text="技术改造项目补助").first
    expect(row).to_contain_text("最高不超过 300 万元")


def test_the_text_is_searched_and_each_clause_has_an_address(visit: Visit, url: str) -> None:
    page = visit(address=f"{url}#clause-5.9")
    expect(page.locator('[id="clause-5.9"]')).to_be_in_viewport()
    expect(page.get_by_role("tab", name="读原文")).to_have_attribute("aria-selected", "true")
    page.locator("#search input, #search textarea").fill("500万元")
    page.locator("#search input, #search textarea").press("Enter")
    expect(page.locator("#found")).to_contain_text("处")
    expect(page.locator("#document mark").first).to_be_visible()
    save(page, "text", full_page=False)
    page.locator("#search input, #search textarea").fill("没有这样的话")
    page.locator("#search input, #search textarea").press("Enter")
    expect(page.locator("#found")).to_contain_text("没有找到")


def test_a_citation_leads_to_its_place_in_the_text(visit: Visit) -> None:
    page = visit()
    ask(page, "技改投3000万，最高补多少")
    page.locator(".citation summary").first.click()
    expect(page.locator(".citation mark").first).to_be_visible()
    page.locator(".citation").first.get_by_role("link", name="在全文里看").click()
    expect(page.locator('[id="clause-5.8"]')).to_be_in_viewport()


def test_a_follow_up_is_asked_by_a_click_and_an_answer_is_copied_and_judged(visit: Visit, desk_store: Store) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "技改投3000万，最高补多少")
    tools = page.locator(".reply .tools").first
    tools.get_by_role("button", name="复制").click()
    expect(tools.locator("output")).to_have_text("已复制。")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("问：技改投3000万，最高补多少")
    assert "300" in copied
    assert "复制" not in copied
    tools.get_by_role("button", name="有问题").click()
    tools.get_by_role("button", name="看不懂").click()
    expect(tools.locator("output")).to_have_text("谢谢，已经记下。")
    kept = waiting(desk_store)[0].signals[0]
    assert (kept.voice, kept.reason, kept.question) == ("bad", "看不懂", "技改投3000万，最高补多少")
    page.locator("#talk").get_by_text("要多少才能拿满？").click()
    expect(page.locator(".reply").last).to_contain_text("5000 万元")


def test_printing_shows_the_answer_with_its_clauses_and_nothing_to_press(visit: Visit) -> None:
    page = visit()
    ask(page, "技改投3000万，最高补多少")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".citation blockquote").first).to_be_visible()
    expect(page.locator("#composer")).to_be_hidden()
    expect(page.locator(".reply .tools").first).to_be_hidden()
    save(page, "print")
    assert len(page.pdf(format="A4")) > 10_000


def test_everything_can_be_reached_by_the_keyboard(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#box textarea")).to_be_focused()
    page.keyboard.type("技改投3000万，最高补多少")
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_have_count(1)
    page.get_by_role("tab", name="问政策").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="算一算")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#measure input")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "ask-this":
            break
    else:
        pytest.fail("拿这个去问 is not reached by Tab")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_tab_is_wider_than_the_window_or_has_a_serious_accessibility_fault(
    visit: Visit, width: int, dark: bool
) -> None:
    page = visit(width, dark)
    ask(page, "技改投3000万，最高补多少")
    page.locator(".citation summary").first.click()
    for tab in TABS:
        turn_to(page, tab)
        page.wait_for_timeout(500)
        if tab == "体检":
            page.locator("#story textarea").fill(STORY)
            page.get_by_role("button", name="开始体检").click()
            expect(page.locator("#checked tbody tr").first).to_be_visible()
        assert overflow(page) == 0, tab
        save(page, f"{TABS.index(tab)}-{width}-{'dark' if dark else 'light'}", full_page=tab != "读原文")
        assert faults(page) == [], tab


def test_a_server_gone_in_mid_answer_is_said_and_the_page_goes_on_after_its_restart(
    visit: Visit, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start(port, settings)
    try:
        page = visit(address=f"http://127.0.0.1:{port}/")
        ask(page, "技改投3000万，最高补多少")
        server.send_signal(signal.SIGSTOP)
        page.locator("#box textarea").fill("并购花了6000万奖多少")
        with page.expect_request("**/queue/join*"):
            page.locator("#box textarea").press("Enter")
        server.kill()
        server.wait()
        expect(page.locator("#connection")).to_contain_text("连接断了")
        save(page, "connection-lost", full_page=False)
        server = start(port, settings)
        expect(page.locator("#connection")).to_contain_text("已经重新连上", timeout=60_000)
        expect(page.locator("#talk .figure").last).to_have_text("300万元")
        expect(page.locator("#talk .figure").first).to_have_text("最高不超过300万元")
    finally:
        server.kill()
        server.wait()


def test_a_stream_broken_once_is_mended_and_the_question_answered(visit: Visit) -> None:
    page = visit()
    broken: list[Route] = []

    def break_once(route: Route) -> None:
        if broken:
            route.fallback()
        else:
            broken.append(route)
            route.abort()

    page.wait_for_timeout(500)
    page.route("**/queue/data*", break_once)
    page.locator("#box textarea").fill("并购花了6000万奖多少")
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#talk .figure")).to_have_text("300万元", timeout=30_000)
    assert broken


def start(port: int, settings: Settings) -> subprocess.Popen[bytes]:
    """The product's own server in a process of its own, ready to answer."""
    database = settings.database_url.get_secret_value()
    given = {"PORT": str(port), "INDEX_DIR": str(settings.index_dir), "DATABASE_URL": database}
    environment = os.environ | {f"ASSISTANT_{name}": value for name, value in given.items()}
    server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    ready_by = time.monotonic() + 60
    while time.monotonic() < ready_by:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                return server
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    server.kill()
    raise AssertionError("the server did not come up")
