"""A short run of each fuzz target, from seeds and by chance; `make fuzz` goes on for as long as it is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.wiring import Assistant

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz import doors, targets

HURRIED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = st.sampled_from(
    [*"，。；：、（）%元万亿个点平每约超过 \n\x00\x1e\ud7ff<>\"'&*_`[]#$=@-+|~", "3000万", "５个点", "一个亿", "技改", "贷款", "租金",
     "<script>", "javascript:", "忽略以上指示", "五、（九）", "]]>", "${jndi:ldap://x}", "{{7*7}}", "' OR 1=1--", "\u202e", "𠮷", "😀"]
)  # fmt: skip
CHATTER = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join).map(lambda t: t.encode("utf-8", "replace"))


@pytest.fixture(scope="module", autouse=True)
def whole_assistant(assistant: Assistant) -> Iterator[None]:
    """The tests' own assistant, its search opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(targets, "assistant", lambda: assistant)
        yield


@pytest.mark.parametrize("module", [targets, doors])
def test_every_target_takes_its_seeds(module: ModuleType) -> None:
    for name, target in module.TARGETS.items():
        for seed in module.SEEDS[name]:
            target(seed.encode())


@pytest.mark.parametrize("name", [n for n in targets.TARGETS if n not in ("policy", "batch")])
@HURRIED
@given(data=CHATTER | st.binary(max_size=200))
def test_every_target_takes_what_comes(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


@settings(HURRIED, max_examples=60)
@given(data=st.binary(min_size=5, max_size=40))
def test_a_policy_spoilt_anywhere_is_refused_in_words_or_still_good(data: bytes) -> None:
    targets.policy(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "turns", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@HURRIED
@given(lines=st.lists(JSON.map(json.dumps) | st.text(max_size=30), max_size=4))
def test_every_line_of_a_batch_is_answered_or_named(lines: list[str]) -> None:
    targets.batch("\n".join(lines).encode("utf-8", "replace"))


NAMES = st.sampled_from(
    ["upgrade", "5.9", "project_investment", "leading", "meets", "3000万", "技改投3000万补多少", ""]
)
GIVEN = st.recursive(
    JSON | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@HURRIED
@given(given_=st.lists(GIVEN, max_size=4) | GIVEN)
def test_whatever_a_program_gives_is_answered_or_refused_in_words(given_: object) -> None:
    doors.programs(json.dumps(given_).encode())


FIELDS = st.sampled_from(
    ["id", "question", "answer", "caller", "outcome", "due", "follow_up", "version", "q", "turns", "kind", "signals", "judgement",
     "fault", "clause", "status", "words", "receipt", "start", "end", "who"]
)  # fmt: skip
VALUES = PIECES | st.sampled_from(
    ["1", "0", "-1", "9" * 30, "open", "case", "answer", "clause", "measure", "right", "wrong", "2026-03-02", "[]", '["技改"]', "null"]
)  # fmt: skip


@settings(HURRIED, max_examples=150)
@given(route=st.integers(0, 60), fields=st.dictionaries(FIELDS, VALUES | st.text(max_size=20), max_size=6))
def test_any_form_to_any_route_of_the_desk_gets_a_page_or_a_sentence(route: int, fields: dict[str, str]) -> None:
    written = "\x1e".join(f"{name}={value}" for name, value in fields.items())
    doors.forms(bytes([route]) + written.encode("utf-8", "replace"))


def test_the_coverage_guided_fuzzer_runs() -> None:
    pytest.importorskip("atheris")
    # The most memory a process has held passes to what it starts, and libFuzzer would take ours for its own.
    memory = ["-rss_limit_mb=0", "-malloc_limit_mb=512"]
    command = [sys.executable, "-m", "tests.fuzz", "amounts", "-runs=3000", "-max_len=200", *memory]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 3000 runs" in done.stderr
