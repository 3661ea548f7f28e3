"""An application → a server that waits for no one for ever: not for headers, nor, once told to stop, for answers."""

from __future__ import annotations

import asyncio
import socket

import h11
import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount
from uvicorn.protocols.http.h11_impl import H11Protocol

from assistant.settings import Settings

CONNECTIONS = 1000  # open at once; the rest are refused by uvicorn
_HEADER_SECONDS = 10.0
_IDLE_SECONDS = 65  # longer than a proxy keeps an idle connection (nginx: 60): only then does none end under a request


class Server(uvicorn.Server):
    """Stops by itself taking no more, finishing the answers under way and ending what would never finish."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._pages = [route.app for route in app.routes if isinstance(route, Mount) and isinstance(route.app, App)]
        super().__init__(
            uvicorn.Config(
                app, http=PatientProtocol, ws="none", log_config=None, access_log=False, lifespan="on",
                server_header=False,
                forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
                limit_concurrency=CONNECTIONS, timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=settings.stop_seconds,
            )
        )  # fmt: skip

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for page in self._pages:
            page.stop_event.set()  # ends the streams by which open pages say that they are still there
        await super().shutdown(sockets)


class PatientProtocol(H11Protocol):
    """HTTP whose headers have to be there in a while: uvicorn itself waits for them as long as a client likes."""

    header_seconds = _HEADER_SECONDS
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.trailing_data[0]:  # the next request has begun already
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.header_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
