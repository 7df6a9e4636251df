"""What tests of opening do from outside: expect a refusal, and change a database past the ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger import Ledger, LedgerError
from tests import databases


def refused(url: str, error: type[LedgerError], words: str, *, create: bool = True) -> None:
    """Expect that a ledger cannot be opened, with one sentence that says why and what to do."""
    with pytest.raises(error, match=words) as caught:
        Ledger.open(url, create=create)
    assert "\n" not in str(caught.value)


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def rewritten(url: str, statement: str) -> None:
    """Run a statement on the database, past the ledger."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(file_of(url))) as connection, connection:
            connection.execute(statement)
        return
    with psycopg.connect(databases.text(parsed.set(drivername="postgresql"))) as server:
        server.execute(statement.encode())
