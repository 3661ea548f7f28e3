"""The server as a process: it stops gracefully, waits for nobody for ever, and tells what it does."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from databases import NOON, leave_no_room
from test_pages import FakeAssistant, opened, serve

from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import open_store
from assistant.pages import logs
from assistant.pages.metrics import Metrics
from assistant.pages.opening import Opening
from assistant.pages.serving import PatientProtocol
from assistant.settings import ROOT, Settings

# Serves canned replies; says when a question has come, and answers it when a line is written to it.
SERVED = """
import sys
sys.path.insert(0, "tests")
import app as web
from test_pages import FakeAssistant, opened
from assistant.desk.store import open_store
from assistant.pages.logs import set_up_logs
from assistant.pages.opening import Opening
from assistant.pages.serving import Server
from assistant.settings import read_settings

class Waiting(FakeAssistant):
    def reply(self, turns, on):
        print("asked", flush=True)
        sys.stdin.readline()
        return super().reply(turns, on)

settings = read_settings()
set_up_logs(settings)
listener = web.listen(settings)
app = web.build_app(opened(Opening(Waiting)), settings, open_store(settings.database_url.get_secret_value()))
print("open", flush=True)
Server(app, settings).run(sockets=[listener])
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def process(tmp_path: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    own = {"PORT": port, "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.db'}", **settings}
    environment = os.environ | {f"ASSISTANT_{name}": str(value) for name, value in own.items()}
    started = subprocess.Popen(
        [sys.executable, "-c", SERVED], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "open\n"
    try:
        yield started, f"http://127.0.0.1:{port}/"
    finally:
        started.kill()
        started.communicate()


def asked(url: str, said: list[str]) -> threading.Thread:
    """A question being asked as programs ask it; what is said to it is put into the list."""

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=60) as client, suppress(httpx.RemoteProtocolError):
            event = client.post("gradio_api/call/ask", json={"data": ["3000", []]}).json()["event_id"]
            said.append(client.get(f"gradio_api/call/ask/{event}").text)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_stop_finishes_the_answer_under_way_and_takes_no_more(tmp_path: Path) -> None:
    with process(tmp_path) as (server, url):
        assert server.stdout is not None
        assert server.stdin is not None
        with httpx.stream("GET", f"{url}gradio_api/heartbeat/abc") as heartbeat:  # an open page
            assert heartbeat.status_code == 200
            said: list[str] = []
            asking = asked(url, said)
            assert server.stdout.readline() == "asked\n"
            server.send_signal(signal.SIGTERM)
            for _ in heartbeat.iter_raw():  # ends, although the page is still open
                pass
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}healthz")
            server.stdin.write("\n")
            server.stdin.flush()
            asking.join(30)
        assert "event: complete" in said[0]
        assert "9000000" in said[0]
        assert server.wait(30) in (0, -signal.SIGTERM)


def test_a_stop_waits_for_an_answer_no_longer_than_it_is_told(tmp_path: Path) -> None:
    with process(tmp_path, STOP_SECONDS=1) as (server, url):
        assert server.stdout is not None
        asking = asked(url, [])
        assert server.stdout.readline() == "asked\n"
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)  # though nobody has let the answer go
        asking.join(30)


@pytest.mark.parametrize(
    "sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nx-slow: "]
)
def test_a_client_that_does_not_end_its_headers_is_not_waited_for(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 0.1)
    with serve(opened(Opening(FakeAssistant))) as url:
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port or 80), timeout=20) as slow:
            slow.sendall(sent)
            while slow.recv(4096):  # "" when the server hangs up; a timeout fails
                pass
        assert httpx.get(f"{url}healthz").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n\r\n", b"POST /feedback HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
     b"POST /feedback HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /desk HTTP/1.1\r\n\r\n",
     b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000],
)  # fmt: skip
def test_what_is_no_http_is_refused_and_the_server_goes_on(sent: bytes) -> None:
    with serve(opened(Opening(FakeAssistant))) as url:
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port or 80), timeout=20) as strange:
            try:
                strange.sendall(sent)
                answer = strange.recv(4096)
            except ConnectionError:
                answer = b""
        assert not answer or re.match(rb"HTTP/1.1 4\d\d ", answer)
        assert httpx.get(f"{url}healthz").status_code == 200


