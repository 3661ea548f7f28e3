"""Who asks too often, in the browser: told in Chinese, and what was typed stays."""

from __future__ import annotations

from playwright.sync_api import expect
from visits import Visit, ask, save


def test_who_asks_too_often_is_told_in_chinese_and_keeps_the_words(visit: Visit) -> None:
    from test_pages import FakeAssistant, Opening, opened, serve

    from assistant.settings import Settings

    with serve(opened(Opening(FakeAssistant)), Settings(requests_per_minute=8)) as url:
        page = visit(address=url)
        ask(page, "买了 3000 万的检测仪器能补多少")
        told = page.locator("#connection.refused", has_text="请求太频繁")
        box = page.locator("#box textarea")
        for n in range(1, 10):
            box.fill(f"咨询电话是多少{n}")
            box.press("Enter")
            expect(told.or_(page.locator(".receipt").nth(n)).first).to_be_visible()
            if told.count():
                break
        expect(told.first).to_be_visible()
        expect(box).to_have_value(f"咨询电话是多少{n}")
        save(page, "limited", full_page=False)
