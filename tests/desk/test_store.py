"""The desk's database on SQLite and on PostgreSQL: migrated, written to by many, killed, full."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import NOON, Postgres, leave_no_room
from sqlalchemy import event, text
from sqlalchemy import inspect as look_at
from sqlalchemy.exc import DBAPIError

from assistant.desk import store as module
from assistant.desk.cases import CaseForm, Filter, change_case, find_case, find_cases, open_case
from assistant.desk.schema import Table
from assistant.desk.store import Store, inspect, name_store, newest, note, open_store
from assistant.errors import EditConflict, SettingsError, StoreAway, StoreUnusable
from assistant.settings import ROOT

FORM = CaseForm(caller="王先生", question="技改投3000万最高补多少", answer="最高不超过 300 万元", receipt="b1886dc957")

# Writes cases until it is killed; says each case's number once it has been kept.
WRITER = """
import sys
from datetime import UTC, datetime
from assistant.desk.cases import CaseForm, open_case
from assistant.desk.store import open_store
store = open_store(sys.argv[1])
for n in range(int(sys.argv[2])):
    case = open_case(store, CaseForm(question=f"{sys.argv[3]}-{n}"), "lin", datetime.now(UTC))
    print(f"{sys.argv[3]}-{n}", flush=True)
"""


def writer(url: str, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, str(count), name], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def acknowledged_until_killed(process: subprocess.Popen[str], after: int, kill: Callable[[], None]) -> list[str]:
    """What the writer had said when it was killed after so many lines, a line that was cut short aside."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if len(said) == after:
            kill()
            break
    rest = process.stdout.read()
    process.wait()
    return [line.strip() for line in (*said, *rest.splitlines(keepends=True)) if line.endswith("\n")]


def questions(store: Store) -> set[str]:
    return {case.question for case in find_cases(store, Filter(), limit=None)}


# — Turns —


