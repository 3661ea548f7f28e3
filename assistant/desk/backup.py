"""A database → one file, and back into an empty database of either kind; and what is too old, removed."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, DateTime, ForeignKey, Table, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from assistant.desk import schema
from assistant.desk.store import Store, newest, note
from assistant.errors import StoreUnusable, UnusableInput

# Who is signed in is no business of a backup.
_TABLES = [t for t in schema.Table.metadata.sorted_tables if t.name != schema.SignIn.__tablename__]
_BATCH = 500
_FORMAT = "policy-assistant desk backup"


def back_up(store: Store, path: Path, at: datetime) -> int:
    """Write every row as it stands at one moment to a new file, made whole or not at all; how many rows there are."""
    if path.exists():
        raise StoreUnusable(f"{path} 已经有了，没有覆盖。请换一个文件名。")
    unfinished = path.with_name(f"{path.name}.unfinished")
    private = os.umask(0o077)  # it holds what callers said and the hashes of passwords
    count = 0
    try:
        with store.read() as session, gzip.open(unfinished, "wt", encoding="utf-8") as file:
            connection = session.connection()
            file.write(json.dumps({"format": _FORMAT, "revision": newest()}) + "\n")
            for table in _TABLES:
                for row in connection.execute(select(table)).mappings():
                    line = {"table": table.name, "row": dict(row)}
                    file.write(json.dumps(line, ensure_ascii=False, default=_written) + "\n")
                    count += 1
            file.write(json.dumps({"rows": count}) + "\n")
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StoreUnusable(f"备份没有写成：{path}（{error.strerror}）。请换一个能写、够大的地方。") from error
    finally:
        os.umask(private)
    with store.write() as session:
        note(session, at, "命令行", "备份", f"{path.name}，{count} 行")
    return count


def restore(store: Store, path: Path, at: datetime) -> int:
    """Put a backup into an empty database, all of it or nothing; how many rows there are."""
    with store.write() as session:
        connection = session.connection()
        if filled := [t.name for t in _TABLES if connection.scalar(select(func.count()).select_from(t))]:
            raise StoreUnusable(
                f"数据库不是空的（{'、'.join(filled)}），没有恢复。请把 ASSISTANT_DATABASE_URL 指向一个新的数据库。"
            )
        try:
            count = 0
            for table, rows in _read(path):
                connection.execute(insert(table), rows)
                count += len(rows)
        except (SQLAlchemyError, KeyError, ValueError, TypeError) as error:
            raise StoreUnusable(f"{path} 的内容放不进数据库（{type(error).__name__}），什么都没有恢复。") from error
        _go_on_numbering(connection)
        note(session, at, "命令行", "恢复", f"{path.name}，{count} 行")
        return count


def purge(store: Store, days: int, at: datetime, *, is_sure: bool = False) -> dict[str, int]:
    """Remove what is older than some days, and how many of each; open cases and the audit trail stay.

    Where even the newest line of the trail is that old, it may be the clock that is wrong: `UnusableInput`, unless
    `is_sure`.
    """
    before = at - timedelta(days=days)
    case, answer, signal = schema.Case, schema.Answer, schema.Signal
    held = select(case.receipt)
    with store.write() as session:
        newest_line = session.scalar(select(func.max(schema.Audit.at)))
        if newest_line is not None and newest_line < before and not is_sure:
            raise UnusableInput(
                f"没有清理：最近一笔操作记录也在 {days} 天以前（{newest_line:%Y-%m-%d}），现在的时钟是 {at:%Y-%m-%d}。"
                "请先核对时钟；确定无误再加 --yes。"
            )
        gone = {
            "案件": delete(case).where(case.changed_at < before, case.outcome.in_(("resolved", "referred"))),
            "提问记录": delete(schema.Asked).where(schema.Asked.at < before),
            "反馈": delete(signal).where(signal.at < before),
            "回答": delete(answer).where(answer.first_at < before, answer.receipt.not_in(held)),
            "登录尝试": delete(schema.Attempt).where(schema.Attempt.at < before),
        }
        counts = {name: session.execute(statement).rowcount for name, statement in gone.items()}  # type: ignore[attr-defined]
        note(session, at, "命令行", "清理", f"{days} 天以前：" + "，".join(f"{k} {n}" for k, n in counts.items()))
        return counts


def _read(path: Path) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    tables = {table.name: table for table in _TABLES}
    count = 0
    batch: list[dict[str, Any]] = []
    current: Table | None = None
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            head = json.loads(next(file, "{}"))
            if head.get("format") != _FORMAT:
                raise StoreUnusable(f"{path} 不是 assistant desk backup 写的备份。")
            if head["revision"] != newest():
                raise StoreUnusable(
                    f"{path} 的结构版本是 {head['revision']}，本程序是 {newest()}。请用同版本的程序恢复后再升级。"
                )
            is_whole = False
            for line in file:
                item = json.loads(line)
                if "rows" in item:
                    is_whole = item["rows"] == count
                    break
                table = tables[item["table"]]
                if batch and (table is not current or len(batch) == _BATCH):
                    assert current is not None
                    yield current, batch
                    batch = []
                current = table
                batch.append(_row(table, item["row"]))
                count += 1
            if not is_whole:
                raise StoreUnusable(f"{path} 不完整，什么都没有恢复。请换一份备份。")
            if current is not None and batch:
                yield current, batch
    except (OSError, EOFError, zlib.error, AttributeError, json.JSONDecodeError) as error:
        raise StoreUnusable(f"读不了备份 {path}（{error}），什么都没有恢复。") from error


def _row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its days and moments read back."""
    for column in table.columns:
        value = row.get(column.name)
        if value is None:
            continue
        kind = getattr(column.type, "impl", column.type)
        if isinstance(kind, DateTime):
            row[column.name] = datetime.fromisoformat(value)
        elif isinstance(kind, Date):
            row[column.name] = date.fromisoformat(value)
    return row


def _written(value: object) -> str:
    assert isinstance(value, date)  # moments are days too
    return value.isoformat()


def _go_on_numbering(connection: Connection) -> None:
    """PostgreSQL numbers rows by sequences, which rows put in with their numbers do not move."""
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        key = next(iter(table.primary_key.columns))
        if table.autoincrement_column is not None and not any(isinstance(k, ForeignKey) for k in key.foreign_keys):
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "
                    f"COALESCE((SELECT max({key.name}) FROM {table.name}), 0) + 1, false)"
                )
            )
