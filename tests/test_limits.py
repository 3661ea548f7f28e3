"""Length, rate and concurrency of each visitor, at every door, and each area's flood its own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import anyio
import httpx
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from test_pages import FakeAssistant, opened, serve

from assistant.answer import Reply
from assistant.checkup import Profile
from assistant.pages import limits as module
from assistant.pages.opening import Opening
from assistant.policies import Policy
from assistant.settings import Settings
from assistant.sweep import Row

MANY = Settings(requests_per_minute=5)
ASK = "gradio_api/call/ask"
GOOD = {"receipt": "b1886dc957", "verdict": "good"}


def is_heard(answer: httpx.Response) -> bool:
    """Whether a judgement has come as far as the desk, which knows no such answer."""
    return answer.status_code == 422 and "没有这个回执" in answer.text


def as_if_from(address: str) -> dict[str, str]:
    return {"x-forwarded-for": address}


def test_too_many_questions_of_one_visitor_are_refused_in_chinese_and_no_one_elses() -> None:
    with serve(opened(Opening(FakeAssistant)), MANY) as url:
        ask = [httpx.post(f"{url}{ASK}", json={"data": ["3000"]}) for _ in range(6)]
        assert [answer.status_code for answer in ask] == [200] * 5 + [429]
        assert "请求太频繁" in ask[-1].json()["message"]
        assert 1 <= int(ask[-1].headers["retry-after"]) <= 60
        for door in ("gradio_api/queue/join", "gradio_api/run/predict", "gradio_api/mcp/"):
            assert httpx.post(f"{url}{door}", json={}).status_code == 429, door
        other = httpx.post(f"{url}{ASK}", json={"data": ["3000"]}, headers=as_if_from("192.0.2.7"))
        assert other.status_code == 200
        assert httpx.get(url).status_code == 200
        assert httpx.get(f"{url}healthz").status_code == 200


def test_what_gradios_client_and_an_mcp_client_are_told_is_an_error_and_no_hang() -> None:
    with serve(opened(Opening(FakeAssistant)), MANY) as url:
        client = Client(url, verbose=False)
        for _ in range(5):
            assert client.predict("3000", api_name="/ask")["status"] == "answered"
        with pytest.raises(Exception, match=r"429|Too Many"):
            client.predict("3000", api_name="/ask")

        async def call() -> None:
            async with (
                streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, *_),
                ClientSession(read, write) as session,
            ):
                await session.initialize()

        with pytest.raises(BaseExceptionGroup), ThreadPoolExecutor(1) as pool:
            pool.submit(anyio.run, call).result(30)


def test_the_minute_ends_whatever_the_clock_on_the_wall_does(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    limits = module.Limits(lambda *_: None, per_minute=2)  # type: ignore[arg-type,return-value]

    def asked() -> bool:
        return limits._refusal("ask", "192.0.2.1", limits.limits["ask"]) is None

    assert [asked(), asked(), asked()] == [True, True, False]
    monkeypatch.setattr(module.time, "time", lambda: -1e9)  # set back by decades
    now += 59
    assert not asked()
    now += 2
    assert asked()


def test_visitors_without_number_take_no_memory_without_end() -> None:
    limits = module.Limits(lambda *_: None, per_minute=2)  # type: ignore[arg-type,return-value]
    for n in range(module._CLIENTS + 500):
        limits._refusal("ask", f"client-{n}", limits.limits["ask"])
    assert len(limits._asked) == module._CLIENTS
    assert not limits._under_way


def test_addresses_of_one_ipv6_network_are_one_visitor() -> None:
    clients = {module._client({"client": (f"2001:db8::{n}", 1)}) for n in range(1, 9)}
    assert clients == {"2001:db8::/64"}
    assert module._client({"client": ("192.0.2.1", 1)}) == "192.0.2.1"


@pytest.mark.parametrize(
    ("path", "size"), [(ASK, 2_097_153), ("gradio_api/mcp/", 2_097_153), ("feedback", 16_001), ("desk/login", 16_001)]
)
@pytest.mark.parametrize("is_said", [True, False])
def test_a_body_too_long_is_refused_whether_it_says_so_or_not(url: str, path: str, size: int, is_said: bool) -> None:
    body = b"x" * size
    answer = httpx.post(f"{url}{path}", content=body if is_said else iter([body]))
    assert answer.status_code == 413
    assert "太长" in answer.json()["message"]


def test_a_question_too_long_is_told_so_by_the_assistant_and_not_cut(assistant: object) -> None:
    from assistant.wiring import Assistant

    assert isinstance(assistant, Assistant)
    reply = assistant.reply(["买设备3000万能补多少，" * 1000], date(2026, 1, 1))
    assert (reply.status, "太长" in reply.text) == ("refused", True)


def test_a_body_that_does_not_arrive_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BODY_SECONDS", 0.05)
    with socket.create_connection(httpx.URL(url).netloc.decode().split(":"), timeout=20) as slow:  # type: ignore[arg-type]
        slow.sendall(b"POST /feedback HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        said = b""
        while part := slow.recv(4096):  # "" when the server hangs up; a timeout fails
            said += part
        assert b" 408 " in said
    assert is_heard(httpx.post(f"{url}feedback", json=GOOD))


class Blocked(FakeAssistant):
    """Does nothing, whichever function is called, until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)

    @property
    def policy(self) -> Policy:  # type: ignore[override]
        self._wait()
        return FakeAssistant.policy

    def check(self, profile: Profile) -> tuple[Row, ...]:
        self._wait()
        return ()

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        self._wait()
        return super().reply(turns, on)

    def _wait(self) -> None:
        self.begun.release()
        self.go.wait(60)


