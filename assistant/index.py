"""Clauses → an index on disk (Chroma vectors, bm25s keywords, a manifest), built atomically and checked on opening.

<directory>/current             the name of the live build; replaced in one rename
<directory>/build-xxxxxxxx/     manifest.json, chroma/, bm25/ — never changed once it is live
<directory>/.lock               one builder at a time
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from assistant.clauses import Clause
from assistant.embeddings import NamedEmbeddings
from assistant.errors import IndexUnusable
from assistant.manifest import FORMAT, MEND, Manifest, check_files, digest, files_of, read_manifest, write_manifest
from assistant.tokens import Tokenizer

if TYPE_CHECKING:
    from bm25s import BM25
    from chromadb.api.client import Client

COLLECTION = "clauses"
log = logging.getLogger(__name__)
LOCK_WAIT = 120.0  # seconds; ten times a first build on two busy cores
_BATCH = 8
_ELSEWHERE = "请改正权限、腾出空间，或把 ASSISTANT_INDEX_DIR 设为可写的目录，再运行 assistant index。"

Vectors = NDArray[np.float32]
Progress = Callable[[Sequence[list[str]]], Iterable[list[str]]]


@dataclass(frozen=True)
class Index:
    """An opened index, all in memory: row i of `vectors` (length 1 each) and of `keywords` is clause `keys[i]`.

    `home` is None, and `notice` says why, when it could not be put on disk.
    """

    keys: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: Vectors
    keywords: BM25
    manifest: Manifest
    home: Path | None = None
    notice: str = ""

    def describe(self) -> str:
        """One line for `assistant doctor`."""
        made = self.manifest
        model = f"{made.model}（{made.dimension} 维）"
        libraries = "、".join(f"{name} {number}" for name, number in made.versions.items())
        place = str(self.home) if self.home else "内存"
        line = f"{len(self.keys)} 条；模型 {model}；语料 {made.corpus[:12]}；{libraries}；{place}"
        return f"{line}。{self.notice}" if self.notice else line


def searchable_text(clause: Clause) -> str:
    """What is embedded and cut into tokens: the headings above the clause, its title and its body."""
    return "\n".join((*clause.headings, clause.title, clause.body))


def build_index(
    clauses: Iterable[Clause],
    embeddings: NamedEmbeddings,
    tokenizer: Tokenizer,
    directory: Path,
    progress: Progress = lambda batches: batches,
    lock_wait: float = LOCK_WAIT,
) -> Index:
    """Bring the index on disk up to date and open it; one that is up to date is left untouched.

    Only clauses whose hash changed are embedded. `IndexUnusable` when the directory cannot be written.
    """
    source = _Source(clauses, embeddings, tokenizer)
    if current := _try_open(directory, source):
        return current
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(directory / ".lock", timeout=lock_wait):
            return _try_open(directory, source) or _rebuild(directory, source, progress)
    except Timeout as error:
        raise IndexUnusable(
            f"索引目录 {directory} 正由另一个进程建立，等了 {lock_wait:g} 秒仍未完成。请稍后重试。"
        ) from error
    except OSError as error:
        raise _unwritable(directory, error.strerror or str(error)) from error


def open_index(clauses: Iterable[Clause], embeddings: NamedEmbeddings, tokenizer: Tokenizer, directory: Path) -> Index:
    """Open the index; `IndexUnusable` says what is missing, stale, foreign or damaged, and how to mend it."""
    return _open(directory, _Source(clauses, embeddings, tokenizer))


def ensure_index(
    clauses: Iterable[Clause],
    embeddings: NamedEmbeddings,
    tokenizer: Tokenizer,
    directory: Path,
    lock_wait: float = LOCK_WAIT,
) -> Index:
    """Open the index, or build it with a progress bar on stderr.

    What was wrong is logged. Where it cannot be put on disk it is built in memory, so that answers are still given;
    `notice` says so.
    """
    clauses = tuple(clauses)
    try:
        return open_index(clauses, embeddings, tokenizer, directory)
    except IndexUnusable as error:
        log.warning("索引正在重建，因为：%s", error)
    try:
        return build_index(clauses, embeddings, tokenizer, directory, _bar, lock_wait)
    except IndexUnusable as error:
        log.warning("索引只在内存中：%s", error)
        source = _Source(clauses, embeddings, tokenizer)
        index = _in_memory(source, _stored_vectors(directory, source), _bar)
        return replace(index, notice=f"索引只在内存中，下次启动要重新计算：{error}")


class _Source:
    """What an index is built from: the clauses with a body, the model and the tokenizer."""

    def __init__(self, clauses: Iterable[Clause], embeddings: NamedEmbeddings, tokenizer: Tokenizer) -> None:
        self.texts = {f"{c.policy}/{c.id}": searchable_text(c) for c in clauses if c.body.strip()}
        if not self.texts:
            raise IndexUnusable(
                "没有可建索引的条款。请检查 ASSISTANT_CORPUS_DIR 下的政策原文，再运行 assistant check。"
            )
        self.embeddings, self.tokenizer = embeddings, tokenizer
        hashes = {key: digest(f"{key}\0{text}".encode()) for key, text in self.texts.items()}
        self.manifest = Manifest(
            format=FORMAT,
            corpus=digest("\n".join(hashes.values()).encode()),
            clauses=hashes,
            model=embeddings.name,
            model_version=embeddings.version,
            dimension=embeddings.dimension,
            tokenizer=tokenizer.fingerprint,
            versions={name: version(name) for name in ("chromadb", "bm25s")},
            files={},
        )


# Building


def _rebuild(directory: Path, source: _Source, progress: Progress) -> Index:
    live = _live(directory)
    for leftover in directory.glob("build-*"):
        if leftover != live:
            shutil.rmtree(leftover, ignore_errors=True)
    index = _in_memory(source, _stored_vectors(directory, source), progress)
    build = Path(tempfile.mkdtemp(prefix="build-", dir=directory))
    try:
        build.chmod(0o755)
        _write(index, build)
        manifest = replace(index.manifest, files=files_of(build))
        write_manifest(manifest, build)
        for path in (*build.rglob("*"), build):
            _sync(path)
        _switch(directory, build)
    except Exception as error:
        shutil.rmtree(build, ignore_errors=True)
        if isinstance(error, OSError):
            raise
        raise _unwritable(directory, str(error)) from error  # Chroma reports a full disk as an error of its own
    return replace(index, manifest=manifest, home=build)


def _in_memory(source: _Source, known: dict[str, Vectors], progress: Progress) -> Index:
    import bm25s

    hashes = source.manifest.clauses
    keys = list(source.texts)
    changed = [key for key in keys if hashes[key] not in known]
    vectors = dict(known)
    batches = [changed[i : i + _BATCH] for i in range(0, len(changed), _BATCH)]
    for batch in progress(batches) if batches else ():
        embedded = source.embeddings.embed_documents([source.texts[key] for key in batch])
        vectors.update(zip((hashes[key] for key in batch), np.asarray(embedded, np.float32), strict=True))
    keywords = bm25s.BM25()
    keywords.index([source.tokenizer.tokens(source.texts[key]) for key in keys], show_progress=False)
    matrix = _normalised(np.stack([vectors[hashes[key]] for key in keys]))
    return Index(tuple(keys), tuple(source.texts.values()), matrix, keywords, source.manifest)


def _write(index: Index, build: Path) -> None:
    with _chroma(build / "chroma") as client:
        collection = client.create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        step = client.get_max_batch_size()
        for at in range(0, len(index.keys), step):
            part = slice(at, at + step)
            collection.add(
                ids=list(index.keys[part]),
                embeddings=index.vectors[part],
                documents=list(index.texts[part]),
                metadatas=[dict(zip(("policy", "clause"), key.split("/", 1), strict=True)) for key in index.keys[part]],
            )
    index.keywords.save(build / "bm25", show_progress=False)


def _switch(directory: Path, build: Path) -> None:
    """Make `build` the live one: the only step a reader can see."""
    pointer = directory / "current.new"
    pointer.write_text(build.name, "utf-8")
    _sync(pointer)
    os.replace(pointer, directory / "current")
    _sync(directory)


# Opening


def _open(directory: Path, source: _Source) -> Index:
    live = _live(directory)
    if live is None:
        raise IndexUnusable(_why_none(directory))
    try:
        return _open_build(live, source)
    except IndexUnusable:
        if _live(directory) in (live, None):
            raise
        return _open(directory, source)  # another process has switched builds and swept this one meanwhile


def _open_build(build: Path, source: _Source) -> Index:
    import bm25s

    found = read_manifest(build)
    if reason := found.difference(source.manifest):
        raise IndexUnusable(f"索引 {build} 不能用：{reason}。{MEND}")
    check_files(build, found)
    stored = _read_vectors(build)
    keys = tuple(found.clauses)
    if stored.keys() != found.clauses.keys():
        raise IndexUnusable(f"索引 {build} 已损坏：chroma 里的条款与 manifest.json 不符。{MEND}")
    try:
        keywords = bm25s.BM25.load(build / "bm25", show_progress=False)
    except Exception as error:
        raise IndexUnusable(f"索引 {build / 'bm25'} 已损坏（{error}）。{MEND}") from error
    matrix = _normalised(np.stack([stored[key] for key in keys]))
    return Index(keys, tuple(source.texts.values()), matrix, keywords, found, home=build)


def _try_open(directory: Path, source: _Source) -> Index | None:
    try:
        return _open(directory, source)
    except IndexUnusable:
        return None


def _stored_vectors(directory: Path, source: _Source) -> dict[str, Vectors]:
    """Clause hash → vector, out of the live build, as far as it is sound and of the same model."""
    try:
        if (live := _live(directory)) is None or not (found := read_manifest(live)).has_model_of(source.manifest):
            return {}
        check_files(live, found, under="chroma/")
        stored = _read_vectors(live)
        return {found.clauses[key]: vector for key, vector in stored.items() if key in found.clauses}
    except IndexUnusable:
        return {}


def _why_none(directory: Path) -> str:
    try:
        (directory / "current").open("rb").close()
    except FileNotFoundError:
        return f"{directory} 里还没有索引。请运行 assistant index 建立。"
    except OSError as error:
        return f"读不到索引 {error.filename}（{error.strerror}）。{_ELSEWHERE}"
    return f"索引 {directory / 'current'} 已损坏（没有指向任何索引）。{MEND}"


def _live(directory: Path) -> Path | None:
    try:
        name = (directory / "current").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return directory / name if name.startswith("build-") and "/" not in name else None


def _read_vectors(build: Path) -> dict[str, Vectors]:
    """Read the collection from a copy: merely opening Chroma writes to its files, and fails on a read-only disk."""
    try:
        with tempfile.TemporaryDirectory(prefix="assistant-chroma-") as copy:
            shutil.copytree(build / "chroma", copy, dirs_exist_ok=True, copy_function=shutil.copyfile)
            os.chmod(copy, 0o700)
            with _chroma(Path(copy)) as client:
                rows = client.get_collection(COLLECTION, embedding_function=None).get(include=["embeddings"])
    except OSError as error:
        place = f"{build / 'chroma'} 拷不进临时目录（{error.strerror or error}）"
        raise IndexUnusable(f"索引 {place}。请在临时目录腾出空间、改正权限，或用 TMPDIR 换一个。") from error
    except Exception as error:
        raise IndexUnusable(f"索引 {build / 'chroma'} 打不开（{error}）。{MEND}") from error
    return dict(zip(rows["ids"], np.asarray(rows["embeddings"], np.float32), strict=True))


@contextmanager
def _chroma(path: Path) -> Iterator[Client]:
    import chromadb
    from chromadb.config import Settings

    client = cast("Client", chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False)))
    try:
        yield client
    finally:
        client.close()


def _normalised(matrix: Vectors) -> Vectors:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    scaled: Vectors = matrix / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled


def _sync(path: Path) -> None:
    """Flush a file or directory to the disk, so that the switch never outruns what it points at."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(directory: Path, reason: str) -> IndexUnusable:
    return IndexUnusable(f"索引写不进 {directory}（{reason}）。{_ELSEWHERE}")


def _bar(batches: Sequence[list[str]]) -> Iterable[list[str]]:
    from tqdm import tqdm

    bar: Iterable[list[str]] = tqdm(batches, desc="建立索引", unit="批", file=sys.stderr)
    return bar
