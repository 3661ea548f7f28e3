"""A TOML file of the corpus → its checked model, the fragments put into its patterns."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import CorpusError
from assistant.fragments import Fragments, Written

_Model = TypeVar("_Model", bound=BaseModel)


class Data(BaseModel):
    """A table of a file: no unknown keys, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Table(Data):
    fragments: dict[Annotated[str, Field(pattern="^[a-z_]+$")], Written] = {}


def read_corpus(path: Path, model: type[_Model]) -> _Model:
    """Read and check one file, whose `[fragments]`, where it has any, its patterns may name.

    `CorpusError` names the file, the key, the value and the next step; a fragment that nothing uses is one.
    """
    data = _load(path)
    table = _check(path, {"fragments": data.pop("fragments", {})}, _Table)
    try:
        fragments = Fragments(table.fragments)
    except ValueError as error:
        raise CorpusError(f"{path}：{error}") from error
    read = _check(path, data, model, fragments)
    if unused := fragments.unused():
        names = "、".join(f"{{{name}}}" for name in unused)
        raise CorpusError(f"{path}：[fragments] 里的 {names} 没有用到。请在要用的说法里写上，或删去。")
    return read


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise CorpusError(f"读不到 {path}（{error.strerror}）。请从版本库恢复该文件。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} 不是有效的 TOML：{error}。请改正后重试。") from error


def _check(path: Path, data: dict[str, Any], model: type[_Model], fragments: Fragments | None = None) -> _Model:
    try:
        return model.model_validate(data, context=fragments)
    except ValidationError as error:
        faults = "；".join(
            f"{'.'.join(map(str, e['loc']))}：{e['msg'].removeprefix('Value error, ')}（值 {e['input']!r:.60}）"
            for e in error.errors()
        )
        raise CorpusError(f"{path} 有 {error.error_count()} 处不合格式：{faults}。请改正后重试。") from error