def test_writes_of_one_process_wait_in_line_and_not_at_the_database(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    begun: list[str] = []
    event.listen(store.engine, "begin", lambda connection: begun.append(threading.current_thread().name))

    def write() -> None:
        with store.write() as session:
            session.execute(text("SELECT 1"))

    second = threading.Thread(target=write, name="second")
    with store.write() as session:
        session.execute(text("SELECT 1"))
        second.start()
        second.join(0.2)  # it cannot end
        assert begun == [threading.current_thread().name]
    second.join(30)
    assert begun[1:] == ["second"]


def test_a_write_that_waits_for_its_turn_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    told: list[BaseException] = []

    def write() -> None:
        with pytest.raises(StoreUnusable) as error, store.write() as session:
            session.execute(text("SELECT 1"))
        told.append(error.value)

    second = threading.Thread(target=write)
    with store.write() as session:
        session.execute(text("SELECT 1"))
        second.start()
        second.join(30)
    assert "locked" in str(told[0])
    with store.write() as session:  # and the turn is free again
        session.execute(text("SELECT 1"))


# — Structure —


def test_the_migrations_make_the_tables_that_the_program_has(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(store: Store) -> None:
    store.migrate("0001")
    assert store.revision() == "0001"
    with store.write() as session:  # before the second, a line of the trail may be changed
        note(session, NOON, "lin", "登录")
        session.flush()
        session.execute(text("UPDATE audit SET who = 'chen'"))
    store.migrate()
    assert store.revision() == newest()
    store.migrate("base")
    assert set(look_at(store.engine).get_table_names()) <= {"alembic_version"}
    store.migrate()
    assert store.revision() == newest()


def test_two_processes_may_open_a_new_database_at_once(new_url: Callable[[], str]) -> None:
    url = new_url()
    both = [writer(url, 1, name) for name in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    assert questions(open_store(url)) == {"a-0", "b-0"}


def test_a_database_of_a_newer_program_is_refused_with_the_next_step(store: Store) -> None:
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="9999 比本程序新"):
        open_store(store.url)
    assert inspect(store.url)[0] is False


def test_an_unknown_revision_is_named_with_those_there_are(store: Store) -> None:
    with pytest.raises(StoreUnusable, match="没有结构版本 0009；可用：0002、0001"):
        store.migrate("0009")


@pytest.mark.parametrize(
    ("url", "says"),
    [("nonsense", "不是数据库地址"), ("mysql://desk@localhost/x", "不认识 mysql"), ("sqlite://", "须写明文件")],
)
def test_a_url_that_cannot_be_used_is_named(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        open_store(url)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(StoreUnusable) as told:
        open_store("postgresql://desk:secret-word@127.0.0.1:9/none")
    assert "127.0.0.1:9" in str(told.value)
    assert "secret-word" not in str(told.value)


def test_looking_at_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert inspect(f"sqlite:///{tmp_path / 'none.db'}") == (
        True,
        f"数据库：sqlite:///{tmp_path / 'none.db'}，还没有，首次启动时建立",
    )
    assert not (tmp_path / "none.db").exists()


def test_the_audit_trail_can_be_neither_changed_nor_shortened(store: Store) -> None:
    with store.write() as session:
        note(session, NOON, "lin", "登录", "127.0.0.1")
    for statement in ("UPDATE audit SET who = 'chen'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="the audit trail is final"), store.write() as session:
            session.execute(text(statement))
    with store.read() as session:
        assert session.execute(text("SELECT who FROM audit")).scalars().all() == ["lin"]


# — Many writers —


def test_two_who_change_one_case_at_once_lose_nothing(store: Store) -> None:
    case = open_case(store, FORM, "lin", NOON)
    changed = change_case(store, case.id, case.version, FORM.model_copy(update={"outcome": "resolved"}), "lin", NOON)
    assert changed.version == case.version + 1
    late = FORM.model_copy(update={"follow_up": "回电"})
    with pytest.raises(EditConflict, match="刚被别人改过"):
        change_case(store, case.id, case.version, late, "chen", NOON)
    now, revisions = find_case(store, case.id)
    assert (now.outcome, now.follow_up) == ("resolved", "")
    assert [r.changes for r in revisions] == [{"outcome": ["open", "resolved"]}]
    again = change_case(store, case.id, now.version, late.model_copy(update={"outcome": "resolved"}), "chen", NOON)
    assert (again.outcome, again.follow_up) == ("resolved", "回电")


def test_of_many_changes_of_one_version_exactly_one_is_kept(store: Store) -> None:
    case = open_case(store, FORM, "lin", NOON)
    outcomes: list[str] = []
    together = threading.Barrier(6)

    def change(name: str) -> None:
        together.wait()
        try:
            change_case(store, case.id, case.version, FORM.model_copy(update={"follow_up": name}), name, NOON)
            outcomes.append(name)
        except EditConflict:
            outcomes.append("")

    threads = [threading.Thread(target=change, args=(f"staff{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [name for name in outcomes if name]
    assert len(kept) == 1
    assert len(outcomes) == 6
    assert find_case(store, case.id)[0].follow_up == kept[0]


# — Killed, full, away —


def test_a_writer_killed_during_a_thousand_writes_loses_no_acknowledged_case(new_url: Callable[[], str]) -> None:
    url = new_url()
    told: set[str] = set()
    for round_, after in enumerate((1, 60, 139, 300, 500)):
        process = writer(url, 1000, f"r{round_}")
        told |= set(acknowledged_until_killed(process, after, process.kill))
    assert len(told) >= 1000
    assert told <= questions(open_store(url))


def test_a_postgresql_server_killed_while_writing_loses_no_acknowledged_case(postgres: Postgres) -> None:
    url = postgres.new_database()
    process = writer(url, 1000, "s")
    told = acknowledged_until_killed(process, 200, postgres.kill)
    assert process.returncode != 0
    postgres.start()
    kept = questions(open_store(url))
    assert len(told) >= 200
    assert set(told) <= kept


def test_a_full_disk_is_told_and_nothing_kept_before_is_lost(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    kept = open_case(store, FORM, "lin", NOON)
    leave_no_room(store)
    long = FORM.model_copy(update={"answer": "很长的答复。" * 3000})
    with pytest.raises(StoreUnusable, match=r"没有记下：.*full"):
        open_case(store, long, "lin", NOON)
    fresh = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    assert find_case(fresh, kept.id)[0].question == FORM.question
    assert open_case(fresh, FORM, "lin", NOON).id > kept.id


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(StoreUnusable, match="ASSISTANT_DATABASE_URL"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'desk.db'}")


def test_a_store_whose_database_is_away_is_of_use_as_soon_as_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    store = name_store(f"sqlite:///{tmp_path / 'file' / 'desk.db'}")
    for _ in range(2):
        with pytest.raises(StoreAway, match="问题照常回答"):
            open_case(store, FORM, "lin", NOON)
    with pytest.raises(StoreAway):
        find_cases(store, Filter())
    assert store.trouble() == StoreAway.SHOWN
    (tmp_path / "file").unlink()
    assert find_cases(store, Filter()) == []
    assert store.trouble() == ""
    assert find_case(store, open_case(store, FORM, "lin", NOON).id)[0].question == FORM.question


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"this is no database at all, " * 400)
    with pytest.raises(StoreUnusable, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'desk.db'}")


def test_a_statement_of_ours_that_is_wrong_is_not_taken_for_trouble_of_the_server(store: Store) -> None:
    with pytest.raises(DBAPIError), store.write() as session:
        session.execute(text("INSERT INTO staff (name) VALUES (NULL)"))
    assert module.newest() == store.revision()
