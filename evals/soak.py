"""`python -m evals.soak [--minutes 60]`: mixed load on a server of its own → memory, lost cases and wrong figures.

Visitors ask the development questions and hold each reply beside the one the same question gets alone; staff look up,
ask, log and change cases and hand them out; some judge answers, one floods, one sends half a request and waits. At the
end the server is killed and every case it acknowledged is looked for in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from string import ascii_lowercase

import httpx

from assistant.answer import Reply
from assistant.desk.accounts import Accounts
from assistant.desk.cases import Filter, find_cases
from assistant.desk.store import open_store
from assistant.settings import read_settings
from assistant.wiring import open_assistant
from evals.load import completed, server
from evals.memory import resident
from evals.questions import read_cases
from evals.run import answer

VISITORS, STAFF = 20, 4
READING = 5.0  # seconds between two questions of a visitor or two calls of a member of staff, on average
FLOOD = 60  # requests at once from one address
REPORTS = 12
GROWTH = 1.1  # the most the last reading of memory may be of the one at half time
_PASSWORD = "correct horse battery"  # of a database that is gone afterwards


@dataclass(frozen=True)
class Alone:
    """A conversation and the reply it gets when nobody else asks, which may be wrong all the same."""

    turns: Sequence[str]
    reply: Reply
    is_wrong: bool


@dataclass
class Seen:
    """What has happened so far."""

    seconds: list[float] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    differ: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    logged: dict[int, str] = field(default_factory=dict)  # case → the last question acknowledged for it
    receipts: list[str] = field(default_factory=list)


def main() -> int:
    """Print a row for each twelfth of the time; 1 when a reply differed, a case was lost or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=60)
    minutes: float = parser.parse_args().minutes
    print("asking every development question alone…", file=sys.stderr, flush=True)
    alone = asked_alone()
    seen = Seen()
    with tempfile.TemporaryDirectory() as directory:
        database = f"sqlite:///{directory}/desk.db"
        store = open_store(database)
        for n in range(STAFF):
            Accounts(store).add(f"staff{n}", "staff", _PASSWORD, datetime.now(UTC))
        with server(database) as (address, process):
            memory = asyncio.run(_soak(address, process, minutes * 60, alone, seen))
            os.kill(process, signal.SIGKILL)
        kept = {case.id: case.question for case in find_cases(store, Filter(), limit=None)}
        store.engine.dispose()
    lost = [number for number, question in seen.logged.items() if kept.get(number) != question]
    half, last = memory[len(memory) // 2], memory[-1]
    print(
        f"\n{seen.happened['answers']} answers, {len(seen.differ)} unlike the answer alone; wrong when alone too: "
        f"{seen.happened['wrong alone']}; {len(seen.faults)} faults; {len(seen.logged)} cases acknowledged, "
        f"{len(lost)} lost after kill -9; memory {half:.0f} MB at half time, {last:.0f} MB at the end"
    )
    for line in seen.differ[:10]:
        print(f"  {line}")
    return int(bool(seen.differ or lost or last > half * GROWTH))


def asked_alone() -> list[Alone]:
    """The development questions with their replies, figures held to the expected ones."""
    assistant, on = open_assistant(read_settings()), date.today()
    results = (answer(case, assistant, on) for case in read_cases() if case.split == "dev")
    return [Alone(r.case.turns, r.replies[-1], not r.passed) for r in results]


async def _soak(address: str, process: int, seconds: float, alone: Sequence[Alone], seen: Seen) -> list[float]:
    """Everybody at once until time is up; the memory at the start and after each part."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    memory: list[float] = []
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        await _visit(client, 0, alone, seen)  # what is loaded at the first question is loaded now
        everybody: list[Callable[[], Awaitable[None]]] = [
            *(lambda n=n: _visit(client, n, alone, seen) for n in range(VISITORS)),
            lambda: _judge(client, seen), lambda: _flood(address, seen), lambda: _dawdle(address, seen),
        ]  # fmt: skip
        tasks = [asyncio.create_task(_again(one, seen)) for one in everybody]
        tasks += [asyncio.create_task(_member(address, n, alone, seen)) for n in range(STAFF)]
        print("| minute | answers | unlike | faults | refused | cases | p50 ms | p95 ms | server MB |")
        print(f"| {'---: | ' * 9}".rstrip())
        started, before, told = time.monotonic(), 0, 0
        for part in range(REPORTS + 1):
            await asyncio.sleep(max(0.0, started + seconds * part / REPORTS - time.monotonic()))
            memory.append(resident(process))
            times = sorted(seen.seconds[before:]) or [0.0]
            for fault, count in Counter(seen.faults[told:]).items():
                print(f"{count} × {fault}", file=sys.stderr)
            before, told = len(seen.seconds), len(seen.faults)
            print(
                f"| {(time.monotonic() - started) / 60:.0f} | {seen.happened['answers']} | {len(seen.differ)} "
                f"| {len(seen.faults)} | {seen.happened['refused']} | {len(seen.logged)} "
                f"| {statistics.median(times) * 1000:.0f} | {times[int(len(times) * 0.95)] * 1000:.0f} "
                f"| {memory[-1]:.0f} |",
                flush=True,
            )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return memory


async def _again(once: Callable[[], Awaitable[None]], seen: Seen) -> None:
    while True:
        await asyncio.sleep(random.uniform(0, 2 * READING))
        try:
            await once()
        except (httpx.HTTPError, OSError, ValueError, KeyError) as error:
            seen.faults.append(f"{type(error).__name__} {error}"[:120])


async def _visit(client: httpx.AsyncClient, number: int, alone: Sequence[Alone], seen: Seen) -> None:
    """Open the page now and then, ask one conversation's last turn, hold the reply beside the one it gets alone."""
    headers = {"x-forwarded-for": f"10.1.0.{number + 1}"}
    if random.random() < 0.1:
        (await client.get("/", headers=headers)).raise_for_status()
    one = random.choice(alone)
    started = time.perf_counter()
    body = {"data": [one.turns[-1], list(one.turns[:-1])], "session_hash": f"visitor{number}"}
    reply = await _reply(client, body, headers)
    seen.seconds.append(time.perf_counter() - started)
    seen.happened["answers"] += 1
    seen.happened["wrong alone"] += one.is_wrong
    seen.receipts.append(reply.receipt)
    if (reply.status, reply.text, reply.calculations) != (one.reply.status, one.reply.text, one.reply.calculations):
        seen.differ.append(f"{'｜'.join(one.turns)} → {reply.text[:80]}，单独问是 {one.reply.text[:80]}")


async def _reply(client: httpx.AsyncClient, body: object, headers: dict[str, str]) -> Reply:
    begun = await client.post("/gradio_api/call/ask", json=body, headers=headers)
    begun.raise_for_status()
    async with client.stream("GET", f"/gradio_api/call/ask/{begun.json()['event_id']}", headers=headers) as stream:
        return Reply.model_validate(await completed(stream.aiter_lines()))


async def _member(address: str, number: int, alone: Sequence[Alone], seen: Seen) -> None:
    """One member of staff, signed in, call after call."""
    headers = {"x-forwarded-for": f"10.2.0.{number + 1}", "x-forwarded-proto": "https"}
    async with httpx.AsyncClient(base_url=address, timeout=120, headers=headers) as browser:
        said = await browser.post("/desk/login", data={"name": f"staff{number}", "password": _PASSWORD})
        if said.status_code != 303:
            seen.faults.append(f"login {said.status_code} {said.text[:80]}")
            return
        browser.headers["cookie"] = said.headers["set-cookie"].split(";")[0]  # it is for https, and this is a proxy
        token = re.search(r'<meta name="csrf" content="([^"]+)">', (await browser.get("/desk")).text)
        browser.headers["x-csrf"] = token[1] if token else ""
        await _again(lambda: _call(browser, alone, seen), seen)


async def _call(browser: httpx.AsyncClient, alone: Sequence[Alone], seen: Seen) -> None:
    """A call: look up letter by letter, ask, log the case, perhaps change an earlier one or hand all of them out."""
    one = random.choice(alone)
    for end in range(1, min(8, len(one.turns[-1]))):
        (await browser.post("/desk/lookup", data={"q": one.turns[-1][:end]})).raise_for_status()
    shown = await browser.post("/desk/ask", data={"turns": json.dumps(list(one.turns))})
    shown.raise_for_status()
    receipt = re.search(r'data-receipt="([0-9a-f]+)"', shown.text)
    seen.happened["desk answers"] += 1
    form = {"question": f"来电 {''.join(random.choices(ascii_lowercase, k=20))}", "answer": one.reply.text[:500]}
    form["receipt"] = receipt[1] if receipt else ""
    kept = (await browser.post("/desk/cases", data=form)).raise_for_status().json()
    seen.logged[kept["id"]] = form["question"]
    chance = random.random()
    if chance < 0.3:
        page = (await browser.get(f"/desk/cases/{kept['id']}")).raise_for_status().text
        version = re.search(r'name="version" value="(\d+)"', page)
        changed = form | {"question": f"{form['question']}-changed", "version": version[1] if version else "1"}
        if (await browser.post(f"/desk/cases/{kept['id']}", data=changed)).status_code == 303:
            seen.logged[kept["id"]] = changed["question"]
    elif chance < 0.4 and receipt:
        (await browser.get("/desk/card", params={"kind": "answer", "id": receipt[1]})).raise_for_status()
    elif chance < 0.42:
        (await browser.get(f"/desk/cases.{random.choice(('csv', 'xlsx'))}")).raise_for_status()


async def _judge(client: httpx.AsyncClient, seen: Seen) -> None:
    if seen.receipts:
        said = {"receipt": random.choice(seen.receipts[-500:]), "verdict": random.choice(("good", "bad"))}
        headers = {"x-forwarded-for": f"10.3.0.{random.randint(1, 250)}"}
        (await client.post("/feedback", json=said, headers=headers)).raise_for_status()
        seen.happened["judged"] += 1


async def _flood(address: str, seen: Seen) -> None:
    """Far too many at once from one address: most are refused in words, and nobody else notices."""
    body, headers = {"data": ["有哪些补贴", []], "session_hash": "flood"}, {"x-forwarded-for": "10.4.0.1"}
    async with httpx.AsyncClient(base_url=address, timeout=120, headers=headers) as client:
        answers = await asyncio.gather(*(client.post("/gradio_api/call/ask", json=body) for _ in range(FLOOD)))
    seen.happened["refused"] += sum(answer.status_code == 429 for answer in answers)
    strange = {answer.status_code for answer in answers} - {200, 429}
    seen.faults.extend(f"flood {status}" for status in strange)


async def _dawdle(address: str, seen: Seen) -> None:
    """Half a request, and then nothing until the server has had enough."""
    url = httpx.URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /gradio_api/call/ask HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: 100\r\nX-Forwarded-For: 10.5.0.1"
    writer.write(f"{head}\r\n\r\n{{".encode())
    await asyncio.wait_for(reader.read(), 60)
    seen.happened["shut out"] += 1
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


if __name__ == "__main__":
    sys.exit(main())
