"""Settings → an assistant ready to answer; the only place where heavy things are built."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from assistant.answer import Reply
from assistant.chain import Question, build_chain
from assistant.clauses import Clause
from assistant.composition import Composer
from assistant.lexicon import Lexicon, read_lexicon
from assistant.policies import Policy, read_policies
from assistant.questions import Questions, read_questions
from assistant.settings import Settings
from assistant.understanding import Understander


class Assistant:
    """Answers questions about one policy; holds no conversation, so one serves every user."""

    def __init__(self, policy: Policy, lexicon: Lexicon, questions: Questions, search, versions: str) -> None:  # type: ignore[no-untyped-def]
        self.policy = policy
        self.versions = versions
        self.composer = Composer(policy)
        self.chain = build_chain(Understander(policy, lexicon, questions), search, self.composer)

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        """Answer the last of a conversation's user messages as of a day."""
        started = time.perf_counter()
        state = self.chain.invoke(Question(tuple(turns), on))
        assert state.reply is not None
        elapsed = (time.perf_counter() - started) * 1000
        return state.reply.model_copy(
            update={"receipt": self._receipt(turns, on), "elapsed_ms": round(elapsed, 2)}
        )

    def _receipt(self, turns: Sequence[str], on: date) -> str:
        digest = hashlib.sha256("\x1e".join((self.versions, on.isoformat(), *turns)).encode())
        return digest.hexdigest()[:10]
