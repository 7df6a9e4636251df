"""Rows of the cases table: durations, handovers, promises kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.projections.cases import CASES
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

FILES = table_of(CASES)

BEGINNING = "beginning"
"""The instant a case is dated by: its opening, or its first event where no opening is recorded."""


def cases(connection: Connection, kinds: Sequence[str], columns: Sequence[str], begun: Bounds) -> list[tuple[Any, ...]]:
    """Return `columns` of every case of those kinds that began within bounds (µs); BEGINNING may be among them."""
    table = FILES
    beginning = func.coalesce(table.c.opened_at, table.c.first_at)
    kept = [beginning if name == BEGINNING else table.c[name] for name in columns]
    statement = select(*kept).where(*begun.of(beginning))
    if kinds:
        statement = statement.where(table.c.kind.in_(kinds))
    return [tuple(row) for row in connection.execute(statement)]


def case_counts(
    connection: Connection, kinds: Sequence[str], columns: Sequence[str], begun: Bounds
) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, count)."""
    table = FILES
    beginning = func.coalesce(table.c.opened_at, table.c.first_at)
    kept = [beginning.label(BEGINNING) if name == BEGINNING else table.c[name] for name in columns]
    statement = select(*kept, func.count()).where(*begun.of(beginning)).group_by(*kept)
    if kinds:
        statement = statement.where(table.c.kind.in_(kinds))
    return [tuple(row) for row in connection.execute(statement)]
