"""What stands in deploy/ is true and works: two replicas of app.py on one PostgreSQL and one read-only index, nginx."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from databases import Postgres
from fastapi import FastAPI
from test_serving import free_port

from assistant.desk.accounts import Accounts
from assistant.desk.store import open_store
from assistant.pages.serving import Server
from assistant.settings import ROOT, Settings, reference
from assistant.wiring import Assistant

DEPLOY = ROOT / "deploy"
PASSWORD = "correct horse battery"
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null && exec "$2" app.py'


def test_the_reference_of_the_settings_is_the_generated_one() -> None:
    assert (DEPLOY / "settings.env").read_text("utf-8") == reference()
    for name in Settings.model_fields:
        assert f"\n#ASSISTANT_{name.upper()}=" in reference()


def test_the_defaults_in_the_reference_are_read_back_as_they_are(tmp_path: Path) -> None:
    written = tmp_path / ".env"
    written.write_text(reference().replace("#ASSISTANT", "ASSISTANT"), "utf-8")
    read = Settings(_env_file=written)  # type: ignore[call-arg]
    for name in set(Settings.model_fields) - {"corpus_dir", "index_dir", "database_url"}:
        assert getattr(read, name) == Settings.model_fields[name].default, name


def test_the_unit_is_one_that_systemd_takes() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("需要 systemd-analyze")
    done = subprocess.run([program, "verify", "--man=no", DEPLOY / "assistant.service"], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert not [line for line in said if "assistant" in line], done.stderr


def test_a_replica_waits_longer_for_the_next_request_than_the_proxy() -> None:
    said = re.search(r"keepalive_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text("utf-8"))
    assert said is not None
    assert Server(FastAPI(), Settings()).config.timeout_keep_alive > int(said[1])


def test_the_notes_name_only_what_there_is() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    for name in re.findall(r"ASSISTANT_([A-Z_]+)", text):
        assert name.lower() in Settings.model_fields, name
    for name in re.findall(r"\]\(([\w./]+)\)", text):
        assert (DEPLOY / name).exists(), name
    code = (ROOT / "assistant" / "pages" / "metrics.py").read_text("utf-8")
    for name in re.findall(r"`(assistant_[a-z_]+)", text):
        assert name.removesuffix("_total") in code, name


def ready(url: str, **options: Any) -> None:
    """Wait until questions can be answered at an address."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}healthz", **options).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} is not ready")


@pytest.fixture(scope="module")
def replicas(postgres: Postgres, settings: Settings, assistant: Assistant) -> Iterator[list[str]]:
    """Two processes of app.py, sharing a database and an index that neither can write."""
    database = postgres.new_database()
    Accounts(open_store(database)).add("lin", "staff", PASSWORD, datetime.now(UTC))
    can_mount = subprocess.run(
        ["unshare", "-m", "sh", "-c", READ_ONLY.replace(" app.py", " --version"), "sh", settings.index_dir, sys.executable],
        capture_output=True,
    ).returncode  # fmt: skip
    command = [sys.executable, "app.py"]
    if can_mount == 0:
        command = ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", str(settings.index_dir), sys.executable]
    processes, urls = [], []
    try:
        for _ in range(2):
            port = free_port()
            own = {"PORT": port, "DATABASE_URL": database, "INDEX_DIR": settings.index_dir}
            environment = os.environ | {f"ASSISTANT_{k}": str(v) for k, v in own.items()}
            processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL))
            urls.append(f"http://127.0.0.1:{port}/")
        for url in urls:
            ready(url)
        yield urls
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def ask(url: str, question: str, **options: Any) -> str:
    with httpx.Client(base_url=url, timeout=60, **options) as client:
        event = client.post("gradio_api/call/ask", json={"data": [question, []]}).json()["event_id"]
        return client.get(f"gradio_api/call/ask/{event}").text


