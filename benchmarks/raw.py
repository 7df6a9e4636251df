"""The raw limit: what the database's own driver commits, one small row after the other and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import repeat

import psycopg
from sqlalchemy.engine import make_url

from ledger.sample.load import Pace, paced

ROW = bytes(300)
"""As long as an event's text is."""


@contextmanager
def bare_commit(url: str) -> Iterator[Callable[[], object]]:
    """Give a function that commits one row durably, in an empty database that nobody else uses."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(parsed.database or "", isolation_level=None, check_same_thread=False)) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            file.execute("CREATE TABLE bare (row BLOB)")
            yield lambda: file.execute("INSERT INTO bare VALUES (?)", (ROW,))
        return
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as link:
        link.execute("CREATE TABLE bare (row bytea)")
        yield lambda: link.execute("INSERT INTO bare VALUES (%s)", (ROW,))


def commits(commit: Callable[[], object], seconds: float) -> Pace:
    """Return how fast one caller commits."""

    def one(_nothing: None) -> int:
        commit()
        return 1

    return paced(one, repeat(None), threads=1, seconds=seconds, stock=1_000)
