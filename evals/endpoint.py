"""A scripted endpoint that speaks OpenAI's protocol on loopback: what a language model might answer, on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "scripted"
_PIECE = 7  # characters a chunk


@dataclass(frozen=True)
class Says:
    """An answer in words, streamed; without a `finish` the connection is cut after them."""

    text: str
    finish: str = "stop"


@dataclass(frozen=True)
class Calls:
    """A call of the first tool that is offered, with these arguments as they stand."""

    arguments: str


@dataclass(frozen=True)
class Fails:
    """An HTTP error; its body repeats the key, as careless endpoints do."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Keeps:
    """Nothing but signs of life until the endpoint is closed; without any, not even an answer to the request."""

    alive: bool


Answer = Says | Calls | Fails | Keeps
Script = Callable[[dict[str, Any]], Answer]


class Endpoint(ThreadingHTTPServer):
    """The endpoint; `requests` are the bodies it was sent, in order."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.closing = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serve(script: Script) -> Iterator[Endpoint]:
    """The endpoint while the block runs."""
    endpoint = Endpoint(script)
    thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.closing.set()
        endpoint.shutdown()
        endpoint.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "us"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        match self.server.script(request):
            case Fails(status, headers):
                key = self.headers.get("Authorization", "")
                self._json(status, {"error": {"message": f"wrong: {key}", "type": "error"}}, headers)
            case Keeps(alive):
                if alive:
                    self._open_stream()
                while not self.server.closing.wait(0.02):
                    if alive:
                        self.wfile.write(b": still here\n\n")
            case Calls(arguments):
                name = request["tools"][0]["function"]["name"]
                call = {"index": 0, "id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
                self._stream([{"tool_calls": [call]}], "tool_calls")
            case Says(text, finish):
                self._stream([{"content": text[at : at + _PIECE]} for at in range(0, len(text), _PIECE)], finish)

    def _json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(data))} | (headers or {})
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _open_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def _stream(self, deltas: list[dict[str, Any]], finish: str) -> None:
        self._open_stream()
        for delta in deltas:
            self._event({"delta": {"role": "assistant", **delta}, "finish_reason": None})
        if finish:
            self._event({"delta": {}, "finish_reason": finish})
            self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
        event = json.dumps(chunk | {"choices": [{"index": 0, **choice}]}, ensure_ascii=False)
        self.wfile.write(f"data: {event}\n\n".encode())
