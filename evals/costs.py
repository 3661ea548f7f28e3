"""`python -m evals.costs`: an answer stage by stage, and starting, in milliseconds and as ratios to one embedding."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from langchain_core.runnables import RunnableLambda, RunnableSequence

from assistant.chain import Answering, Question
from assistant.desk.answers import keep_reply
from assistant.desk.store import Store, open_store
from assistant.embeddings import open_embeddings
from assistant.pages.render import render
from assistant.settings import Settings, read_settings
from assistant.wiring import Assistant, open_assistant
from evals.bench import QUESTIONS, milliseconds
from evals.load import ASKED, Round, at_once, server

ROUNDS, STARTS = 15, 3
ON = date(2026, 11, 22)
# The steps of the chain as they are named there, and the two that follow it.
STAGES = {
    "understand": "understanding",
    "retrieve": "retrieval, with its embedding",
    "calculate": "calculators",
    "compose": "composition",
    "check": "guard",
    "render": "drawing",
    "keep": "keeping (synced to disk)",
}
Stages = dict[str, float]


def stages(assistant: Assistant, store: Store, question: str) -> Stages:
    """The milliseconds of each stage of one answer."""
    took: Stages = {}

    def timed(stage: str, call: Callable[[], Any]) -> Any:
        made: list[Any] = []
        took[stage] = milliseconds(lambda: made.append(call()))
        return made[0]

    chain = assistant.chain
    assert isinstance(chain, RunnableSequence)
    state: Any = Question((question,), ON)
    for step in chain.steps:
        if isinstance(step, RunnableLambda):  # what a language model would add comes after them
            state = timed(str(step.name), lambda: step.invoke(state))  # noqa: B023
    assert isinstance(state, Answering)
    assert state.reply is not None
    reply = state.reply.model_copy(update={"receipt": f"{hash(question):x}"})
    timed("render", lambda: render(reply, question))
    timed("keep", lambda: keep_reply(store, [question], ON, assistant.versions, reply, "page", datetime.now(UTC)))
    return took


def by_stage(settings: Settings) -> tuple[float, Mapping[str, Sequence[float]]]:
    """One bare embedding in milliseconds, and each stage's times over all questions, asked in turn."""
    assistant, embeddings = open_assistant(settings), open_embeddings(settings.embedding_model)
    bare: list[float] = []
    found: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(f"sqlite:///{directory}/desk.db")
        for n in range(-1, ROUNDS):
            for question in QUESTIONS:
                asked = f"{question}（{n}）"  # new words each round, so that nothing is answered from a cache
                embedding = milliseconds(lambda: embeddings.embed_query(f"{asked}单独"))  # noqa: B023
                took = stages(assistant, store, asked)
                if n < 0:  # the first round loads what is loaded at the first question
                    continue
                bare.append(embedding)
                for stage, spent in took.items():
                    found[stage].append(spent)
        store.engine.dispose()
    return statistics.median(bare), found


def served() -> tuple[float, float, float]:
    """Seconds from a process's start to a page ready to be asked, then to the first answer, and milliseconds of one
    answer over HTTP when all is warm."""
    started = time.perf_counter()
    with server() as (address, _):
        ready = time.perf_counter() - started
        asyncio.run(at_once(address, Round(1, asked=1)))
        first = time.perf_counter() - started
        asyncio.run(at_once(address, Round(1)))
        warm = [s for _ in range(ROUNDS // ASKED + 1) for s in asyncio.run(at_once(address, Round(1))).seconds]
    return ready, first, statistics.mean(warm) * 1000


def fresh(*arguments: str, times: int = STARTS, **settings: str) -> float:
    """Seconds of a command in a process of its own, the best of some."""
    command, environment = [sys.executable, "-m", "assistant", *arguments], os.environ | settings

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment)

    return min(milliseconds(run) for _ in range(times)) / 1000


def main() -> None:
    """Print the stages, the starts and the index."""
    bare, found = by_stage(read_settings())
    print(f"one bare embedding: {bare:.1f} ms\n")
    print("| stage of an answer | mean ms | p95 ms | mean to one embedding |\n| --- | ---: | ---: | ---: |")

    def row(name: str, mean: float, p95: float | None = None) -> None:
        print(f"| {name} | {mean:.2f} | {'' if p95 is None else f'{p95:.2f}'} | {mean / bare:.2f} |")

    for stage, name in STAGES.items():
        row(name, statistics.mean(found[stage]), statistics.quantiles(found[stage], n=20)[18])
    whole = sum(statistics.mean(found[stage]) for stage in STAGES)
    ready, first, warm = served()
    inside = whole - statistics.mean(found["render"])  # a program is given the reply as data, not drawn
    row("page: queue, transport and the one who asks", warm - inside)
    row("an answer over HTTP", warm)

    with tempfile.TemporaryDirectory() as directory:
        built = fresh("index", times=1, ASSISTANT_INDEX_DIR=directory)
        again = fresh("index", ASSISTANT_INDEX_DIR=directory)
    print("\n| start | seconds | to one embedding |\n| --- | ---: | ---: |")
    for name, seconds in (
        ("`assistant ask`, a fresh process", fresh("ask", QUESTIONS[0], "--json")),
        ("`app.py`: process to ready", ready),
        ("`app.py`: process to first answer", first),
        ("`assistant index`, from nothing", built),
        ("`assistant index`, nothing to do", again),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds * 1000 / bare:.0f} |")


if __name__ == "__main__":
    main()
