"""Rows of the cases table: durations, handovers, promises kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from ledger.projections.cases import CASES
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

FILES = table_of(CASES)
OPENED = func.coalesce(FILES.c.opened_at, FILES.c.first_at)

BEGINNING = "beginning"
"""The instant a case is dated by: its opening, or its first event where no opening is recorded."""


def cases(connection: Connection, kinds: Sequence[str], columns: Sequence[str], begun: Bounds) -> list[tuple[Any, ...]]:
    """Return `columns` of every case of those kinds that began within bounds (µs); BEGINNING may be among them."""
    return [tuple(row) for row in connection.execute(_begun(select(*_columns(columns)), kinds, begun))]


def case_counts(
    connection: Connection, kinds: Sequence[str], columns: Sequence[str], begun: Bounds
) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, count)."""
    kept = _columns(columns)
    counted = select(*kept, func.count()).group_by(*kept)
    return [tuple(row) for row in connection.execute(_begun(counted, kinds, begun))]


def _columns(names: Sequence[str]) -> list[ColumnElement[Any]]:
    return [OPENED.label(BEGINNING) if name == BEGINNING else FILES.c[name] for name in names]


def _begun(statement: Select[Any], kinds: Sequence[str], begun: Bounds) -> Select[Any]:
    of_kinds = [FILES.c.kind.in_(kinds)] if kinds else []
    return statement.where(*begun.of(OPENED), *of_kinds)
