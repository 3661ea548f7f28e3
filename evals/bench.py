"""`make bench`: what a warm answer costs, as a ratio to one bare call of the embedding model, in the same run."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.embeddings import open_embeddings
from assistant.settings import read_settings
from assistant.wiring import open_assistant

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
ROUNDS = 15
# A question for each way an answer is made; the last two go through the search.
QUESTIONS = (
    "买了 3000 万的检测仪器能补多少",
    "贷款8000万、利率4%、固定资产1亿，能贴息多少",
    "新公司租厂房2000平，当地平均租金每平每月30元，一年补多少",
    "要准备哪些材料",
    "哪些条款封顶500万",
    "有哪些补贴",
    "深圳的技改补贴是多少",
    "政府支持LED照明吗",
    "学校可以开设什么专业课",
)


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print medians and the 95th percentile, each beside its ratio; every round measures both, so noise hits both."""
    settings, on = read_settings(), date(2026, 11, 22)
    assistant = open_assistant(settings)
    embeddings = open_embeddings(settings.embedding_model)
    for question in QUESTIONS:
        assistant.reply([question], on)
    embeds: list[float] = []
    answers: dict[str, list[float]] = {q: [] for q in QUESTIONS}
    for n in range(ROUNDS):
        for question in QUESTIONS:
            asked = f"{question}（{n}）"  # new words each round, so that nothing is answered from a cache
            embeds.append(milliseconds(lambda: embeddings.embed_query(asked)))  # noqa: B023
            answers[question].append(milliseconds(lambda: assistant.reply([asked], on)))  # noqa: B023
    bare = statistics.median(embeds)
    print(f"bare embedding call: median {bare:.1f} ms\n")
    print(f"{'median':>8} {'ratio':>6}  question")
    for question, times in answers.items():
        print(f"{statistics.median(times):6.1f}ms {statistics.median(times) / bare:6.2f}  {question}")
    everything = sorted(t for times in answers.values() for t in times)
    p95 = everything[int(len(everything) * 0.95)]
    print(f"\nall: p50 {statistics.median(everything) / bare:.2f}, p95 {p95 / bare:.2f} bare calls (target: at most 3)")
    command = [sys.executable, "-m", "assistant", "ask", QUESTIONS[0], "--json"]
    fresh = min(milliseconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(3))
    print(f"fresh process `assistant ask`: {fresh / 1000:.1f} s")
    page(bare)


def page(bare: float) -> None:
    """Print how long the page takes to open and to show its first answer, on a server and in a browser of their own."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("page: not timed, playwright is not installed (make test installs it)")
        return
    if not CHROMIUM.exists():
        print("page: not timed, there is no Chromium (apt-get install chromium)")
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    environment = os.environ | {"ASSISTANT_PORT": address.rstrip("/").rpartition(":")[2]}
    with subprocess.Popen([sys.executable, "app.py"], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                tab = browser.new_page()
                box = tab.locator("#box textarea")

                def reach() -> None:
                    _reach(tab, address)
                    box.wait_for()

                def load() -> None:
                    tab.reload()
                    box.wait_for()

                def ask() -> None:
                    box.press("Enter")
                    tab.locator(".figure").wait_for()

                ready, opens = milliseconds(reach), milliseconds(load)
                box.fill(QUESTIONS[1])
                answers = milliseconds(ask)
                browser.close()
        finally:
            server.terminate()
    print(f"server started to page ready: {ready / 1000:.1f} s")
    print(f"page load: {opens / 1000:.1f} s ({opens / bare:.0f} bare calls)")
    print(f"first answer on the page: {answers:.0f} ms ({answers / bare:.1f} bare calls)")


def _reach(tab: Page, address: str) -> None:
    """Open the page as soon as the server listens."""
    from playwright.sync_api import Error

    for _ in range(600):
        try:
            tab.goto(address)
            return
        except Error:
            time.sleep(0.1)
    raise TimeoutError(f"{address} 一分钟内没有打开。请运行 python app.py 看它说什么。")


if __name__ == "__main__":
    main()
