"""The databases the tests stand on are what they say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

ROOT = Path(__file__).parent.parent


def scalar(url: str, statement: str) -> object:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return connection.execute(text(statement)).scalar()


def test_every_database_starts_empty(ledger_url: str) -> None:
    create = create_engine(ledger_url, poolclass=NullPool)
    with create.begin() as connection:
        connection.execute(text("create table fact (n integer)"))
        connection.execute(text("insert into fact values (1)"))
    assert scalar(ledger_url, "select count(*) from fact") == 1


def test_postgresql_commits_synchronously_and_speaks_utf8(postgres_url: str) -> None:
    assert scalar(postgres_url, "show synchronous_commit") == "on"
    assert scalar(postgres_url, "show server_encoding") == "UTF8"


def test_a_database_can_be_copied_from_another(new_postgres: Callable[..., str]) -> None:
    first = new_postgres()
    with create_engine(first, poolclass=NullPool).begin() as connection:
        connection.execute(text("create table fact (n integer)"))
    assert scalar(new_postgres(template=first), "select count(*) from fact") == 0


@pytest.mark.skipif("LEDGER_TEST_PG_URL" in os.environ, reason="a server of somebody else's is not ours to kill")
def test_a_server_ends_with_the_tests_even_when_they_are_killed() -> None:
    program = (
        "from tests.postgres_server import kept_server\nwith kept_server() as url:\n print(url, flush=True); input()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout is not None
        directory = Path(run.stdout.readline().strip().partition("host=")[2])
        assert (directory / ".s.PGSQL.5432").exists()
        run.kill()
    deadline = time.monotonic() + 20
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not directory.exists()
