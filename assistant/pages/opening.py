"""An assistant being opened in the background, and what the pages need of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from assistant.answer import Reply
from assistant.checkup import Profile
from assistant.errors import AssistantError
from assistant.policies import Policy
from assistant.sweep import Row

log = logging.getLogger(__name__)


class Assistant(Protocol):
    """What the page needs of an assistant; `wiring.Assistant` is one."""

    @property
    def policy(self) -> Policy: ...

    @property
    def title(self) -> str: ...

    @property
    def subtitle(self) -> str: ...

    @property
    def examples(self) -> tuple[str, ...]: ...

    def reply(self, turns: Sequence[str], on: date) -> Reply: ...

    def stream(self, turns: Sequence[str], on: date) -> Iterator[Reply]: ...

    def check(self, profile: Profile) -> tuple[Row, ...]: ...

    def unused(self, profile: Profile) -> tuple[str, ...]: ...


class Opening:
    """An assistant being opened in one background thread: `assistant` once ready, `problem` if it failed."""

    def __init__(self, open_: Callable[[], Assistant]) -> None:
        self._open = open_
        self._started = time.monotonic()
        self.assistant: Assistant | None = None
        self.problem = ""

    def start(self) -> Opening:
        threading.Thread(target=self._run, name="opening", daemon=True).start()
        return self

    def health(self) -> tuple[int, dict[str, str]]:
        """An HTTP status and body: 200 once answers can be given."""
        if self.assistant is not None:
            return 200, {"status": "ready"}
        if self.problem:
            return 503, {"status": "failed", "message": self.problem}
        return 503, {"status": "preparing"}

    def seconds(self) -> int:
        return int(time.monotonic() - self._started)

    def _run(self) -> None:
        try:
            self.assistant = self._open()
        except AssistantError as error:
            self.problem = str(error)
        except Exception:
            log.exception("opening failed")
            self.problem = "准备政策索引时出了意外的错误。请管理员查看服务日志，或运行 assistant doctor 检查。"
