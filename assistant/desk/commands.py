"""`assistant desk …`: accounts, backup and restore, clearing, migrating and grouping, from the command line."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import UnusableInput
from assistant.settings import read_settings

if TYPE_CHECKING:
    from assistant.desk.store import Store

_OK = 0


def add_commands(parser: argparse.ArgumentParser, parser_class: type[argparse.ArgumentParser]) -> None:
    """Add the commands below `desk` to a parser."""
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True, parser_class=parser_class)

    def command(name: str, says: str, run: Callable[[Store, argparse.Namespace], str]) -> Any:
        added = commands.add_parser(name, help=says, description=f"{says}。")
        added.set_defaults(run=lambda arguments: _run(run, arguments))
        return added

    add = command("add", "建立坐席账号；密码在提示后输入，或从标准输入读一行", _add)
    add.add_argument("name", metavar="账号")
    add.add_argument("--role", choices=("staff", "supervisor"), default="staff", help="坐席（默认）或主管")
    command("password", "改密码并解锁，所有登录随之失效", _password).add_argument("name", metavar="账号")
    role = command("role", "改账号的角色", _role)
    role.add_argument("name", metavar="账号")
    role.add_argument("role", choices=("staff", "supervisor"), metavar="角色")
    command("disable", "停用账号，做过的事仍在记录里", _disable).add_argument("name", metavar="账号")
    command("enable", "重新启用账号", _enable).add_argument("name", metavar="账号")
    command("accounts", "列出账号", _accounts)
    command("backup", "把数据库备份成一个文件", _backup).add_argument("file", metavar="文件", type=Path)
    command("restore", "把备份恢复到空的数据库", _restore).add_argument("file", metavar="文件", type=Path)
    purge = command("purge", "清理多少天以前的记录（默认 ASSISTANT_RETENTION_DAYS）", _purge)
    purge.add_argument("--days", type=int)
    purge.add_argument("--yes", action="store_true", help="时钟核对过了，全部记录都过期也清理")
    migrate = command("migrate", "把数据库升级（或退回）到某个结构版本", _migrate)
    migrate.add_argument("revision", nargs="?", default="head", metavar="版本")
    migrate.add_argument("--yes", action="store_true", help="退回时丢掉数据也行")
    command("group", "把相似的反馈归在一起", _group)


def _run(run: Callable[[Store, argparse.Namespace], str], arguments: argparse.Namespace) -> int:
    from assistant.desk.store import open_store

    print(run(open_store(read_settings().database_url.get_secret_value()), arguments))
    return _OK


def _add(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts

    Accounts(store).add(arguments.name, arguments.role, _read_password(), _now())
    return f"已建立账号 {arguments.name}。"


def _password(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts

    Accounts(store).change_password(arguments.name, _read_password(), _now())
    return f"已改 {arguments.name} 的密码。"


def _role(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts

    Accounts(store).set_role(arguments.name, arguments.role, _now())
    return f"{arguments.name} 的角色改为 {arguments.role}。"


def _disable(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts

    Accounts(store).set_active(arguments.name, False, _now())
    return f"已停用 {arguments.name}。"


def _enable(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts

    Accounts(store).set_active(arguments.name, True, _now())
    return f"已启用 {arguments.name}。"


def _accounts(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.accounts import Accounts
    from assistant.desk.schema import ROLES

    rows = [f"{name}\t{ROLES[role]}\t{'在用' if active else '停用'}" for name, role, active in Accounts(store).all()]
    return "\n".join(rows) or "还没有账号。用 assistant desk add 账号 建一个。"


def _backup(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.backup import back_up

    return f"已备份 {back_up(store, arguments.file, _now())} 行到 {arguments.file}。"


def _restore(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.backup import restore

    return f"已从 {arguments.file} 恢复 {restore(store, arguments.file, _now())} 行。"


def _purge(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.backup import purge

    days = arguments.days if arguments.days is not None else read_settings().retention_days
    if days < 1:
        raise UnusableInput(f"--days {days}：至少 1 天。")
    counts = purge(store, days, _now(), is_sure=arguments.yes)
    return f"已清理 {days} 天以前的：" + "，".join(f"{name} {count} 条" for name, count in counts.items()) + "。"


def _migrate(store: Store, arguments: argparse.Namespace) -> str:
    if arguments.revision not in ("head", store.revision()) and not arguments.yes:
        raise UnusableInput(f"退到 {arguments.revision} 会丢掉数据。先备份，确定要退再加 --yes。")
    store.migrate(arguments.revision)
    return f"数据库的结构版本：{store.revision() or '无'}。"


def _group(store: Store, arguments: argparse.Namespace) -> str:
    from assistant.desk.inbox import group_alike
    from assistant.embeddings import open_embeddings

    return f"归出 {group_alike(store, open_embeddings(read_settings().embedding_model))} 组相似的反馈。"


def _read_password() -> str:
    if sys.stdin.isatty():
        password = getpass.getpass("密码：")
        if getpass.getpass("再输入一次：") != password:
            raise UnusableInput("两次输入的密码不一样。")
        return password
    return sys.stdin.readline().rstrip("\n")


def _now() -> datetime:
    return datetime.now().astimezone()
