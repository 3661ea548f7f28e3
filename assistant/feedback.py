"""What users think of an answer → lines of a file, for those who look after the answers' quality."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import FeedbackLost

_LOCK = threading.Lock()
_LARGEST = 50_000_000  # bytes: anyone can send a judgement, so the file must have an end


class Feedback(BaseModel):
    """One judgement of one answer; nothing in it says who gave it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    receipt: str = Field(pattern=r"^[0-9a-z-]{4,40}$")
    verdict: Literal["good", "bad"]
    reason: str = Field("", max_length=200)
    question: str = Field("", max_length=2000)


def keep(feedback: Feedback, path: Path, at: datetime) -> None:
    """Append it as one line of JSON; `FeedbackLost` when the file cannot be written or is full."""
    line = json.dumps({"at": at.isoformat(timespec="seconds"), **feedback.model_dump()}, ensure_ascii=False)
    try:
        with _LOCK, path.open("a", encoding="utf-8") as file:
            if file.tell() > _LARGEST:
                raise FeedbackLost(f"评价没有记下：{path} 已经满了。请管理员取走旧的评价。")
            file.write(line + "\n")
    except OSError as error:
        raise FeedbackLost(
            f"评价没有记下：写不了 {path}（{error.strerror}）。请改 ASSISTANT_FEEDBACK_FILE。"
        ) from error
