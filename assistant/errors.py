"""One family of errors; every message is Chinese, names the file, key or value, and says what to do next."""


class AssistantError(Exception):
    """Base of every error this package raises on purpose; its message is safe to show to a user."""


class CorpusError(AssistantError):
    """A policy's files are missing, changed or inconsistent."""


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


class AccessRefused(AssistantError):
    """Somebody who may not; the message says what they may do."""


class EditConflict(AssistantError):
    """What is being changed has been changed by somebody else meanwhile."""
