"""Settings → assistant → pages → a running server; nothing else happens here."""

from __future__ import annotations

import errno
import gc
import logging
import socket
import sys
from contextlib import suppress
from datetime import date, datetime

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response

from assistant.desk.inbox import Feedback, keep_feedback
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import Store, name_store
from assistant.errors import AssistantError, SettingsError, StoreUnusable
from assistant.pages.desk.router import add_desk
from assistant.pages.document import STYLES, ChineseDocument, theme
from assistant.pages.enterprise import build_page
from assistant.pages.limits import Limits
from assistant.pages.logs import set_up_logs
from assistant.pages.metrics import Measured, Metrics
from assistant.pages.opening import Assistant, Opening
from assistant.pages.serving import Server
from assistant.pages.surface import Surface
from assistant.settings import Settings, read_settings

log = logging.getLogger(__name__)


def build_app(opening: Opening, settings: Settings, store: Store, metrics: Metrics | None = None) -> FastAPI:
    """The web application: its state, the policy's file as received, the staff's `/desk`, and the page at `/`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    metrics = metrics or Metrics()
    store.failed = metrics.store_failures.inc

    @app.get("/healthz")
    def health() -> JSONResponse:
        status, body = opening.health()
        return JSONResponse(body, status_code=status)

    @app.get("/livez")
    def alive() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/metrics")
    def numbers(request: Request) -> Response:
        return metrics.show(request, settings.metrics_networks)

    @app.get("/source.txt")
    def source() -> Response:
        if opening.assistant is None:
            return health()
        policy = opening.assistant.policy
        return FileResponse(policy.source, media_type="text/plain; charset=utf-8", filename=f"{policy.id}.txt")

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"message": "没有处理：网址或内容的格式不对。"}, status_code=422)

    @app.post("/feedback")
    def feedback(said: Feedback) -> JSONResponse:
        keep_feedback(store, said, now())
        return JSONResponse({"status": "kept"})

    add_desk(app, opening, store, settings.embedding_model, now)

    page = build_page(opening, date.today)
    metrics.watch_queue(lambda: len(page._queue))
    gr.mount_gradio_app(
        app, page, "/", theme=theme(), css_paths=STYLES, footer_links=[], run_history=False, ssr_mode=False, pwa=False,
        mcp_server=True, enable_monitoring=False, show_error=False, max_file_size=0,
    )  # fmt: skip
    app.add_middleware(ChineseDocument)
    app.add_middleware(Limits, per_minute=settings.requests_per_minute)
    app.add_middleware(Surface)
    app.add_middleware(Measured, metrics=metrics)
    return app


def now() -> datetime:
    return datetime.now().astimezone()


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before anything slow begins; `SettingsError` when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        why = "端口已被占用" if error.errno == errno.EADDRINUSE else f"系统答复：{error}"
        raise SettingsError(
            f"不能在 {settings.host}:{settings.port} 上监听，{why}。请改用别的 ASSISTANT_HOST 或 ASSISTANT_PORT。"
        ) from error


def main() -> None:
    """Serve until stopped; a problem with the settings or the port is one sentence and exit code 1."""
    try:
        settings = read_settings()
        listener = listen(settings)
        store = name_store(settings.database_url.get_secret_value())
    except AssistantError as error:
        sys.exit(str(error))

    metrics = Metrics()
    set_up_logs(settings)
    try:
        store.prepare()
    except StoreUnusable as error:  # questions are answered all the same, and the desk says why it is shut
        log.error("%s", error)

    def open_() -> Assistant:
        from assistant.wiring import open_assistant  # loads the language tools: slow, so not before the page is served

        assistant = KeepingAssistant(open_assistant(settings), store, now, heard=metrics.answered)
        gc.collect()
        gc.freeze()  # what is there now stays until the end; no collection goes through it again
        return assistant

    app = build_app(Opening(open_).start(), settings, store, metrics)
    print(f"请用浏览器打开 http://{settings.host}:{settings.port}/", flush=True)
    with suppress(KeyboardInterrupt):
        Server(app, settings).run(sockets=[listener])


if __name__ == "__main__":
    main()
