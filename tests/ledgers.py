"""Open ledgers for tests: an empty one on SQLite and again on PostgreSQL, and a clock that a test moves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger import Ledger
from tests.databases import DATABASES, text

LOG = ("events", "streams", "sources", "merges", "unmerges", "identifiers")
PROJECTING = ("checkpoints", "build_ranges", "read_models", "tracking")
NOT_LEFT_EMPTY = ("alembic_version", "definitions", "enactments", "log_head")


MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 — mkdtemp makes a name of its own there
"""Where a file that no power loss threatens is quick to write; None for the usual temporary folder."""


class SetClock:
    """A clock that stands still until a test sets it; microseconds since 1970 UTC."""

    def __init__(self, now: int = 1_800_000_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="session")
def kept_postgres(new_postgres: Callable[..., str]) -> str:
    """Give a PostgreSQL ledger that tests of one worker use in turn: emptying one is quicker than making one."""
    url = new_postgres()
    Ledger.open(url).close()
    return url


@pytest.fixture(params=DATABASES)
def quick_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty ledger, on SQLite and again on PostgreSQL (the worker's own, emptied)."""
    if request.param == "sqlite":
        return sqlite_copy(tmp_path)
    url: str = request.getfixturevalue("kept_postgres")
    empty(url)
    return url


@pytest.fixture
def ledger(quick_url: str) -> Iterator[Ledger]:
    """Give an empty ledger, on SQLite and again on PostgreSQL."""
    with Ledger.open(quick_url) as opened:
        yield opened


@pytest.fixture
def quick_ledger() -> Iterator[Ledger]:
    """Give an empty ledger on SQLite alone, for a test with many examples that no database has a part in."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, Ledger.open(sqlite_copy(Path(folder))) as opened:
        yield opened


@pytest.fixture
def clock() -> SetClock:
    """Give the clock of `clocked`."""
    return SetClock()


@pytest.fixture
def clocked(quick_url: str, clock: SetClock) -> Iterator[Ledger]:
    """Give an empty ledger whose clock the test sets."""
    with Ledger.open(quick_url, clock=clock) as opened:
        yield opened


@cache
def template() -> Path:
    """Return an empty ledger's file, made once: a copy costs less than the migrations."""
    path = Path(tempfile.mkdtemp(dir=MEMORY)) / "template.db"
    Ledger.open(f"sqlite:///{path}").close()
    return path


def sqlite_copy(folder: Path, name: str = "ledger.db") -> str:
    """Put an empty ledger into a folder and return its URL."""
    shutil.copyfile(template(), folder / name)
    return f"sqlite:///{folder / name}"


def empty(url: str) -> None:
    """Take everything out of a PostgreSQL ledger, past the triggers that forbid it."""
    plain = text(make_url(url).set(drivername="postgresql"))
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        known = {*LOG, *PROJECTING, *NOT_LEFT_EMPTY}
        dropped = [f'DROP TABLE "{name}" CASCADE' for (name,) in found if name not in known]
        statements = [
            "SET session_replication_role = replica",
            *dropped,
            f"TRUNCATE {', '.join((*LOG, *PROJECTING))} RESTART IDENTITY",
            "UPDATE log_head SET position = 0, recorded_at = 0",
            "DELETE FROM enactments WHERE number > 3",
        ]
        connection.execute(";".join(statements).encode())
