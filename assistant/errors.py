"""One family of errors; every message is Chinese, names the file, key or value, and says what to do next."""

from __future__ import annotations


class AssistantError(Exception):
    """Base of every error this package raises on purpose; its message is safe to show to a user."""


class CorpusError(AssistantError):
    """A policy's files are missing, changed or inconsistent."""

    @classmethod
    def unreadable(cls, path: object, error: OSError) -> CorpusError:
        """That a file or directory of the corpus cannot be read, as the system says it."""
        return cls(f"读不到 {path}（{error.strerror}）。请改正权限，或从版本库恢复。")


class IndexUnusable(AssistantError):
    """The index on disk cannot be used or written; the message names the mending command."""


class SettingsError(AssistantError):
    """An `ASSISTANT_*` setting has a value that cannot be used."""


class ModelTrouble(AssistantError):
    """The language model cannot be had or did not answer as it should; it never holds what the endpoint wrote."""


class UnusableInput(AssistantError):
    """The user's input cannot be read; the message says how to put it."""


class StoreUnusable(AssistantError):
    """The desk's database cannot be reached, read or written; nothing of what was asked is kept."""


class StoreAway(StoreUnusable):
    """It is the database itself. The message tells where it is, so whoever is not signed in is `SHOWN` another."""

    SHOWN = "没有记下：数据库现在用不了。请稍后再试，或请管理员运行 assistant doctor。"


class AccessRefused(AssistantError):
    """Somebody who may not; the message says what they may do."""


class EditConflict(AssistantError):
    """What is being changed has been changed by somebody else meanwhile."""
