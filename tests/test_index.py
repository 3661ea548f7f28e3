"""The index on disk: incremental, atomic, and never silently wrong. Real Chroma and bm25s; vectors made here."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import index as index_module
from assistant.clauses import Clause
from assistant.embeddings import NamedEmbeddings
from assistant.errors import IndexUnusable
from assistant.index import Index, build_index, ensure_index, open_index
from assistant.lexicon import Lexicon
from assistant.tokens import Tokenizer

ROOT = Path(__file__).resolve().parent.parent


class CountingEmbeddings(NamedEmbeddings):
    """Vectors drawn from each text's hash; counts the texts embedded."""

    def __init__(self, name: str = "counting", dimension: int = 8) -> None:
        self.name, self.version, self.dimension = name, "1", dimension
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector: list[float] = np.random.default_rng(seed).normal(size=self.dimension).tolist()
        return vector


def sample_clauses(count: int = 20) -> list[Clause]:
    """Clauses 1.1 to 1.`count`, below a heading without a body of its own."""
    heading = Clause("p", "1", "一、政策支持", "政策支持", "一、政策支持", "", (), ())
    items = [
        Clause(
            "p", f"1.{n}", f"（{n}）", f"支持{n}", f"（{n}）支持{n}。补助{n}万元。", f"补助{n}万元。", ("政策支持",), ()
        )
        for n in range(1, count + 1)
    ]
    return [heading, *items]


def changed(clauses: Sequence[Clause]) -> list[Clause]:
    return [*clauses[:-1], replace(clauses[-1], body="改为贴息。")]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(Lexicon(("技术改造",), {}))


