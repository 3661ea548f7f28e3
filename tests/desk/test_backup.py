"""A backup holds everything and fills an empty database of either kind; a purge takes only what is old."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from databases import NOON
from sqlalchemy import select, text

from assistant.desk import schema
from assistant.desk.accounts import Accounts
from assistant.desk.answers import find_answer, keep_reply
from assistant.desk.backup import back_up, purge, restore
from assistant.desk.cases import CaseForm, Filter, change_case, find_cases, open_case
from assistant.desk.inbox import Feedback, keep_feedback
from assistant.desk.store import Store, open_store
from assistant.errors import StoreUnusable
from assistant.wiring import Assistant

TABLES = [table for table in schema.Table.metadata.sorted_tables if table.name != "sign_ins"]


def fill(store: Store, assistant: Assistant) -> str:
    accounts = Accounts(store)
    accounts.add("lin", "staff", "correct horse 9", NOON)
    accounts.sign_in("lin", "correct horse 9", "10.0.0.1", NOON)
    case = open_case(store, CaseForm(question="技改“补”多少\n", due=date(2026, 3, 5)), "lin", NOON)
    change_case(store, case.id, case.version, CaseForm(question="改过的", outcome="resolved"), "lin", NOON)
    reply = assistant.reply(["技改投3000万最高补多少"], NOON.date())
    keep_reply(store, ["技改投3000万最高补多少"], NOON.date(), "v1", reply, "page", NOON)
    keep_feedback(store, Feedback(receipt=reply.receipt, verdict="bad"), NOON)
    return reply.receipt


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as session:
        return {
            t.name: [tuple(row) for row in session.execute(select(t).order_by(*t.primary_key.columns))] for t in TABLES
        }


def test_a_backup_fills_an_empty_database_of_either_kind(
    store: Store, new_url: Callable[[], str], assistant: Assistant, tmp_path: Path
) -> None:
    fill(store, assistant)
    token = Accounts(store).sign_in("lin", "correct horse 9", "10.0.0.1", NOON)
    file = tmp_path / "desk.backup"
    before = rows(store)
    count = back_up(store, file, NOON)
    assert count == sum(map(len, before.values()))
    assert file.stat().st_mode & 0o077 == 0
    for url in (new_url(), f"sqlite:///{tmp_path / 'other.db'}"):
        other = open_store(url)
        assert restore(other, file, NOON) == count
        after = rows(other)
        assert after.pop("audit")[:-1] == before["audit"]  # and a line that it was restored
        assert after == {name: lines for name, lines in before.items() if name != "audit"}
        assert Accounts(other).member(token, NOON) is None  # nobody is signed in by a backup
        assert open_case(other, CaseForm(question="下一件"), "lin", NOON).id > 1  # numbering goes on
        other.engine.dispose()


def test_a_database_with_something_in_it_is_not_restored_over(
    store: Store, assistant: Assistant, tmp_path: Path
) -> None:
    fill(store, assistant)
    back_up(store, tmp_path / "desk.backup", NOON)
    before = rows(store)
    with pytest.raises(StoreUnusable, match="不是空的"):
        restore(store, tmp_path / "desk.backup", NOON)
    assert rows(store) == before


def test_a_backup_is_never_written_over_nor_left_half_written(store: Store, tmp_path: Path) -> None:
    (tmp_path / "desk.backup").write_text("mine")
    with pytest.raises(StoreUnusable, match="已经有了"):
        back_up(store, tmp_path / "desk.backup", NOON)
    with pytest.raises(StoreUnusable, match="备份没有写成"):
        back_up(store, tmp_path / "missing" / "desk.backup", NOON)
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_a_backup_cut_short_foreign_or_damaged_restores_nothing(
    store: Store, new_url: Callable[[], str], assistant: Assistant, tmp_path: Path
) -> None:
    fill(store, assistant)
    file = tmp_path / "desk.backup"
    back_up(store, file, NOON)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    empty = open_store(new_url())
    for content, says in [
        (gzip.compress(b"".join(lines[:-1])), "不完整"),
        (gzip.compress(b"".join(lines[:3] + lines[4:])), "不完整"),
        (file.read_bytes()[:-20], "读不了"),
        (gzip.compress(b'{"format": "other"}\n'), "不是 assistant desk backup"),
        (b"plain words", "读不了"),
        (gzip.compress(lines[0].replace(b"0002", b"0001") + b"".join(lines[1:])), "结构版本"),
        (gzip.compress(lines[0] + b'{"table": "cases", "row": {"id": 1}}\n{"rows": 1}\n'), "放不进数据库"),
        (gzip.compress(b"[]"), "读不了"),
        (gzip.compress(lines[0] + b'{"table": "nothing", "row": {}}\n{"rows": 1}\n'), "放不进数据库"),
    ]:
        bad = tmp_path / "bad.backup"
        bad.write_bytes(content)
        with pytest.raises(StoreUnusable, match=says):
            restore(empty, bad, NOON)
        assert sum(map(len, rows(empty).values())) == 0
    with pytest.raises(StoreUnusable, match="读不了"):
        restore(empty, tmp_path / "missing.backup", NOON)


def test_a_purge_takes_what_is_old_and_settled_and_keeps_the_rest(store: Store, assistant: Assistant) -> None:
    receipt = fill(store, assistant)
    old = NOON - timedelta(days=30)
    open_case(store, CaseForm(question="旧的、已答复", outcome="resolved"), "lin", old)
    open_case(store, CaseForm(question="旧的、已转部门", outcome="referred"), "lin", old)
    open_case(store, CaseForm(question="旧的、没办完", receipt="abcdefabcd"), "lin", old)
    for turn, kept in (("旧的", "abcdefabcd"), ("更旧的", "0123456789")):
        reply = assistant.reply([turn], old.date()).model_copy(update={"receipt": kept})
        keep_reply(store, [turn], old.date(), "v1", reply, "page", old)
    with store.read() as session:
        trail = session.execute(text("SELECT count(*) FROM audit")).scalar_one()
    counts = purge(store, 30, NOON + timedelta(seconds=1))
    assert counts["案件"] == 2
    assert [c.question for c in find_cases(store, Filter())] == ["改过的", "旧的、没办完"]
    assert find_answer(store, receipt) is not None
    assert find_answer(store, "abcdefabcd") is not None  # an open case still rests on it
    assert find_answer(store, "0123456789") is None
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM audit")).scalar_one() == trail + 1


def test_the_day_of_the_limit_itself_is_kept(store: Store) -> None:
    open_case(store, CaseForm(question="刚好", outcome="resolved"), "lin", NOON - timedelta(days=30))
    assert purge(store, 30, NOON)["案件"] == 0
    assert purge(store, 30, NOON + timedelta(seconds=1))["案件"] == 1
