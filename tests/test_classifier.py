"""What the classifier learns from examples, how it says so, and that it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.classifier import learn, open_classifier
from assistant.policies import Policy

EXAMPLES = {
    "measure:rent": ("租厂房补多少", "房租有没有补贴", "租办公室能补几年"),
    "measure:loan": ("贷款贴息怎么算", "银行借钱利息补多少", "贴息几年"),
    "silence:phone": ("电话是多少", "联系谁，号码给一个", "在哪个窗口办"),
    "outside": ("今天天气怎么样", "写一首诗", "股票会涨吗"),
}


def same(text: str) -> str:
    return text


def test_a_new_wording_goes_to_the_target_it_is_like() -> None:
    classifier = learn(EXAMPLES, same)
    assert classifier.guess("厂房房租能补吗").name == "rent"
    assert classifier.guess("号码多少，打电话问谁").kind == "silence"


def test_the_lead_is_over_another_kind_and_the_margin_over_the_next_target() -> None:
    guess = learn(EXAMPLES, same).guess("租厂房的贷款利息")
    assert guess.kind == "measure"  # two measures are close to each other and both far from all else
    assert guess.lead > guess.margin >= 0


def test_a_guess_can_be_kept_to_one_kind() -> None:
    assert learn(EXAMPLES, same).guess("今天天气怎么样", "measure").kind == "measure"


@given(st.text(max_size=60))
def test_any_text_has_a_guess(text: str) -> None:
    guess, target = LEARNT.guess(text), LEARNT.guess(text, "measure")
    names = [name.partition(":")[2] for name in EXAMPLES if name.startswith(f"{guess.kind}:") or name == guess.kind]
    assert guess.name in names
    assert guess.lead >= 0
    assert target.kind == "measure"
    assert (target.lead < 0) == (guess.kind != "measure" and guess.lead > 0)


LEARNT = learn(EXAMPLES, same)


def test_what_was_learnt_is_kept_and_read_back_the_same(tmp_path: Path) -> None:
    fresh = open_classifier(EXAMPLES, same, "1", tmp_path)
    (kept,) = tmp_path.glob("classifier-*.npz")
    before = kept.stat().st_mtime_ns
    again = open_classifier(EXAMPLES, same, "1", tmp_path)
    assert kept.stat().st_mtime_ns == before
    assert again.guess("房租") == fresh.guess("房租")


def test_other_examples_are_learnt_anew_and_the_stale_file_goes(tmp_path: Path) -> None:
    open_classifier(EXAMPLES, same, "1", tmp_path)
    open_classifier({**EXAMPLES, "term": ("还有效吗", "过期没")}, same, "1", tmp_path)
    assert len(list(tmp_path.glob("classifier-*.npz"))) == 1
    assert {p.name for p in tmp_path.iterdir() if p.suffix != ".npz"} == {".classifier.lock"}


@pytest.mark.parametrize("damage", [b"", b"not a zip file", b"PK\x03\x04 half of one"])
def test_a_damaged_file_is_learnt_anew(tmp_path: Path, damage: bytes) -> None:
    open_classifier(EXAMPLES, same, "1", tmp_path)
    (kept,) = tmp_path.glob("classifier-*.npz")
    kept.write_bytes(damage)
    assert open_classifier(EXAMPLES, same, "1", tmp_path).guess("租厂房补多少").name == "rent"


def test_where_nothing_can_be_written_it_is_learnt_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    assert open_classifier(EXAMPLES, same, "1", tmp_path / "file").guess("贴息几年").name == "loan"


def test_every_example_names_a_target_there_is_and_no_text_stands_twice(policy: Policy) -> None:
    texts = [text for texts in policy.examples.values() for text in texts]
    assert len(texts) == len(set(texts))
    measures = {target.removeprefix("measure:") for target in policy.examples if target.startswith("measure:")}
    assert measures == {m.id for m in policy.measures}
