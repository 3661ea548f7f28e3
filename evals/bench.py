"""`make bench`: what a warm answer costs, as a ratio to one bare call of the embedding model, in the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date

from assistant.embeddings import open_embeddings
from assistant.settings import read_settings
from assistant.wiring import open_assistant

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


if __name__ == "__main__":
    main()
