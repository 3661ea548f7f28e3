"""What the server does → numbers for Prometheus at `/metrics`, and a line of the log for each request."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answer import Reply
from assistant.desk.schema import Door
from assistant.pages.surface import area_of

log = logging.getLogger(__name__)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of one server; nothing in them is anybody's words or address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "assistant_requests", "Requests by area of the site and status", ("page", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "assistant_answer_seconds", "Time to an answer", ("door",), buckets=_SECONDS, registry=self.registry
        )
        self.questions = Counter(
            "assistant_questions", "Questions by door and status of the reply", ("door", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.unkept = Counter(
            "assistant_replies_not_kept", "Replies given but not kept in the database", registry=self.registry
        )
        self.store_failures = Counter(
            "assistant_store_failures", "Times the database could not be used", registry=self.registry
        )

    def answered(self, reply: Reply, door: Door, is_kept: bool) -> None:
        """Count a reply given at a door."""
        self.seconds.labels(door).observe(reply.elapsed_ms / 1000)
        self.questions.labels(door, reply.status).inc()
        if not is_kept:
            self.unkept.inc()

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Show how many requests wait for a worker."""
        gauge = Gauge("assistant_queue_length", "Requests waiting for a worker", registry=self.registry)
        gauge.set_function(length)

    def show(self, request: Request, networks: Sequence[IPv4Network | IPv6Network]) -> Response:
        """The numbers, for whoever asks from one of the networks."""
        if not _is_within(request.client.host if request.client else "", networks):
            return JSONResponse({"message": "没有这一页。"}, 404)
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """ASGI middleware: counts each request, and logs it without its query, its body or who sent it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_measured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_measured)
        finally:
            area = area_of(scope) or "none"
            self.metrics.requests.labels(area, status).inc()
            seconds = round(time.perf_counter() - started, 4)
            log.info(
                "%s %s %s", scope["method"], scope["path"][:200], status,
                extra={"page": area, "status": status, "seconds": seconds},
            )  # fmt: skip


def _is_within(host: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
