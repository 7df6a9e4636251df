"""Questions to the tables that no public door answers, for tests that say nothing was written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from ledger import Ledger
from ledger.store.engine import reading

LOG = ("events", "streams", "sources", "merges", "unmerges", "identifiers", "log_head")


def ask(ledger: Ledger, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with reading(ledger.store.engine) as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def column(ledger: Ledger, statement: str, **values: Any) -> list[Any]:
    """Return the first column of a statement's rows."""
    return [row[0] for row in ask(ledger, statement, **values)]


def contents(ledger: Ledger) -> dict[str, list[Any]]:
    """Return everything the tables of the log hold."""
    return {table: sorted(map(repr, ask(ledger, f"SELECT * FROM {table}"))) for table in LOG}