def test_a_flood_of_questions_is_refused_at_its_end_and_the_desk_and_the_probes_go_on() -> None:
    assistant = Blocked()
    calls: dict[str, list[object]] = {
        "ask": ["3000", []],
        "measures": [],
        "clause": ["5.9"],
        "check": ["x", {}, {}],
        "calculate": ["x", {}, {}],
    }
    with serve(opened(Opening(lambda: assistant)), Settings(requests_per_minute=10_000)) as url:
        answers = []
        with httpx.Client(base_url=url) as client:
            for n in range(400):  # of forty visitors; none is answered yet
                function = list(calls)[n % len(calls)]
                path, visitor = f"gradio_api/call/{function}", as_if_from(f"192.0.2.{n % 40}")
                answers.append(client.post(path, json={"data": calls[function]}, headers=visitor))
        assert assistant.begun.acquire(timeout=30)
        while assistant.begun.acquire(timeout=1):  # until all threads that the page may have are taken
            pass
        try:
            assert [answer.status_code for answer in answers[:50]] == [200] * 50
            assert answers[-1].status_code == 429
            assert "人太多" in answers[-1].json()["detail"]
            with httpx.Client(base_url=url, timeout=20) as staff:
                assert staff.get("desk/login").status_code == 200
                wrong = staff.post("desk/login", data={"name": "lin", "password": "wrong"})
                assert "账号或密码不对" in wrong.text
                assert staff.get("healthz").status_code == 200
                assert is_heard(staff.post("feedback", json=GOOD))
        finally:
            assistant.go.set()


def test_a_flood_of_the_desk_leaves_the_page_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(*_: object) -> None:
        begun.release()
        go.wait(60)

    monkeypatch.setattr("assistant.desk.accounts.Accounts.member", slow)
    with serve(opened(Opening(FakeAssistant)), Settings(requests_per_minute=10_000)) as url:
        statuses: list[int] = []
        flood = [
            threading.Thread(
                target=lambda n=n: statuses.append(
                    httpx.get(f"{url}desk", headers=as_if_from(f"192.0.2.{n}"), timeout=60).status_code
                )
            )
            for n in range(60)
        ]
        for one in flood:
            one.start()
        for _ in range(24):
            assert begun.acquire(timeout=30)
        try:
            assert Client(url, verbose=False).predict("3000", api_name="/ask")["status"] == "answered"
            assert httpx.get(url).status_code == 200
            assert is_heard(httpx.post(f"{url}feedback", json=GOOD))
        finally:
            go.set()
        for one in flood:
            one.join()
        assert statuses.count(429) == 60 - 24


def test_one_visitor_at_once_has_a_limit_too() -> None:
    limits = module.Limits(lambda *_: None, per_minute=100)  # type: ignore[arg-type,return-value]
    limits._under_way["ask", "192.0.2.1"] = limits.limits["ask"].of_one
    refusal = limits._refusal("ask", "192.0.2.1", limits.limits["ask"])
    assert refusal is not None
    assert "同时" in json.loads(bytes(refusal.body))["message"]
    assert limits._refusal("ask", "192.0.2.2", limits.limits["ask"]) is None


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(opened(Opening(FakeAssistant))) as address:
        yield address
