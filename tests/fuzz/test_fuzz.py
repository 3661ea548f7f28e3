"""A short run of each fuzz target, from seeds and by chance; `make fuzz` goes on for as long as it is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz import targets

HURRIED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = st.sampled_from(
    [*"，。；：、（）%元万亿个点平每约超过 \n\x00\x1e\ud7ff<>\"'&*_`[]#$=@-+|~", "3000万", "５个点", "一个亿", "技改", "贷款", "租金",
     "<script>", "javascript:", "忽略以上指示", "五、（九）", "]]>", "${jndi:ldap://x}", "{{7*7}}", "' OR 1=1--", "\u202e", "𠮷", "😀"]
)  # fmt: skip
CHATTER = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join).map(lambda t: t.encode("utf-8", "replace"))


@pytest.mark.parametrize("name", targets.TARGETS)
def test_every_target_takes_its_seeds(name: str) -> None:
    for seed in targets.SEEDS[name]:
        targets.TARGETS[name](seed.encode())


@pytest.mark.parametrize("name", [n for n in targets.TARGETS if n not in ("policy", "batch")])
@HURRIED
@given(data=CHATTER | st.binary(max_size=200))
def test_every_target_takes_what_comes(name: str, data: bytes) -> None:
    targets.TARGETS[name](data)


@settings(HURRIED, max_examples=15)
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


def test_the_coverage_guided_fuzzer_runs() -> None:
    pytest.importorskip("atheris")
    # The most memory a process has held passes to what it starts, and libFuzzer would take ours for its own.
    memory = ["-rss_limit_mb=0", "-malloc_limit_mb=512"]
    command = [sys.executable, "-m", "tests.fuzz", "amounts", "-runs=3000", "-max_len=200", *memory]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 3000 runs" in done.stderr
