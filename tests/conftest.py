"""The real corpus and a real PostgreSQL, once for all tests."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import OTHER, Postgres
from pydantic import SecretStr

from assistant.desk.store import Store, open_store
from assistant.lexicon import Lexicon, read_lexicon
from assistant.policies import Policy, read_policies
from assistant.questions import Questions, read_questions
from assistant.settings import ROOT, Settings
from assistant.wiring import Assistant, open_assistant


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    return ROOT / "corpus"


@pytest.fixture(scope="session")
def policy(corpus_dir: Path) -> Policy:
    return read_policies(corpus_dir)[0]


@pytest.fixture(scope="session")
def lexicon(corpus_dir: Path) -> Lexicon:
    return read_lexicon(corpus_dir / "lexicon")


@pytest.fixture(scope="session")
def questions(corpus_dir: Path) -> Questions:
    return read_questions(corpus_dir / "lexicon" / "questions.toml")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The real corpus and an index of its own, built once."""
    database = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'assistant.db'}"
    return Settings(index_dir=tmp_path_factory.mktemp("index"), database_url=SecretStr(database))


@pytest.fixture(scope="session")
def desk_store(settings: Settings) -> Store:
    """The database of the pages under test."""
    return open_store(settings.database_url.get_secret_value())


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    return open_assistant(settings)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        pytest.skip("需要 PostgreSQL：apt-get install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="desk-postgres-", dir="/tmp"))  # a path its user can reach
    if os.geteuid() == 0:
        os.chown(directory, pwd.getpwnam(OTHER).pw_uid, -1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = Postgres(Path(program).parent, directory, port)
    try:
        server.make()
        yield server
        server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