# — Metrics —


def test_what_is_asked_and_answered_is_counted(assistant: object, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    metrics = Metrics()
    store.failed = metrics.store_failures.inc
    from assistant.wiring import Assistant

    assert isinstance(assistant, Assistant)
    keeping = KeepingAssistant(assistant, store, lambda: NOON, heard=metrics.answered)
    keeping.reply(["首次突破5亿元奖多少"], NOON.date())
    keeping.at("desk").reply(["今天天气怎么样"], NOON.date())
    leave_no_room(store)
    keeping.reply(["买设备3000万"], NOON.date())
    value = metrics.registry.get_sample_value
    assert value("assistant_questions_total", {"door": "page", "status": "answered"}) == 2
    assert value("assistant_questions_total", {"door": "desk", "status": "not_covered"}) == 1
    assert value("assistant_answer_seconds_count", {"door": "page"}) == 2
    assert value("assistant_replies_not_kept_total") == 1
    assert value("assistant_store_failures_total") == 1
    assert (value("process_resident_memory_bytes") or 0) > 1e6


def test_metrics_count_requests_by_area_and_status_and_show_nobodys_words() -> None:
    with serve(opened(Opening(FakeAssistant))) as url:
        httpx.get(f"{url}desk/login?name=%E7%8E%8B")
        httpx.get(f"{url}secret-path")
        shown = httpx.get(f"{url}metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    assert 'assistant_requests_total{page="desk",status="200"} 1.0' in shown.text
    assert 'assistant_requests_total{page="none",status="404"} 1.0' in shown.text
    assert "assistant_queue_length 0.0" in shown.text
    assert "secret-path" not in shown.text
    assert "127.0.0.1" not in shown.text


def test_metrics_are_for_the_networks_of_the_setting_only() -> None:
    with serve(opened(Opening(FakeAssistant))) as url:
        assert httpx.get(f"{url}metrics", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 404
    with serve(opened(Opening(FakeAssistant)), Settings(metrics_networks="192.0.2.0/24")) as url:  # type: ignore[arg-type]
        assert httpx.get(f"{url}metrics", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 200
        assert httpx.get(f"{url}metrics").status_code == 404


def test_an_address_that_an_untrusted_proxy_tells_is_not_believed() -> None:
    with serve(opened(Opening(FakeAssistant)), Settings(trusted_proxies="192.0.2.1")) as url:  # type: ignore[arg-type]
        assert httpx.get(f"{url}metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 200


# — Logs —


@pytest.fixture
def untouched_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.mark.usefixtures("untouched_logs")
def test_a_json_log_is_one_masked_object_a_line_tracebacks_and_fields_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logs(Settings(log_format="json", log_level="info"))
    try:
        raise ValueError("来电 13800138000")
    except ValueError:
        logging.getLogger("assistant.x").exception("%s 的电话是 %s", "来电人", "13912345678", extra={"page": "ask"})
    line = json.loads(capsys.readouterr().err)
    assert line["level"] == "ERROR"
    assert line["page"] == "ask"
    assert line["message"] == "来电人 的电话是 ［电话］"
    assert "［电话］" in line["exc_info"]
    assert "138001" not in json.dumps(line)


@pytest.mark.usefixtures("untouched_logs")
def test_a_plain_log_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logs(Settings())
    logging.getLogger("uvicorn.error").warning("13912345678")
    said = capsys.readouterr().err
    assert "［电话］" in said
    assert "139" not in said


def test_each_request_is_a_line_without_its_query_or_its_sender(tmp_path: Path) -> None:
    with process(tmp_path, LOG_FORMAT="json", LOG_LEVEL="info") as (server, url):
        httpx.get(f"{url}healthz?phone=13912345678")
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    request = next(line for line in lines if line.get("page") == "probe")
    assert request["status"] == 200
    assert request["message"] == "GET /healthz 200"
    assert "139" not in said
    assert "127.0.0.1" not in said
