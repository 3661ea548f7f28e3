"""Databases of the tests' own: a PostgreSQL server that can be killed, and a disk without room."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, event, text

from assistant.desk.store import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NUMBERS = count()


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
        name = f"desk{next(NUMBERS)}"
        engine = create_engine(
            f"postgresql+psycopg://desk@127.0.0.1:{self.port}/postgres", isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"postgresql://desk@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        user = OTHER if os.geteuid() == 0 else None
        done = subprocess.run([self.programs / program, *arguments], stdout=subprocess.DEVNULL, user=user, cwd="/")
        log = self.directory / "log"
        assert done.returncode == 0, log.read_text("utf-8", "replace")[-2000:] if log.exists() else program


OTHER = "nobody"


def leave_no_room(store: Store) -> None:
    """From now on the disk is full to a SQLite store."""
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
