"""A database of each kind for each test: a SQLite file, and one of the PostgreSQL server's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import NUMBERS, Postgres

from assistant.desk.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a new, empty database of the kind at each call."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.new_database
    return lambda: f"sqlite:///{tmp_path / f'desk{next(NUMBERS)}.db'}"


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    opened = open_store(new_url())
    yield opened
    opened.engine.dispose()
