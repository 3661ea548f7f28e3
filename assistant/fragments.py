"""Patterns that name fragments → patterns in full: `{name}` stands for the fragment of that name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

_USE = re.compile(r"\{([^\W\d]\w*)\}")  # a count as in {0,40} begins with a digit
_MARK = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|[()|]", re.DOTALL)
_OPENINGS = ("|", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!")


class Fragments:
    """The fragments of one file, each with those above it put in; it remembers which are used.

    `ValueError` says which fragment is at fault and what to do; who reads the file adds its name and the key.
    """

    def __init__(self, written: Mapping[str, str]) -> None:
        self._names = tuple(written)
        self._bare: dict[str, str] = {}
        self._grouped: dict[str, str] = {}
        self._used: set[str] = set()
        for name, regex in written.items():
            try:
                full = self.put_into(regex)
            except ValueError as error:
                raise ValueError(f"fragments.{name} {error}") from error
            self._bare[name] = full
            self._grouped[name] = f"(?:{full})" if _is_alternatives(full) else full

    def put_into(self, text: str) -> str:
        """The pattern in full; alternatives get their group unless they stand between `|` or the ends of a group."""

        def fragment(use: re.Match[str]) -> str:
            name, start, end = use[1], use.start(), use.end()
            if name not in self._bare:
                raise ValueError(self._fault(name))
            self._used.add(name)
            opens = start == 0 or text.endswith(_OPENINGS, 0, start)
            closes = end == len(text) or text[end] in "|)"
            return self._bare[name] if opens and closes else self._grouped[name]

        return _USE.sub(fragment, text)

    def unused(self) -> tuple[str, ...]:
        return tuple(name for name in self._bare if name not in self._used)

    def _fault(self, name: str) -> str:
        """What is wrong with the use of a fragment not read yet: by itself, by one above it, or of none there is."""
        at = len(self._bare)  # the place of the fragment being read
        if name in self._names[at : at + 1]:
            return f"用到了它自己：{{{name}}}。请把 {{{name}}} 换成它代表的词。"
        if name in self._names:
            return f"用到写在它下面的片段 {{{name}}}。请把 {name} 移到它上面。"
        return f"用到没有定义的片段 {{{name}}}。请在 [fragments] 里补上或改名。"


def _alternatives(value: object) -> object:
    if not isinstance(value, list) or not value or not all(isinstance(part, str) for part in value):
        return value
    return "|".join(value)


def _in_full(value: str, info: ValidationInfo) -> str:
    return info.context.put_into(value) if isinstance(info.context, Fragments) else value


# In the model of a data file: a regex, or a list of its alternatives; and one with the fragments it names put in.
Written = Annotated[str, BeforeValidator(_alternatives)]
Pattern = Annotated[Written, AfterValidator(_in_full)]


def _is_alternatives(regex: str) -> bool:
    """Whether a `|` stands outside every group and class."""
    depth = 0
    for mark in _MARK.findall(regex):
        depth += (mark == "(") - (mark == ")")
        if mark == "|" and depth == 0:
            return True
    return False
