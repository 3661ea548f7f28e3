"""What the browser tests do with a page: ask, save a picture, measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

BUILD = Path(__file__).parent.parent.parent / "build"
SCREENSHOTS, AXE = BUILD / "screenshots", BUILD / "axe" / "axe.min.js"

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


def faults(page: Page) -> list[str]:
    """The serious faults of accessibility that axe finds on the page as it stands."""
    if not AXE.exists():
        pytest.skip("需要 axe-core：见 .ci/run，由 npm 取到 build/axe/axe.min.js")
    page.add_script_tag(content=AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations)"
    )
    return [
        f"{fault['id']}: {fault['help']} — {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
