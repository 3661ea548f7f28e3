"""An assistant and a store → an assistant that keeps what it answers."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import date, datetime
from typing import TYPE_CHECKING

from assistant.answer import Reply
from assistant.checkup import Profile
from assistant.desk.answers import keep_reply
from assistant.desk.cards import Cards
from assistant.desk.lookup import Lookup
from assistant.desk.schema import Door
from assistant.desk.store import Store
from assistant.errors import StoreUnusable
from assistant.policies import Policy
from assistant.sweep import Row

if TYPE_CHECKING:
    from assistant.wiring import Assistant

log = logging.getLogger(__name__)

Heard = Callable[[Reply, Door, bool], None]  # told each reply, the door it was given at and whether it was kept


class KeepingAssistant:
    """An assistant each of whose replies is kept; one that cannot be kept is given all the same."""

    def __init__(
        self,
        assistant: Assistant,
        store: Store,
        now: Callable[[], datetime],
        door: Door = "page",
        heard: Heard = lambda reply, door, is_kept: None,
    ) -> None:
        self._assistant, self._store, self._now, self._door, self._heard = assistant, store, now, door, heard
        self.policy: Policy = assistant.policy
        self.versions = assistant.versions
        self.cards = Cards(assistant.policy, store)
        self.lookup = Lookup(self.cards, assistant.understander, assistant.tokens)

    def at(self, door: Door) -> KeepingAssistant:
        """The same assistant, asked at another door."""
        other = copy(self)
        other._door = door
        return other

    @property
    def title(self) -> str:
        return self._assistant.title

    @property
    def subtitle(self) -> str:
        return self._assistant.subtitle

    @property
    def examples(self) -> tuple[str, ...]:
        return self._assistant.examples

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        return deque(self.stream(turns, on), maxlen=1)[0]

    def stream(self, turns: Sequence[str], on: date) -> Iterator[Reply]:
        """The same as it comes; what was shown last is kept, also where the user leaves before the end."""
        reply: Reply | None = None
        try:
            for reply in self._assistant.stream(turns, on):
                yield reply
        finally:
            if reply is not None:
                self._keep(turns, on, reply)

    def _keep(self, turns: Sequence[str], on: date, reply: Reply) -> None:
        is_kept = True
        try:
            keep_reply(self._store, turns, on, self.versions, reply, self._door, self._now())
        except StoreUnusable as error:
            is_kept = False
            log.warning("an answer was given but not kept: %s", error)
        self._heard(reply, self._door, is_kept)

    def answer_now(self, turns: Sequence[str], on: date) -> Reply:
        """What is answered now, without keeping it."""
        return self._assistant.reply(turns, on)

    def check(self, profile: Profile) -> tuple[Row, ...]:
        return self._assistant.check(profile)

    def unused(self, profile: Profile) -> tuple[str, ...]:
        return self._assistant.unused(profile)
