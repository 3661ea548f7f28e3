"""Answers that nobody has fetched → kept for a while and so many of them, not for ever.

Gradio keeps what an event has to say until it is read. Whoever asks and never reads would fill the memory.
"""

from __future__ import annotations

from asyncio import Queue
from collections.abc import Callable
from time import monotonic
from typing import Any

from cachetools import TTLCache
from gradio.server_messages import EventMessage

MOST = 1000  # unread messages of one session; a reader is never so far behind
_SESSIONS = 2000  # of more, those longest unused are forgotten; as Gradio has it
_SECONDS = 600.0  # after which what is neither added to nor read is forgotten; no answer takes as long

Messages = Queue[EventMessage]


class Unread(TTLCache[str, Messages]):
    """Session → its unread messages, in the place of Gradio's `pending_messages_per_session`.

    `events` is Gradio's `pending_event_ids_session`, from which what is forgotten here goes too.
    """

    def __init__(self, events: dict[str, set[str]], timer: Callable[[], float] = monotonic) -> None:
        super().__init__(_SESSIONS, _SECONDS, timer)
        self._events = events

    def __getitem__(self, session: str, *args: Any) -> Messages:
        messages = super().__getitem__(session, *args)
        super().__setitem__(session, messages)  # whoever looks at it uses it
        while messages.qsize() > MOST:
            dropped = messages.get_nowait()
            self._events.get(session, set()).discard(dropped.event_id or "")
        return messages

    def expire(self, time: float | None = None) -> Any:
        expired = super().expire(time)
        for session, _ in expired:
            self._events.pop(session, None)
        return expired

    def popitem(self) -> tuple[str, Messages]:
        session, messages = super().popitem()
        self._events.pop(session, None)
        return session, messages