def test_both_replicas_answer_and_what_one_knows_the_other_does(replicas: list[str], settings: Settings) -> None:
    one, other = replicas
    before = sorted(settings.index_dir.rglob("*"))
    answers = [ask(url, "今年销售收入首次突破5亿元，奖多少") for url in replicas]
    receipts = [re.search(r'"receipt": "(\w+)"', answer) for answer in answers]
    assert all('"amount_yuan": "1000000"' in answer for answer in answers)
    assert receipts[0] is not None
    assert receipts[1] is not None
    assert receipts[0][1] == receipts[1][1]
    mine = re.search(r'"receipt": "(\w+)"', ask(one, "贷款8000万、利率4%、固定资产1亿，能贴息多少"))
    assert mine is not None

    with httpx.Client() as staff:
        signed_in = staff.post(f"{one}desk/login", data={"name": "lin", "password": PASSWORD})
        assert signed_in.status_code == 303
        session = {"cookie": f"desk={signed_in.cookies['desk']}"}
        page = httpx.get(f"{other}desk", headers=session)
        assert page.status_code == 200
        again = httpx.get(f"{other}desk/card", params={"kind": "answer", "id": mine[1]}, headers=session)
        assert again.status_code == 200
        assert "280" in again.text
        token = re.search(r'<meta name="csrf" content="([^"]+)">', page.text)
        assert token is not None
        kept = httpx.post(
            f"{other}desk/cases", data={"question": "贴息"}, headers=session | {"x-csrf": token[1]}
        ).json()
        assert httpx.get(f"{one}desk/cases/{kept['id']}", headers=session).status_code == 200
    assert sorted(settings.index_dir.rglob("*")) == before


@pytest.fixture(scope="module")
def proxied(replicas: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """deploy/nginx.conf as it stands, before the replicas, with ports and a certificate of the tests'."""
    nginx, openssl = shutil.which("nginx") or shutil.which("/usr/sbin/nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("需要 nginx 和 openssl")
    home = tmp_path_factory.mktemp("nginx")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", home / "privkey.pem", "-out", home / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    plain, secure = free_port(), free_port()
    conf = (DEPLOY / "nginx.conf").read_text("utf-8").replace("/etc/ssl/policy-assistant", str(home))
    changes = {"listen 80;": f"listen 127.0.0.1:{plain};", "listen 443 ssl;": f"listen 127.0.0.1:{secure} ssl;"}
    changes |= {f"127.0.0.1:{7860 + n}": httpx.URL(url).netloc.decode() for n, url in enumerate(replicas)}
    for old, new in changes.items():
        assert old in conf
        conf = conf.replace(old, new)
    paths = "".join(
        f"{kind}_temp_path {home}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""
    whole = f"{user}daemon off; pid {home}/pid; error_log {home}/error.log; events {{}} http {{ access_log off; {paths}\n{conf}\n}}"
    (home / "nginx.conf").write_text(whole, "utf-8")
    checked = subprocess.run([nginx, "-t", "-c", home / "nginx.conf"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([nginx, "-c", home / "nginx.conf"])
    url = f"https://127.0.0.1:{secure}/"
    try:
        ready(url, verify=_trusting(home))
        yield url, home
    finally:
        process.terminate()
        process.wait()


def _trusting(home: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(home / "fullchain.pem"))


def test_behind_the_proxy_visitors_are_answered_over_tls_and_staff_sign_in(proxied: tuple[str, Path]) -> None:
    url, home = proxied
    verify = _trusting(home)
    assert '"amount_yuan": "1000000"' in ask(url, "今年销售收入首次突破5亿元，奖多少", verify=verify)
    with httpx.Client(base_url=url, verify=verify) as client:
        front = client.get("")
        assert "max-age" in front.headers["strict-transport-security"]
        assert re.search(r'"root":\s*"https://127', client.get("config").text)
        signed_in = client.post("desk/login", data={"name": "lin", "password": PASSWORD})
        assert signed_in.status_code == 303
        assert "secure" in signed_in.headers["set-cookie"].lower()
        assert client.get("desk").status_code == 200
        assert client.get("metrics").status_code == 404
        assert client.post("feedback", content=b"x" * 3_000_000).status_code == 413
        limited = [client.post("feedback", json={}, headers={"x-forwarded-for": f"192.0.2.{n}"}) for n in range(25)]
        assert limited[-1].status_code == 429  # a visitor that gives itself other addresses is the same
