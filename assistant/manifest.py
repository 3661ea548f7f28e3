"""`manifest.json` of an index build → what the build was made from and with, compared and checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from assistant.errors import IndexUnusable

FORMAT = 1
MEND = "请运行 assistant index 重建索引。"
_FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What an index was built from and with.

    `clauses` maps "policy/clause" to a hash of what is indexed of it, in document order; `corpus` is a hash over these.
    `files` maps each file of the build to its SHA-256.
    """

    format: int
    corpus: str
    clauses: dict[str, str]
    model: str
    model_version: str
    dimension: int
    tokenizer: str
    versions: dict[str, str]
    files: dict[str, str]

    def has_model_of(self, other: Manifest) -> bool:
        """Whether the vectors of both lie in one space."""
        return self._model == other._model

    def difference(self, wanted: Manifest) -> str:
        """Why a build with this manifest is not the `wanted` one, in words; "" when it is."""
        if not self.has_model_of(wanted):
            return "由另一个嵌入模型建立（{}，{}，{} 维；现为 {}，{}，{} 维）".format(*self._model, *wanted._model)
        if self.tokenizer != wanted.tokenizer:
            return f"由另一份词表或分词方式建立（{self.tokenizer}，现为 {wanted.tokenizer}）"
        if self.versions != wanted.versions:
            return f"由另一版本的库建立（{_listed(self.versions)}，现为 {_listed(wanted.versions)}）"
        if self.corpus != wanted.corpus:
            differing = [k for k in self.clauses | wanted.clauses if self.clauses.get(k) != wanted.clauses.get(k)]
            return f"语料已变（{len(differing)} 条不同：{'、'.join(differing[:5]) or '条款次序'}）"
        return ""

    @property
    def _model(self) -> tuple[str, str, int]:
        return self.model, self.model_version, self.dimension


def read_manifest(build: Path) -> Manifest:
    """Read a build's manifest; `IndexUnusable` when it is missing, damaged or of another format."""
    path = build / _FILE
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        found = data.get("format")
        if found == FORMAT:
            return TypeAdapter(Manifest).validate_python(data)
    except OSError as error:
        raise IndexUnusable(f"读不到索引清单 {path}（{error.strerror}）。{MEND}") from error
    except (ValueError, AttributeError) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise IndexUnusable(f"索引清单 {path} 已损坏（{reason}）。{MEND}") from error
    raise IndexUnusable(f"索引 {build} 不能用：格式是 {found!r}，现为 {FORMAT}。{MEND}")


def write_manifest(manifest: Manifest, build: Path) -> None:
    (build / _FILE).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), "utf-8")


def check_files(build: Path, manifest: Manifest, under: str = "") -> None:
    """Compare the build's files (those under a prefix) with their digests; `IndexUnusable` names one that differs."""
    for name, expected in manifest.files.items():
        if not name.startswith(under):
            continue
        try:
            data = (build / name).read_bytes()
        except OSError as error:
            raise IndexUnusable(f"读不到索引文件 {build / name}（{error.strerror}）。{MEND}") from error
        if digest(data) != expected:
            raise IndexUnusable(f"索引文件 {build / name} 已损坏（与清单中的校验值不符）。{MEND}")


def files_of(build: Path) -> dict[str, str]:
    """Each file under `build` with its digest, in name order."""
    paths = sorted(path for path in build.rglob("*") if path.is_file())
    return {path.relative_to(build).as_posix(): digest(path.read_bytes()) for path in paths}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _listed(versions: dict[str, str]) -> str:
    return "、".join(f"{name} {number}" for name, number in versions.items())
