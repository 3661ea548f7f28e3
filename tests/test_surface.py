"""Of Gradio's many routes only those the pages need are there, and every answer carries the headers that guard it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from test_pages import FakeAssistant, opened, serve

import app as web
from assistant.desk.store import open_store
from assistant.pages.opening import Opening
from assistant.pages.surface import area_of
from assistant.settings import ROOT, Settings

# What Gradio offers and the pages do without.
CLOSED = {
    "/gradio_api/file={path_or_url:path}", "/gradio_api/file/{path:path}", "/gradio_api/proxy={url_path:path}",
    "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/process_recording",
    "/gradio_api/stream/{event_id}", "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/component_server", "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    "/gradio_api/dev/reload", "/gradio_api/runs", "/gradio_api/vibe-edit", "/gradio_api/undo-vibe-edit",
    "/gradio_api/vibe-code", "/gradio_api/vibe-starter-queries", "/gradio_api/deep_link", "/gradio_api/openapi.json",
    "/gradio_api/queue/status", "/gradio_api/user", "/gradio_api/login_check", "/gradio_api/token",
    "/gradio_api/app_id", "/login", "/logout", "/monitoring", "/monitoring/summary", "/monitoring/{key}",
    "/manifest.json", "/pwa_icon", "/pwa_icon/{size}",
    "/openapi.json", "/gradio_api/mcp/sse", "/gradio_api/mcp/messages",
}  # fmt: skip
# And those they need.
OPEN = {
    "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/static/{path:path}", "/assets/{path:path}",
    "/svelte/{path:path}", "/gradio_api/info", "/gradio_api/theme.css", "/gradio_api/startup-events",
    "/gradio_api/heartbeat/{session_hash}", "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/cancel",
    "/gradio_api/reset", "/gradio_api/run/{api_name}", "/gradio_api/api/{api_name}", "/gradio_api/call/{api_name}",
    "/gradio_api/call/v2/{api_name}", "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/call/v2/{api_name}/{event_id}", "/gradio_api/mcp", "/gradio_api/mcp/schema",
}  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(opened(Opening(FakeAssistant))) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Method and path of every route of Gradio's, MCP's mounts among them; a trailing slash is nothing."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('surface') / 'desk.db'}")
    app = web.build_app(Opening(FakeAssistant), Settings(), store)
    gradio = next(route.app for route in app.routes if isinstance(route, Mount))
    found = {(m, r.path or "") for r in iter_route_contexts(gradio.routes) for m in r.methods or ()}
    for mount in (route for route in gradio.routes if isinstance(route, Mount)):
        found.add(("POST", mount.path))
        for inner in mount.routes or ():
            path = f"{mount.path}{getattr(inner, 'path', '')}"
            found |= {(m, path) for m in getattr(inner, "methods", None) or {"POST"}}
    return {(method, path.rstrip("/") or "/") for method, path in found}


def sent_as_written(client: httpx.Client, method: str, target: str) -> httpx.Response:
    """The answer to a path that is not tidied first."""
    request = client.build_request(method, "/")
    request.extensions["target"] = target.encode()
    return client.send(request)


def test_every_route_of_gradios_is_known_and_either_needed_or_not_there(routes: set[tuple[str, str]], url: str) -> None:
    assert {path for _, path in routes} == OPEN | CLOSED
    with httpx.Client(base_url=url) as client:
        for method, path in routes:
            real = re.sub(r"\{[^}]+\}", "x", path)
            if path in OPEN:
                assert area_of({"method": method, "path": real}) in ("page", "ask"), (method, path)
                continue
            for spelling in (real, f"{real}/", f"/{real}", real.replace("gradio_api", "gradio%5Fapi")):
                answer = sent_as_written(client, method, spelling)
                assert (answer.status_code, answer.text) == (
                    404,
                    "" if method == "HEAD" else '{"message":"没有这一页。"}',
                )


SECRETS = [
    "/etc/passwd",
    str(ROOT / "app.py"),
    str(ROOT / "assistant.db"),
    "../app.py",
    "..%2f..%2fetc/passwd",
    "C:/windows/win.ini",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "way",
    ["/gradio_api/file={}", "/gradio_api/file/{}", "/file={}", "/static/{}", "/assets/{}", "/svelte/{}", "/static/..%2f{}",
     "/assets/%2e%2e/{}", "/gradio_api/proxy=http://127.0.0.1/{}", "/source.txt/../{}", "/desk/../{}"],
)  # fmt: skip
def test_no_path_leads_to_a_file_of_the_server(url: str, way: str, secret: str) -> None:
    target = way.format(secret)
    with httpx.Client(base_url=url) as client:
        answer = sent_as_written(client, "GET", target)
    assert answer.status_code in (303, 400, 403, 404), target
    assert not re.search(r"root:|import |fonts", answer.text)


def test_an_upload_is_refused_whatever_it_is(url: str) -> None:
    for path in ("/gradio_api/upload", "/gradio_api/upload?upload_id=x", "/upload"):
        answer = httpx.post(f"{url}{path}", files={"files": ("x.html", b"<script>alert(1)</script>")})
        assert answer.status_code == 404
    assert not list(Path("/tmp/gradio").rglob("x.html"))


@pytest.mark.parametrize(
    "path", ["/", "/config", "/source.txt", "/healthz", "/desk/login", "/nowhere", "/gradio_api/info", "/feedback"]
)
def test_every_answer_carries_the_headers_that_guard_it(url: str, path: str) -> None:
    answer = httpx.get(f"{url}{path}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert re.search(r"default-src '(self|none)'", answer.headers["content-security-policy"])
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers
    secure = httpx.get(f"{url}{path}", headers={"x-forwarded-proto": "https"})
    assert "max-age" in secure.headers["strict-transport-security"]


def test_another_sites_page_may_not_read_the_desk(url: str) -> None:
    answer = httpx.get(f"{url}/desk/login", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
