"""Names and passwords → who is signed in; made on the command line, kept hashed, locked when guessed at."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from assistant.desk.schema import ROLES, Attempt, Role, SignIn, Staff
from assistant.desk.store import Store, note
from assistant.errors import AccessRefused, UnusableInput

# Failed tries within the while that lock a name to an address, that shut an address out whatever the name, and that
# lock a name to every address: the last is high, so that a stranger cannot keep a member out by guessing.
LOCKS_NAME, LOCKS_ADDRESS, LOCKS_EVERYWHERE, WHILE = 5, 30, 50, timedelta(minutes=15)
# A sign-in ends when nothing is done for this long, and after this long in any case.
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
SHORTEST_PASSWORD = 10
_NAME = re.compile(r"[\w.-]{2,40}")
_HASHER = PasswordHasher()
_HASHING = BoundedSemaphore(2)  # each takes 64 MB


@dataclass(frozen=True)
class Member:
    """Who is signed in, and the token that each of their forms must carry."""

    name: str
    role: Role
    csrf: str

    @property
    def is_supervisor(self) -> bool:
        return self.role == "supervisor"


class Accounts:
    """The staff accounts of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, role: Role, password: str, at: datetime) -> None:
        """Make an account; `UnusableInput` for a name in use or a password too weak."""
        if not _NAME.fullmatch(name):
            raise UnusableInput(f"账号“{name}”不能用：2 到 40 个字母、数字、汉字、点、下划线或短横。")
        _refuse_weak(password, name)
        hashed = _HASHER.hash(password)
        with self._store.write() as session:
            if session.scalar(select(Staff).where(Staff.name == name)):
                raise UnusableInput(f"账号“{name}”已经有了。改密码用 assistant desk password {name}。")
            session.add(Staff(name=name, role=role, password_hash=hashed, created_at=at))
            note(session, at, "命令行", "建立账号", f"{name}（{ROLES[role]}）")

    def change_password(self, name: str, password: str, at: datetime) -> None:
        """Give an account another password; every browser signed in with it is signed out, and it is unlocked."""
        _refuse_weak(password, name)
        hashed = _HASHER.hash(password)
        with self._store.write() as session:
            staff = _find(session, name)
            staff.password_hash = hashed
            _sign_out_all(session, staff)
            session.execute(delete(Attempt).where(Attempt.name == name))
            note(session, at, "命令行", "改密码", name)

    def set_active(self, name: str, is_active: bool, at: datetime) -> None:
        """Let an account in, or keep it out and sign it out everywhere; what it did stays."""
        with self._store.write() as session:
            staff = _find(session, name)
            staff.is_active = is_active
            if not is_active:
                _sign_out_all(session, staff)
            note(session, at, "命令行", "启用账号" if is_active else "停用账号", name)

    def set_role(self, name: str, role: Role, at: datetime) -> None:
        """Make an account a supervisor's or staff's."""
        with self._store.write() as session:
            _find(session, name).role = role
            note(session, at, "命令行", "改角色", f"{name}（{ROLES[role]}）")

    def all(self) -> list[tuple[str, Role, bool]]:
        """Every account: name, role and whether it may sign in."""
        with self._store.read() as session:
            return [(s.name, s.role, s.is_active) for s in session.scalars(select(Staff).order_by(Staff.name))]

    def sign_in(self, name: str, password: str, address: str, at: datetime) -> str:
        """A new browser's secret token; `AccessRefused` for a wrong password, a locked name or a busy address.

        A name that does not exist takes as long and is locked as one that does.
        """
        name, address = name[:40], address[:60]
        with self._store.read() as session:
            self._refuse_locked(session, name, address, at)
            known = session.scalar(select(Staff.password_hash).where(Staff.name == name))
        with _HASHING:
            is_right = _matches(known or _nobodys_hash(), password)
        with self._store.write() as session:
            self._refuse_locked(session, name, address, at)  # others have been guessing meanwhile
            session.execute(delete(Attempt).where(or_(Attempt.at < at - 4 * WHILE, Attempt.at > at + 4 * WHILE)))
            staff = session.scalar(select(Staff).where(Staff.name == name))  # it may have been changed meanwhile
            admitted = is_right and staff is not None and staff.is_active and staff.password_hash == known
            session.add(Attempt(at=at, name=name, address=address, has_succeeded=admitted))
            if staff is not None and admitted:
                token = secrets.token_urlsafe(32)
                session.execute(delete(SignIn).where(SignIn.created_at < at - LONGEST))
                session.add(
                    SignIn(
                        token_hash=_hash(token), staff_id=staff.id, csrf=secrets.token_urlsafe(24),
                        created_at=at, seen_at=at,
                    )
                )  # fmt: skip
                note(session, at, name, "登录", address)
                return token
            # People type passwords and telephone numbers into this box, and the trail is for ever.
            note(session, at, name if staff else "未知账号", "登录失败", address)
            session.flush()
            if self._is_locked(session, name, address, at):
                note(session, at, name if staff else "未知账号", "登录锁定", address)
        raise AccessRefused("账号或密码不对。")

    def member(self, token: str, at: datetime) -> Member | None:
        """Who a browser's token belongs to; None when it belongs to nobody or has run out."""
        with self._store.read() as session:
            found = session.execute(
                select(SignIn, Staff).join(Staff, Staff.id == SignIn.staff_id).where(SignIn.token_hash == _hash(token))
            ).first()
        if found is None:
            return None
        sign_in, staff = found
        if not staff.is_active or at - sign_in.seen_at > IDLE or at - sign_in.created_at > LONGEST:
            return None
        if sign_in.created_at - at > IDLE:  # the clock was wrong then or is now: it cannot tell when this one ends
            return None
        if at - sign_in.seen_at > IDLE / 30:  # not a write for every request
            with self._store.write() as session:
                seen = update(SignIn).where(SignIn.token_hash == sign_in.token_hash).values(seen_at=at)
                if not session.execute(seen).rowcount:  # type: ignore[attr-defined]
                    return None  # signed out meanwhile
        return Member(staff.name, staff.role, sign_in.csrf)

    def sign_out(self, token: str, who: str, at: datetime) -> None:
        """Forget a browser's token."""
        with self._store.write() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == _hash(token)))
            note(session, at, who, "退出")

    def _refuse_locked(self, session: Session, name: str, address: str, at: datetime) -> None:
        if self._is_locked(session, name, address, at):
            minutes = int(WHILE.total_seconds() // 60)
            raise AccessRefused(f"试的次数太多，请 {minutes} 分钟后再登录，或请管理员重设密码。")

    def _is_locked(self, session: Session, name: str, address: str, at: datetime) -> bool:
        by_name, by_address = Attempt.name == name, Attempt.address == address
        last = select(func.max(Attempt.id)).where(by_name, by_address, Attempt.has_succeeded)
        since = session.scalar(last) or 0
        # Tries of a time to come were made while the clock was wrong, and would lock until then.
        recent = (Attempt.at > at - WHILE, Attempt.at <= at + WHILE)
        failed = select(func.count()).where(Attempt.has_succeeded.is_(False), *recent)
        return (
            (session.scalar(failed.where(by_name, by_address, Attempt.id > since)) or 0) >= LOCKS_NAME
            or (session.scalar(failed.where(by_address)) or 0) >= LOCKS_ADDRESS
            or (session.scalar(failed.where(by_name)) or 0) >= LOCKS_EVERYWHERE
        )


def is_genuine(member: Member, token: str) -> bool:
    """Whether a form carries the token it was given."""
    return hmac.compare_digest(member.csrf.encode(), token.encode())


def _find(session: Session, name: str) -> Staff:
    staff = session.scalar(select(Staff).where(Staff.name == name))
    if staff is None:
        known = "、".join(session.scalars(select(Staff.name).order_by(Staff.name))) or "还没有账号"
        raise UnusableInput(f"没有账号“{name}”；现有：{known}。")
    return staff


def _sign_out_all(session: Session, staff: Staff) -> None:
    session.execute(delete(SignIn).where(SignIn.staff_id == staff.id))


def _refuse_weak(password: str, name: str) -> None:
    if len(password) < SHORTEST_PASSWORD or name.lower() in password.lower() or len(set(password)) < 5:
        raise UnusableInput(f"密码太弱：至少 {SHORTEST_PASSWORD} 位，不含账号，不少于 5 种字符。")


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
