"""Real databases: a SQLite file for each test, and one PostgreSQL server with a database for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from assistant.desk.store import Store, open_store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_NUMBERS = count()


@dataclass
class Postgres:
    """A server of the tests' own; the program refuses to run as root, so root lends it another user."""

    programs: Path
    directory: Path
    port: int

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._run(
            "pg_ctl",
            "-D",
            str(self.directory / "data"),
            "-w",
            "-l",
            str(self.directory / "log"),
            "-o",
            options,
            "start",
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-m", "fast", "stop")

    def kill(self) -> None:
        """As when the power goes: the server and all it has started are gone at once."""
        postmaster = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True)
        for pid in (postmaster, *map(int, children.stdout.split())):
            os.kill(pid, signal.SIGKILL)
        (self.directory / "data" / "postmaster.pid").unlink()  # nobody may have reaped it, and then it seems to live

    def make(self) -> None:
        self._run(
            "initdb", "-D", str(self.directory / "data"), "-U", "desk", "--auth=trust", "-E", "UTF8", "--locale=C"
        )
        self.start()

    def new_database(self) -> str:
        name = f"desk{next(_NUMBERS)}"
        engine = create_engine(
            f"postgresql+psycopg://desk@127.0.0.1:{self.port}/postgres", isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"postgresql://desk@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        user = _OTHER if os.geteuid() == 0 else None
        done = subprocess.run([self.programs / program, *arguments], stdout=subprocess.DEVNULL, user=user, cwd="/")
        log = self.directory / "log"
        assert done.returncode == 0, log.read_text("utf-8", "replace")[-2000:] if log.exists() else program


_OTHER = "nobody"


def leave_no_room(store: Store) -> None:
    """From now on the disk is full to a SQLite store."""
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        pytest.skip("需要 PostgreSQL：apt-get install postgresql")
    directory = Path("/tmp") / f"desk-postgres-{os.getpid()}"  # a path its user can reach
    directory.mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(directory, pwd.getpwnam(_OTHER).pw_uid, -1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = Postgres(Path(program).parent, directory, port)
    try:
        server.make()
        yield server
        server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a new, empty database of the kind at each call."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.new_database
    return lambda: f"sqlite:///{tmp_path / f'desk{next(_NUMBERS)}.db'}"


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    opened = open_store(new_url())
    yield opened
    opened.engine.dispose()
