"""A text → the same with a mark for each district, county or city named, by the place names of jieba's dictionary."""

from __future__ import annotations

import re
from functools import cache

MARK = "\ue000"  # of a private area: no user types it
_NAMED = re.compile("[\u4e00-\u9fff]{2,4}(?:市|区|县|旗)")
_SHORTEST = 3  # characters: 东区、上市 are no names by themselves
_PLACE_NAME = "ns"  # the part of speech


def marked(text: str, own: str, besides: re.Pattern[str]) -> str:
    """`text` with a mark in the place of each name; `own` is no other place, and what `besides` matches is none at all.

    A name is one whole in the dictionary (黄埔区), or by the word before its last character (福田 + 区).
    """
    return _NAMED.sub(lambda found: _with_mark(found[0], own, besides), text)


def _with_mark(words: str, own: str, besides: re.Pattern[str]) -> str:
    if own in words:
        return words
    for start in range(len(words) - _SHORTEST + 1):
        name = words[start:]
        if not besides.search(name) and not _names().isdisjoint((name, name[:-1])):
            return words[:start] + MARK
    return words


def prepare() -> None:
    """Read the dictionary now, so that no question waits for it."""
    _names()


@cache
def _names() -> frozenset[str]:
    """Every place name of the dictionary, of two characters at least."""
    import jieba

    with jieba.dt.get_dict_file() as lines:
        rows = (line.decode().split() for line in lines)
        return frozenset(word for word, _, part in rows if part == _PLACE_NAME and len(word) > 1)
