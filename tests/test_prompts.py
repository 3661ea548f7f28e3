"""Prompts are read with their names checked, and what is filled in is never taken for a name."""

from __future__ import annotations

from pathlib import Path

import pytest

import assistant.prompts
from assistant.errors import CorpusError
from assistant.prompts import read_prompt

NAMES = {"reading": ("choices", "message"), "wording": ("evidence", "message")}


def test_every_prompt_is_used_and_reads() -> None:
    files = {path.stem for path in Path(assistant.prompts.__file__).parent.glob("*.md")}
    assert files == set(NAMES)
    for name, names in NAMES.items():
        assert len(read_prompt(name, names).version) == 8


def test_values_are_filled_in_once() -> None:
    prompt = read_prompt("wording", NAMES["wording"])
    (_, system), (_, user) = prompt.messages(evidence="$message $evidence", message="$evidence ${x} $")
    assert "$message $evidence" in user
    assert "$evidence ${x} $" in user
    assert "$" not in system


@pytest.mark.parametrize("names", [("evidence",), ("evidence", "message", "more"), ("evidence", "massage")])
def test_a_name_too_many_or_too_few_is_an_error(names: tuple[str, ...]) -> None:
    with pytest.raises(CorpusError, match=r"wording\.md.*不多也不少"):
        read_prompt("wording", names)


def test_a_missing_prompt_is_an_error() -> None:
    with pytest.raises(CorpusError, match=r"nothing\.md"):
        read_prompt("nothing", ())