@pytest.fixture(scope="module")
def pristine(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pristine")
    build_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
    return directory


@pytest.fixture
def directory(pristine: Path, tmp_path: Path) -> Path:
    """An index of `sample_clauses`, to be spoiled at will."""
    return shutil.copytree(pristine, tmp_path / "index")


def tree(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(p.relative_to(directory)): (p.stat().st_mtime_ns, p.read_bytes())
        for p in directory.rglob("*")
        if p.is_file()
    }


def live(directory: Path) -> Path:
    return directory / (directory / "current").read_text()


def test_only_clauses_with_a_body_are_indexed_and_found_again_on_opening(tokenizer: Tokenizer, directory: Path) -> None:
    index = open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
    assert index.keys == tuple(f"p/1.{n}" for n in range(1, 21))
    assert index.texts[0] == "政策支持\n支持1\n补助1万元。"
    expected = np.array([CountingEmbeddings().embed_query(text) for text in index.texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(index.vectors, expected, atol=1e-6)
    assert index.keywords.scores["num_docs"] == 20
    assert "20 条；模型 counting（8 维）" in index.describe()


def test_an_up_to_date_index_embeds_nothing_and_writes_nothing(tokenizer: Tokenizer, directory: Path) -> None:
    before, embeddings = tree(directory), CountingEmbeddings()
    build_index(sample_clauses(), embeddings, tokenizer, directory)
    ensure_index(sample_clauses(), embeddings, tokenizer, directory)
    assert embeddings.embedded == []
    assert tree(directory) == before


def test_only_a_changed_clause_is_embedded_again(tokenizer: Tokenizer, directory: Path) -> None:
    before = open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
    embeddings = CountingEmbeddings()
    index = build_index(changed(sample_clauses()), embeddings, tokenizer, directory)
    assert embeddings.embedded == ["政策支持\n支持20\n改为贴息。"]
    np.testing.assert_allclose(index.vectors[:-1], before.vectors[:-1], atol=1e-6)
    assert not np.allclose(index.vectors[-1], before.vectors[-1])


def test_a_removed_clause_is_gone_and_nothing_is_embedded(tokenizer: Tokenizer, directory: Path) -> None:
    embeddings = CountingEmbeddings()
    index = build_index(sample_clauses(5), embeddings, tokenizer, directory)
    assert (len(index.keys), embeddings.embedded) == (5, [])


def test_another_word_list_keeps_the_vectors(directory: Path) -> None:
    embeddings = CountingEmbeddings()
    build_index(sample_clauses(), embeddings, Tokenizer(Lexicon(("补助",), {})), directory)
    assert embeddings.embedded == []


def test_leftovers_are_swept_by_the_next_build(tokenizer: Tokenizer, directory: Path) -> None:
    (directory / "build-killed").mkdir()
    before = live(directory)
    build_index(changed(sample_clauses()), CountingEmbeddings(), tokenizer, directory)
    assert sorted(directory.glob("build-*")) == sorted([before, live(directory)])


def test_a_corpus_without_any_body_is_an_error(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="没有可建索引的条款"):
        build_index(sample_clauses(0), CountingEmbeddings(), tokenizer, tmp_path)


# What does not fit is named, with the mending command, and mended by `ensure_index`.


def test_a_missing_index_says_how_to_build_it(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match=r"还没有索引.*assistant index"):
        open_index(sample_clauses(), CountingEmbeddings(), tokenizer, tmp_path / "none")


def test_a_stale_corpus_is_named_with_the_clause(tokenizer: Tokenizer, directory: Path) -> None:
    with pytest.raises(IndexUnusable, match=r"语料已变（1 条不同：p/1\.20）.*assistant index"):
        open_index(changed(sample_clauses()), CountingEmbeddings(), tokenizer, directory)


@pytest.mark.parametrize("embeddings", [CountingEmbeddings("bge"), CountingEmbeddings(dimension=9)])
def test_a_foreign_model_is_named(tokenizer: Tokenizer, directory: Path, embeddings: CountingEmbeddings) -> None:
    with pytest.raises(IndexUnusable, match=rf"另一个嵌入模型.*counting.*现为 {embeddings.name}.*assistant index"):
        open_index(sample_clauses(), embeddings, tokenizer, directory)
    index = ensure_index(sample_clauses(), embeddings, tokenizer, directory)
    assert len(embeddings.embedded) == 20
    assert index.vectors.shape == (20, embeddings.dimension)


def test_a_foreign_tokenizer_is_named(directory: Path) -> None:
    with pytest.raises(IndexUnusable, match=r"另一份词表或分词方式.*assistant index"):
        open_index(sample_clauses(), CountingEmbeddings(), Tokenizer(Lexicon(("补助",), {})), directory)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 0, "格式是 0，现为 1"),
        ("versions", {"chromadb": "0.1", "bm25s": "0.1"}, "另一版本的库.*chromadb 0.1"),
        ("dimension", "八", "已损坏"),
        ("clauses", [], "已损坏"),
    ],
)
def test_a_manifest_that_does_not_fit_is_named(
    tokenizer: Tokenizer, directory: Path, key: str, value: object, message: str
) -> None:
    path = live(directory) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(IndexUnusable, match=rf"{message}.*assistant index"):
        open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _with(key: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return change


SPOILT = [
    *itertools.product(
        ["chroma/chroma.sqlite3", "bm25/data.csc.index.npy", "manifest.json"], [_truncate, _flip, _empty, Path.unlink]
    ),
    *itertools.product(["chroma/*/data_level0.bin", "chroma/*/header.bin"], [_truncate, _flip, Path.unlink]),
    ("chroma", shutil.rmtree),
    ("bm25", shutil.rmtree),
    *itertools.product(
        ["manifest.json"],
        [_zero, _with("files", {"manifest.json": "0"}), _with("files", 7), _with("clauses", None)],
    ),
]


@pytest.mark.parametrize(("name", "spoil"), SPOILT)
def test_a_damaged_file_is_named_and_mended(
    tokenizer: Tokenizer, directory: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    [path] = live(directory).glob(name)
    spoil(path)
    with pytest.raises(IndexUnusable, match=rf"{path.name}.*assistant index"):
        open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
    embeddings = CountingEmbeddings()
    index = ensure_index(sample_clauses(), embeddings, tokenizer, directory)
    assert index.notice == ""
    assert len(embeddings.embedded) in ((0,) if name.startswith("bm25") else (0, 20))  # 0 where the vectors are sound
    open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1, exclude_max=True), at=st.floats(0, 1), written=st.binary(max_size=64), cuts=st.booleans())
