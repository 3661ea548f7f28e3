"""What the browser tests do with a page: ask, save a picture, measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

SCREENSHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"

Visit = Callable[..., Page]


def ask(page: Page, message: str) -> None:
    """Type a question, send it, and wait for its answer's end."""
    before = page.locator(".receipt").count()
    page.locator("#box textarea").fill(message)
    page.locator("#box textarea").press("Enter")
    expect(page.locator(".receipt")).to_have_count(before + 1)


def save(page: Page, name: str, full_page: bool = True) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)


def overflow(page: Page) -> int:
    """By how many pixels the document is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
