"""`python -m evals.load`: users at once on a server of its own → times, errors and memory, as ratios to one user alone.

A user opens the page once and asks through the same queue as the page does, each from an address of their own: as
programs do, for the reply as data, or with `--page` as the page itself, for the conversation as it is drawn. Beside the
times stands the processor time of an answer, on the server and here: it is what they share the machine by.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from evals.bench import QUESTIONS
from evals.memory import resident

USERS = (1, 10, 50, 200)
ASKED = 6  # questions of each user, one after another
READING = 5.0  # seconds
BURST = 50  # users who open the page and then ask at the same instant, once
_READY_WITHIN = 120  # seconds


@dataclass
class Seen:
    """What the users of one round saw: seconds for each answer, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@contextmanager
def server(database: str = "") -> Iterator[tuple[str, int]]:
    """The product's own server: its address and its process. Without a database, one that is gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as directory:
        database = database or f"sqlite:///{directory}/desk.db"
        given = {"ASSISTANT_PORT": str(port), "ASSISTANT_DATABASE_URL": database}
        process = subprocess.Popen([sys.executable, "app.py"], env=os.environ | given, stdout=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class Round:
    """So many users, each with so many questions; all open the page before the first asks."""

    users: int
    reading: float = 0.0  # seconds on average before each question; without, each asks again the moment it is answered
    asked: int = ASKED
    by_page: bool = False


async def one_user(client: httpx.AsyncClient, number: int, of: Round, ready: asyncio.Barrier, seen: Seen) -> None:
    """Open the page and, when all have, ask; faults are noted."""
    headers = {"x-forwarded-for": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    await client.get("/", headers=headers)
    box = await _box(client, headers) if of.by_page else None
    await ready.wait()
    for n in range(of.asked):
        if of.reading:
            await asyncio.sleep(random.uniform(0, 2 * of.reading))
        question = f"{QUESTIONS[(number + n) % len(QUESTIONS)]}（{number}-{n}）"
        started = time.perf_counter()
        fault = await _ask(client, question, f"user{number}", headers, box)
        if fault:
            seen.faults.append(fault)
        else:
            seen.seconds.append(time.perf_counter() - started)


async def at_once(address: str, of: Round) -> Seen:
    """A round of users who begin together."""
    seen, ready = Seen(), asyncio.Barrier(of.users)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        await asyncio.gather(*(one_user(client, number, of, ready, seen) for number in range(of.users)))
    return seen


def processor_seconds(process: int) -> float:
    """The processor time a process has had; 0 where the system does not tell."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print a row for each number of users, and one for a burst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--users", type=int, nargs="*", default=USERS)
    parser.add_argument("--reading", type=float, default=READING, help="seconds between a user's questions, on average")
    parser.add_argument("--page", action="store_true", help="ask as the page does and not as programs do")
    options = parser.parse_args()
    pauses = dict.fromkeys((options.reading, 0.0))
    rounds = [Round(users, reading, by_page=options.page) for reading in pauses for users in options.users]
    alone = 0.0
    with server() as (address, process):
        asyncio.run(
            at_once(address, Round(1, by_page=options.page))
        )  # what is loaded at the first question is loaded now
        print(
            "| users | reading s | answers | faults | p50 ms | p95 ms | p99 ms | p95 to one user's median "
            "| server's processor ms | this program's | server MB |"
        )
        print(f"| {'---: | ' * 11}".rstrip())
        for of in (*rounds, Round(BURST, asked=1, by_page=options.page)):
            had, own = processor_seconds(process), time.process_time()
            seen = asyncio.run(at_once(address, of))
            count = max(len(seen.seconds), 1)
            had, own = (processor_seconds(process) - had) / count, (time.process_time() - own) / count
            times = sorted(seen.seconds) or [0.0]
            alone = alone or statistics.median(times)
            p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
            print(
                f"| {of.users} | {of.reading:g}{'' if of.asked > 1 else ', once'} | {len(seen.seconds)} "
                f"| {len(seen.faults)} | {p50 * 1000:.0f} | {p95 * 1000:.0f} | {p99 * 1000:.0f} | {p95 / alone:.1f} "
                f"| {had * 1000:.1f} | {own * 1000:.1f} | {resident(process):.0f} |",
                flush=True,
            )
            for fault in sorted(set(seen.faults))[:3]:
                print(f"  fault: {fault}", file=sys.stderr)


async def _box(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, int]:
    """What names the page's box for questions when something is asked in it."""
    page = (await client.get("/config", headers=headers)).json()
    box = next(part["id"] for part in page["components"] if part["props"].get("elem_id") == "box")
    sent = next(event["id"] for event in page["dependencies"] if [box, "submit"] in event["targets"])
    return {"fn_index": sent, "trigger_id": box}


async def _ask(
    client: httpx.AsyncClient, question: str, session: str, headers: dict[str, str], box: dict[str, int] | None
) -> str:
    """Ask through the queue; "" when an answer came, else what came instead."""
    call = "/gradio_api/queue/join" if box else "/gradio_api/call/ask"
    body = {"data": [question, []], "session_hash": session, **(box or {})}
    try:
        begun = await client.post(call, json=body, headers=headers)
        if begun.status_code != 200:
            return f"{begun.status_code} {begun.text[:80]}"
        events = f"/gradio_api/queue/data?session_hash={session}" if box else f"{call}/{begun.json()['event_id']}"
        async with client.stream("GET", events, headers=headers) as stream:
            return await (_drawn if box else _told)(stream.aiter_lines())
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return f"{type(error).__name__} {error}"


async def completed(lines: AsyncIterator[str]) -> Any:
    """What the function that a program called gives, read from its events; `ValueError` for what came instead."""
    event = ""
    async for line in lines:
        if line.startswith("event:"):
            event = line.removeprefix("event:").strip()
        elif line.startswith("data:") and event == "complete":
            return json.loads(line.removeprefix("data:"))[0]
        elif line.startswith("data:") and event == "error":
            raise ValueError(line[:80])
    raise ValueError("the stream ended without an answer")


async def _told(lines: AsyncIterator[str]) -> str:
    """Read a program's events to the reply; "" when it has words, else what came instead."""
    return "" if (await completed(lines))["text"] else "an empty answer"


async def _drawn(lines: AsyncIterator[str]) -> str:
    """Read the page's events to the end of the answer; "" when its receipt has been drawn, else what came instead."""
    is_drawn = False
    async for line in lines:
        is_drawn = is_drawn or "回执" in line
        if '"process_completed"' in line:
            return "" if is_drawn and '"success":true' in line else f"no answer {line[:80]}"
    return "the stream ended without an answer"


def _wait_until_ready(address: str) -> None:
    ready_by = time.monotonic() + _READY_WITHIN
    while time.monotonic() < ready_by:
        try:
            if httpx.get(f"{address}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{address} did not get ready. Run python app.py to see what it says.")


if __name__ == "__main__":
    main()
