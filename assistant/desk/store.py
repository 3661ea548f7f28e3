"""A database URL → a store: migrated tables, transactions that wait for their turn, and errors in words.

A store whose database is away stays of use: it prepares it as soon as it is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from assistant.desk.schema import Audit
from assistant.errors import AssistantError, SettingsError, StoreAway, StoreUnusable

MIGRATIONS = Path(__file__).parent / "migrations"
_PATIENCE = 5  # seconds a write waits for another process's
_LOCK = 0x706F6C69  # whoever migrates a PostgreSQL database holds this advisory lock


class Store:
    """The desk's database. Whatever a `write()` did is on disk when it ends; if it raises, nothing of it is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = Lock()
        self.failed: Callable[[], object] = lambda: None  # told each time it could not be used
        self._is_prepared = False

    @property
    def url(self) -> str:
        """Where it is, with the password: for another process of ours only."""
        return self.engine.url.render_as_string(hide_password=False)

    def prepare(self) -> None:
        """Bring the tables up to date, where that has not been done; a SQLite file is made where there is none."""
        if self._is_prepared:
            return
        if self.engine.dialect.name == "sqlite":
            path = Path(str(self.engine.url.database))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # nobody else's to read
            except OSError as error:
                self.failed()
                raise StoreAway(_unwritable(path, error.strerror or str(error))) from error
        self.migrate()
        self._is_prepared = True

    def trouble(self) -> str:
        """Why nothing can be written, in words for whoever is not signed in; "" where it can."""
        try:
            with self.write():
                return ""
        except StoreUnusable as error:
            return error.SHOWN if isinstance(error, StoreAway) else str(error)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database; what it changes is not kept."""
        self.prepare()
        engine = self.engine
        if engine.dialect.name == "postgresql":  # SQLite's do so of themselves
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self._in_words(), Session(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that takes its turn before it reads, and is kept when the block ends."""
        self.prepare()
        engine = self.engine.execution_options(writes=True)
        with self._in_words(), self._in_turn(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def revision(self) -> str | None:
        """The version its tables are at; None where there are none."""
        with self._in_words(), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables up (or, to an older revision, down); several processes may try at once."""
        with self._in_words(), self.engine.execution_options(writes=True).begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            current = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(current, self.engine)
            config = _config(connection)
            ours = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
            goes_down = revision == "base" or (current in ours and revision in ours[ours.index(current) + 1 :])
            try:
                (command.downgrade if goes_down else command.upgrade)(config, revision)
            except CommandError as error:
                raise StoreUnusable(f"没有结构版本 {revision}；可用：{'、'.join(ours)}、base、head。") from error

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """One write of this process after another: SQLite has one writer, and lets the rest sleep and try again.

        Who has waited too long goes on, and is told by the database that it cannot be written.
        """
        is_ours = self.engine.dialect.name == "sqlite" and self._turn.acquire(timeout=_PATIENCE)
        try:
            yield
        finally:
            if is_ours:
                self._turn.release()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if not (error.connection_invalidated or _is_trouble(error)):
                raise
            self.failed()
            why = str(error.orig).strip().splitlines()[0]
            raise StoreAway(
                f"没有记下：数据库 {_name(self.engine)} 用不了（{why}）。请稍后再试，或请管理员运行 assistant doctor。"
            ) from error


def open_store(url: str) -> Store:
    """Connect and prepare; `StoreUnusable` where that cannot be done now."""
    store = name_store(url)
    store.prepare()
    return store


def name_store(url: str) -> Store:
    """The store at a URL, whose database need not be there yet; `SettingsError` for what is no URL of one."""
    return Store(_open_engine(url))


def inspect(url: str) -> tuple[bool, str]:
    """Whether the database at a URL is well, and what it is or what to do about it; nothing is made or changed."""
    try:
        engine = _open_engine(url)
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            if shut := _shut(path):
                return False, _unwritable(path, f"{shut} 不能读写")
            if not path.exists():
                return True, f"数据库：{_name(engine)}，还没有，首次启动时建立"
        revision = Store(engine).revision()
    except AssistantError as error:
        return False, str(error)
    if revision == newest():
        return True, f"数据库：{_name(engine)}，结构版本 {revision}"
    return (
        False,
        f"数据库：{_name(engine)}，结构版本 {revision or '无'}，程序要求 {newest()}。请运行 assistant desk migrate。",
    )


def _shut(path: Path) -> Path | None:
    """What keeps a SQLite file from being read, made or changed: itself, or its directory, where its journal goes."""
    places = (path, path.parent) if os.path.lexists(path) else (path.parent,)
    for place in places:
        while not os.path.lexists(place):  # it will be made
            place = place.parent
        if not os.access(place, os.R_OK | os.W_OK | (os.X_OK if place.is_dir() else 0)):
            return place
    return None


def _unwritable(path: Path, why: str) -> str:
    return (
        f"写不了数据库文件 {path}（{why}）。问题照常回答，但提问、评价和案件都记不下，坐席台用不了。"
        "请改正它和所在目录的权限，或改 ASSISTANT_DATABASE_URL。"
    )


def newest() -> str:
    """The revision this program's tables are at."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def note(session: Session, at: datetime, who: str, action: str, detail: str = "") -> None:
    """A line of the audit trail, kept together with what it tells of."""
    session.add(Audit(at=at, who=who, action=action, detail=detail))


def _open_engine(url: str) -> Engine:
    """An engine for a URL; SQLite is in WAL mode and synced at every commit."""
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise SettingsError(f"ASSISTANT_DATABASE_URL={url}：须写明文件，例如 sqlite:///assistant.db。")
            engine = create_engine(parsed, connect_args={"timeout": _PATIENCE}, hide_parameters=True)
            _prepare_sqlite(engine)
            return engine
        if kind == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            return create_engine(
                parsed, pool_pre_ping=True, connect_args={"connect_timeout": _PATIENCE}, hide_parameters=True
            )
        raise SettingsError(f"ASSISTANT_DATABASE_URL：不认识 {kind}，可用 sqlite 或 postgresql。")
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            "ASSISTANT_DATABASE_URL 不是数据库地址，应如 sqlite:///assistant.db 或 postgresql://用户:密码@主机/库。"
        ) from error


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads and then writes must hold the lock from its start: a later upgrade is refused.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_trouble(error: DBAPIError) -> bool:
    """Whether it is the server or the disk that failed, and not a statement of ours."""
    return type(error.orig).__name__ in {"OperationalError", "InterfaceError", "DiskFull", "DatabaseError"} or (
        getattr(error.orig, "sqlstate", None) or ""
    ).startswith(("08", "53", "55", "57", "58"))


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_newer(current: str | None, engine: Engine) -> None:
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if current is not None and current not in known:
        raise StoreUnusable(f"数据库 {_name(engine)} 的结构版本 {current} 比本程序新。请升级程序，或换一个数据库。")
