"""`<name>.md` beside this file → a prompt: what a language model is told and asked, with `$names` to fill in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from string import Template

from assistant.errors import CorpusError

_SPLIT = "\n---\n"  # between what is told (system) and what is asked (user)

Messages = list[tuple[str, str]]


@dataclass(frozen=True)
class Prompt:
    """A prompt of two messages; `version` is a digest of its file, which goes into receipts and traces."""

    name: str
    version: str
    system: str
    user: Template

    def messages(self, **values: str) -> Messages:
        """The prompt filled in; a `$` inside the values is a character like any other."""
        return [("system", self.system), ("user", self.user.substitute(values))]


def read_prompt(name: str, names: Collection[str]) -> Prompt:
    """Read one prompt; `CorpusError` unless its lower part uses exactly the `$names` it will be given."""
    path = Path(__file__).parent / f"{name}.md"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise CorpusError.unreadable(path, error) from error
    system, mark, user = text.partition(_SPLIT)
    template = Template(user.strip())
    if not mark or not template.is_valid() or set(template.get_identifiers()) != set(names):
        wanted = "、".join(f"${n}" for n in sorted(names))
        raise CorpusError(f"提示词 {path} 有误：一行 --- 之后应当用到 {wanted}，不多也不少。请改正后重试。")
    return Prompt(name, hashlib.sha256(text.encode()).hexdigest()[:8], system.strip(), template)
