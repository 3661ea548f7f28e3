"""Answers nobody fetches: kept for a while, so many of them, and never in the way of those that are read."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from cachetools import TTLCache
from gradio.server_messages import EventMessage, ProcessCompletedMessage
from test_pages import FakeAssistant, opened, serve

from assistant.pages import enterprise, unread
from assistant.pages.opening import Opening
from assistant.pages.unread import Unread


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def completed(event: str) -> EventMessage:
    return ProcessCompletedMessage(output={}, success=True, event_id=event)


def test_what_nobody_fetches_is_forgotten_with_its_events_and_what_is_used_stays() -> None:
    clock, events = Clock(), {"left": {"a"}, "read": {"b"}}
    kept = Unread(events, clock)
    kept["left"], kept["read"] = asyncio.Queue(), asyncio.Queue()
    for _ in range(11):
        clock.now += 60
        assert kept["read"] is not None
    kept["new"] = asyncio.Queue()
    assert list(kept) == ["read", "new"]
    assert events == {"read": {"b"}}


def test_of_too_many_unread_messages_of_a_session_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MOST", 2)
    events = {"s": {"0", "1", "2", "3"}}
    kept = Unread(events)
    kept["s"] = asyncio.Queue()
    for number in range(4):
        kept["s"].put_nowait(completed(str(number)))
    assert [kept["s"].get_nowait().event_id for _ in range(2)] == ["2", "3"]
    assert events == {"s": {"2", "3"}}


def test_of_too_many_sessions_those_longest_unused_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "_SESSIONS", 2)
    events: dict[str, set[str]] = {"a": {"1"}, "b": {"2"}}
    kept = Unread(events)
    kept["a"], kept["b"] = asyncio.Queue(), asyncio.Queue()
    assert kept["a"] is not None
    kept["c"] = asyncio.Queue()
    assert sorted(kept) == ["a", "c"]
    assert events == {"a": {"1"}}


def test_who_asks_and_never_reads_fills_no_memory_and_the_next_answer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Unread] = []

    def make(events: dict[str, set[str]]) -> Unread:
        made.append(Unread(events))
        return made[-1]

    monkeypatch.setattr(unread, "MOST", 5)
    monkeypatch.setattr(enterprise, "Unread", make)
    with serve(opened(Opening(FakeAssistant))) as url, httpx.Client(base_url=url, timeout=60) as client:
        for session in ["s"] * 15 + ["t"]:
            asked = client.post("gradio_api/call/ask", json={"data": ["3000", []], "session_hash": session})
        assert "event: complete" in client.get(f"gradio_api/call/ask/{asked.json()['event_id']}").text
        (kept,) = made
        assert 0 < TTLCache.__getitem__(kept, "s").qsize() <= 6  # looking as Gradio does would shorten it
