"""Patterns that name fragments → patterns in full: `{name}` stands for the fragment of that name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.errors import CorpusError

# A regex, or its alternatives.
Written = str | tuple[str, ...]

_USE = re.compile(r"\{([^\W\d]\w*)\}")  # a count as in {0,40} begins with a digit
_MARK = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|[()|]", re.DOTALL)
_OPENINGS = ("|", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!")


class Fragments:
    """The fragments of one file, each with those above it put in; it remembers which are used."""

    def __init__(self, written: Mapping[str, Written], where: str) -> None:
        self._bare: dict[str, str] = {}
        self._grouped: dict[str, str] = {}
        self._used: set[str] = set()
        for name, regex in written.items():
            full = self.put_into(regex, f"{where}：fragments.{name}")
            self._bare[name] = full
            self._grouped[name] = f"(?:{full})" if _is_alternatives(full) else full

    def put_into(self, written: Written, where: str) -> str:
        """The pattern in full; alternatives get their group unless they stand between `|` or the ends of a group."""
        text = written if isinstance(written, str) else "|".join(written)

        def fragment(use: re.Match[str]) -> str:
            name, start, end = use[1], use.start(), use.end()
            if name not in self._bare:
                raise CorpusError(f"{where} 用到上文没有定义的片段 {{{name}}}。请在 [fragments] 里补上或改名。")
            self._used.add(name)
            opens = start == 0 or text.endswith(_OPENINGS, 0, start)
            closes = end == len(text) or text[end] in "|)"
            return self._bare[name] if opens and closes else self._grouped[name]

        return _USE.sub(fragment, text)

    def unused(self) -> tuple[str, ...]:
        return tuple(name for name in self._bare if name not in self._used)


def _is_alternatives(regex: str) -> bool:
    """Whether a `|` stands outside every group and class."""
    depth = 0
    for mark in _MARK.findall(regex):
        depth += (mark == "(") - (mark == ")")
        if mark == "|" and depth == 0:
            return True
    return False