def test_damage_anywhere_is_named_or_harmless_and_mended(
    tokenizer: Tokenizer, pristine: Path, place: float, at: float, written: bytes, cuts: bool
) -> None:
    sound = open_index(sample_clauses(), CountingEmbeddings(), tokenizer, pristine)
    with TemporaryDirectory() as home:
        directory = shutil.copytree(pristine, Path(home, "index"))
        files = sorted(path for path in directory.rglob("*") if path.is_file() and path.name != ".lock")
        path = files[int(place * len(files))]
        data, start = path.read_bytes(), int(at * path.stat().st_size)
        path.write_bytes(data[:start] + written + (b"" if cuts else data[start + len(written) :]))
        named = ""
        try:
            index = open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
        except IndexUnusable as error:
            named = str(error)
            index = build_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
        assert not named or "请运行 assistant index" in named
        for found in (index, open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)):
            assert found.keys == sound.keys
            np.testing.assert_allclose(found.vectors, sound.vectors, atol=1e-6)


@pytest.mark.parametrize("pointer", ["build-nowhere", "../elsewhere", "", "\x00"])
def test_a_pointer_to_nothing_is_an_error_and_mended(tokenizer: Tokenizer, directory: Path, pointer: str) -> None:
    (directory / "current").write_text(pointer)
    with pytest.raises(IndexUnusable, match="assistant index"):
        open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)
    assert ensure_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory).home == live(directory)


# Killed, crowded, full, read-only.

# Builds a changed text, each time in another copy of `sys.argv[1]` and killed before another step that it takes on the
# disk: every fourth, and the last ones, between which the switch is. Says which they were.
_KILLED_BUILDS = """
    import os, shutil, signal, sys
    sys.path.insert(0, "tests")
    from itertools import count
    from pathlib import Path
    import bm25s, chromadb
    from assistant.index import build_index
    from assistant.lexicon import Lexicon
    from assistant.tokens import Tokenizer
    from test_index import CountingEmbeddings, changed, sample_clauses

    tokenizer = Tokenizer(Lexicon(("技术改造",), {}))
    tokenizer.tokens("技术改造")

    def build(until):
        directory = shutil.copytree(sys.argv[1], Path(sys.argv[2], str(until)))
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            steps = count(1)

            def watch(event, arguments):
                if event in ("open", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.rmdir"):
                    if str(directory) in str(arguments[0]) and next(steps) == until:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(watch)
            build_index(changed(sample_clauses()), CountingEmbeddings(), tokenizer, directory)
            os.write(writer, str(next(steps) - 1).encode())
            os._exit(0)
        os.close(writer)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code == (0 if until == 0 else -signal.SIGKILL), code
        return int(os.read(reader, 9) or 0)

    steps = build(0)
    chosen = sorted({*range(1, steps, 4), *range(steps - 3, steps + 1)})
    for until in chosen:
        build(until)
    print(*chosen)
"""


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("has_one", [True, False])
def test_killed_at_any_step_of_a_build_the_old_index_or_the_new_one_serves_and_the_next_build_ends_it(
    tokenizer: Tokenizer, pristine: Path, tmp_path: Path, has_one: bool
) -> None:
    before, places = tmp_path / "before", tmp_path / "killed"
    places.mkdir()
    if has_one:
        shutil.copytree(pristine, before)
    else:
        before.mkdir()
    process = run(_KILLED_BUILDS, str(before), str(places))
    out, err = process.communicate()
    assert process.returncode == 0, err
    states = set()
    for step in out.split():
        directory = places / step
        new = _opens(changed(sample_clauses()), tokenizer, directory)
        old = not new and _opens(sample_clauses(), tokenizer, directory)
        states.add((old, new))
        build_index(changed(sample_clauses()), CountingEmbeddings(), tokenizer, directory)
        assert len(list(directory.glob("build-*"))) <= 2
        assert not (directory / "current.new").exists()
    assert states == {(has_one, False), (False, True)}  # some were killed before the switch, some after


