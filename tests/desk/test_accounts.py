"""Accounts: hashed, locked when guessed at, signed out when idle; each side of every limit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from databases import NOON
from sqlalchemy import select

from assistant.desk.accounts import (
    IDLE,
    LOCKS_ADDRESS,
    LOCKS_EVERYWHERE,
    LOCKS_NAME,
    LONGEST,
    WHILE,
    Accounts,
    Member,
    is_genuine,
)
from assistant.desk.schema import SignIn, Staff
from assistant.desk.store import Store
from assistant.desk.supervision import audit_trail
from assistant.errors import AccessRefused, UnusableInput

PASSWORD = "correct horse 9"
SECOND = timedelta(seconds=1)


@pytest.fixture
def accounts(store: Store) -> Accounts:
    accounts = Accounts(store)
    accounts.add("lin", "staff", PASSWORD, NOON)
    return accounts


def guess(accounts: Accounts, times: int, name: str = "lin", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(AccessRefused, match="账号或密码不对"):
            accounts.sign_in(name, "wrong guess 1", address, NOON)


def test_who_knows_the_password_is_signed_in_and_known_again(accounts: Accounts) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    member = accounts.member(token, NOON)
    assert member is not None
    assert (member.name, member.role, member.is_supervisor) == ("lin", "staff", False)
    assert is_genuine(member, member.csrf)
    assert not is_genuine(member, "")
    assert not is_genuine(member, "另一个")
    assert accounts.member(token[:-1], NOON) is None
    assert accounts.member("", NOON) is None


def test_neither_password_nor_token_is_kept(accounts: Accounts, store: Store) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    with store.read() as session:
        hashed = session.scalars(select(Staff.password_hash)).one()
        token_hash = session.scalars(select(SignIn.token_hash)).one()
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed
    assert token not in token_hash


def test_a_name_is_locked_at_the_limit_and_not_before(accounts: Accounts) -> None:
    guess(accounts, LOCKS_NAME - 1)
    accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)  # and a right one clears the count
    guess(accounts, LOCKS_NAME)
    with pytest.raises(AccessRefused, match="15 分钟后再登录"):
        accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    with pytest.raises(AccessRefused, match="15 分钟后"):
        accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON + WHILE - SECOND)
    accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON + WHILE + SECOND)


def test_a_stranger_who_guesses_does_not_keep_a_member_out(accounts: Accounts) -> None:
    guess(accounts, LOCKS_NAME, address="203.0.113.9")
    accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)


def test_a_name_guessed_at_from_many_addresses_is_locked_everywhere(accounts: Accounts) -> None:
    for n in range(LOCKS_EVERYWHERE):
        guess(accounts, 1, address=f"203.0.113.{n}")
    with pytest.raises(AccessRefused, match="15 分钟后"):
        accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)


def test_a_name_that_does_not_exist_is_locked_just_the_same(accounts: Accounts) -> None:
    guess(accounts, LOCKS_NAME, name="nobody")
    with pytest.raises(AccessRefused, match="15 分钟后"):
        accounts.sign_in("nobody", PASSWORD, "10.0.0.1", NOON)


def test_an_address_that_tries_many_names_is_shut_out(accounts: Accounts) -> None:
    for n in range(LOCKS_ADDRESS):
        guess(accounts, 1, name=f"name{n}")
    with pytest.raises(AccessRefused, match="15 分钟后"):
        accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    accounts.sign_in("lin", PASSWORD, "10.0.0.2", NOON)


@pytest.mark.parametrize(
    ("seen", "now", "is_in"),
    [
        (timedelta(), IDLE, True),
        (timedelta(), IDLE + SECOND, False),
        (IDLE - SECOND, 2 * IDLE - SECOND - SECOND, True),
    ],
)
def test_who_does_nothing_for_a_while_is_signed_out(
    accounts: Accounts, seen: timedelta, now: timedelta, is_in: bool
) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    assert accounts.member(token, NOON + seen) is not None
    assert (accounts.member(token, NOON + now) is not None) is is_in


def test_however_busy_nobody_stays_signed_in_past_the_longest_time(accounts: Accounts) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    at = NOON
    while at + IDLE <= NOON + LONGEST:
        at += IDLE
        assert accounts.member(token, at) is not None
    assert accounts.member(token, NOON + LONGEST + SECOND) is None


def test_signing_out_changing_the_password_and_disabling_each_end_every_sign_in(accounts: Accounts) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    accounts.sign_out(token, "lin", NOON)
    assert accounts.member(token, NOON) is None
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    guess(accounts, LOCKS_NAME)
    accounts.change_password("lin", "another horse 8", NOON)
    assert accounts.member(token, NOON) is None
    token = accounts.sign_in("lin", "another horse 8", "10.0.0.1", NOON)  # and it is unlocked
    accounts.set_active("lin", False, NOON)
    assert accounts.member(token, NOON) is None
    with pytest.raises(AccessRefused, match="账号或密码不对"):
        accounts.sign_in("lin", "another horse 8", "10.0.0.1", NOON)
    accounts.set_active("lin", True, NOON)
    assert isinstance(accounts.member(accounts.sign_in("lin", "another horse 8", "x", NOON), NOON), Member)


@pytest.mark.parametrize("weak", ["short 9", "lin lin lin lin", "aaaabbbbaaaa", ""])
def test_a_weak_password_is_refused_with_what_is_wanted(accounts: Accounts, weak: str) -> None:
    with pytest.raises(UnusableInput, match="至少 10 位"):
        accounts.change_password("lin", weak, NOON)


def test_a_name_in_use_unfit_or_unknown_is_told(accounts: Accounts) -> None:
    with pytest.raises(UnusableInput, match="已经有了"):
        accounts.add("lin", "staff", PASSWORD, NOON)
    with pytest.raises(UnusableInput, match="不能用"):
        accounts.add("a b", "staff", PASSWORD, NOON)
    with pytest.raises(UnusableInput, match="没有账号“wu”；现有：lin"):
        accounts.change_password("wu", PASSWORD, NOON)


def test_a_sign_in_ended_while_it_is_being_looked_at_stays_ended(
    accounts: Accounts, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    write = store.write

    def disabled_meanwhile() -> object:
        monkeypatch.setattr(store, "write", write)
        accounts.set_active("lin", False, NOON)
        accounts.set_active("lin", True, NOON)
        return write()

    monkeypatch.setattr(store, "write", disabled_meanwhile)
    assert accounts.member(token, NOON + IDLE / 2) is None
    assert accounts.member(token, NOON + IDLE / 2) is None


def test_an_old_password_does_not_survive_a_change_made_while_it_is_checked(
    accounts: Accounts, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.write

    def changed_meanwhile() -> object:
        monkeypatch.setattr(store, "write", write)
        accounts.change_password("lin", "another horse 8", NOON)
        return write()

    monkeypatch.setattr(store, "write", changed_meanwhile)
    with pytest.raises(AccessRefused):
        accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)


def test_the_role_is_changed_by_command(accounts: Accounts) -> None:
    accounts.set_role("lin", "supervisor", NOON)
    assert accounts.all() == [("lin", "supervisor", True)]


def test_what_a_stranger_types_for_a_name_is_not_kept_for_ever(accounts: Accounts, store: Store) -> None:
    guess(accounts, LOCKS_NAME, name="李雷13800138000")
    lines = [(line.who, line.action) for line in audit_trail(store)]
    assert lines[:2] == [("未知账号", "登录锁定"), ("未知账号", "登录失败")]
    assert not any("13800138000" in line.who + line.detail for line in audit_trail(store))


def test_every_step_stands_in_the_audit_trail(accounts: Accounts, store: Store) -> None:
    accounts.sign_in("lin", PASSWORD, "10.0.0.1", NOON)
    guess(accounts, 1)
    done = [(line.who, line.action) for line in audit_trail(store)]
    assert done == [("lin", "登录失败"), ("lin", "登录"), ("命令行", "建立账号")]
