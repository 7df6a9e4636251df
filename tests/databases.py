"""The databases tests run against: SQLite files, and PostgreSQL databases made fresh on one server a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from tests.postgres_server import kept_server

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Give the server's address: the one LEDGER_TEST_PG_URL names, else one started for this worker."""
    named = os.environ.get("LEDGER_TEST_PG_URL")
    if named:
        yield make_url(named).set(drivername="postgresql+psycopg")
        return
    with kept_server() as url:
        yield make_url(url)


@pytest.fixture(scope="session")
def new_postgres(postgres_server: URL) -> Iterator[Callable[..., str]]:
    """Give a function that makes a fresh database and returns its URL; `template=` another's URL makes a copy of it.

    For a module or a session: each is dropped at the very end. A test wants `postgres_url`.
    """
    made: list[str] = []

    def new(template: str | None = None) -> str:
        name = f"ledger_{uuid4().hex}"
        source = "template0" if template is None else make_url(template).database
        administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        made.append(name)
        return text(postgres_server.set(database=name))

    yield new
    for name in made:
        drop(postgres_server, name)


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database of this test's own."""
    name = f"ledger_{uuid4().hex}"
    administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield text(postgres_server.set(database=name))
    drop(postgres_server, name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=DATABASES)
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Give an empty database's URL: the test runs on SQLite and again on PostgreSQL."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


def text(url: URL) -> str:
    """Return the URL with its password, as SQLAlchemy reads it."""
    return url.render_as_string(hide_password=False)


def administer(server: URL, statement: str) -> None:
    """Run one statement on the server, outside any transaction."""
    conninfo = text(server.set(drivername="postgresql"))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def drop(server: URL, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