def _opens(clauses: Sequence[Clause], tokenizer: Tokenizer, directory: Path) -> bool:
    try:
        open_index(clauses, CountingEmbeddings(), tokenizer, directory)
    except IndexUnusable:
        return False
    return True


_BUILD = """
    import sys
    sys.path.insert(0, "tests")
    from pathlib import Path
    from assistant.index import build_index
    from assistant.lexicon import Lexicon
    from assistant.tokens import Tokenizer
    from test_index import CountingEmbeddings, sample_clauses

    embeddings = CountingEmbeddings()
    build_index(sample_clauses(), embeddings, Tokenizer(Lexicon(("技术改造",), {})), Path(sys.argv[1]))
    print(len(embeddings.embedded))
"""


def test_of_two_processes_building_at_once_one_builds_and_both_serve(tokenizer: Tokenizer, tmp_path: Path) -> None:
    processes = [run(_BUILD, str(tmp_path / "index")) for _ in range(2)]
    outputs = [process.communicate() for process in processes]
    assert sorted(int(out or -1) for out, _ in outputs) == [0, 20], outputs
    open_index(sample_clauses(), CountingEmbeddings(), tokenizer, tmp_path / "index")


def test_waiting_for_another_builder_is_bounded_and_answers_are_still_given(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    with FileLock(tmp_path / ".lock"):
        with pytest.raises(IndexUnusable, match=r"正由另一个进程建立，等了 0\.1 秒"):
            build_index(sample_clauses(), CountingEmbeddings(), tokenizer, tmp_path, lock_wait=0.1)
        index = ensure_index(sample_clauses(), CountingEmbeddings(), tokenizer, tmp_path, lock_wait=0.1)
    assert "另一个进程" in index.notice


def test_a_full_disk_is_named_and_leaves_the_old_index(
    tokenizer: Tokenizer, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(index: Index, build: Path) -> None:
        raise OSError(28, os.strerror(28))

    before = tree(directory)
    monkeypatch.setattr(index_module, "_write", full)
    with pytest.raises(IndexUnusable, match=r"No space left.*ASSISTANT_INDEX_DIR"):
        build_index(changed(sample_clauses()), CountingEmbeddings(), tokenizer, directory)
    assert tree(directory) == before


def test_where_nothing_can_be_written_the_index_is_held_in_memory_and_says_so(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "index"
    with pytest.raises(IndexUnusable, match=r"写不进 .*file/index（Not a directory）.*ASSISTANT_INDEX_DIR"):
        build_index(sample_clauses(), CountingEmbeddings(), tokenizer, place)
    index = ensure_index(sample_clauses(), CountingEmbeddings(), tokenizer, place)
    assert index.home is None
    assert "只在内存中" in index.notice
    assert index.notice in index.describe()
    assert len(index.keys) == 20


def test_a_full_temporary_directory_is_named_as_such(
    tokenizer: Tokenizer, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(index_module.shutil, "copytree", full)
    with pytest.raises(IndexUnusable, match=r"临时目录（No space left.*TMPDIR"):
        open_index(sample_clauses(), CountingEmbeddings(), tokenizer, directory)


_READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null'


@pytest.mark.skipif(
    subprocess.run(
        ["unshare", "-m", "sh", "-c", _READ_ONLY, "sh", str(ROOT / "indexes")], capture_output=True
    ).returncode
    != 0,
    reason="mounting is not allowed here",
)
def test_an_index_on_a_read_only_mount_is_served(directory: Path) -> None:
    before = tree(directory)
    script = _READ_ONLY + ' && exec "$2" -c "$3" "$1"'
    arguments = ["unshare", "-m", "sh", "-c", script, "sh", str(directory), sys.executable, textwrap.dedent(_BUILD)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr
    assert tree(directory) == before
