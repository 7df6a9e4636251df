"""Rows of any projection's table, whole or counted: what figures over sets of rows are made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from ledger.projections.shape import Projection
from ledger.store.figures.bounds import UNBOUNDED, Bounds
from ledger.store.read_model import table_of


def facts(
    connection: Connection,
    projection: Projection[Any],
    columns: Sequence[str],
    *,
    at: str = "",
    within: Bounds = UNBOUNDED,
    order: Sequence[str] = (),
    **equal: str | int | Sequence[str] | None,
) -> list[tuple[Any, ...]]:
    """Return `columns` (`customer` may be among them) of each row, ordered by some where asked.

    Kept are the rows whose column `at` lies within bounds and whose other columns are what `equal` says: a value,
    None, or any of a list.
    """
    table = table_of(projection)
    statement = select(*(table.c[name] for name in columns)).where(*_kept(table, at, within, equal))
    rows = connection.execute(statement.order_by(*(table.c[name] for name in order)))
    return [tuple(row) for row in rows]


def fact_counts(
    connection: Connection,
    projection: Projection[Any],
    columns: Sequence[str],
    *,
    at: str = "",
    within: Bounds = UNBOUNDED,
    sums: Sequence[str] = (),
    **equal: str | int | Sequence[str] | None,
) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, count, *sums of columns) over the rows that `facts` would keep; whole-number sums."""
    table = table_of(projection)
    kept = [table.c[name] for name in columns]
    totals = [func.coalesce(func.sum(table.c[name]), 0) for name in sums]
    # Without a column of it, nothing else would say which table is counted.
    statement = select(*kept, func.count(), *totals).select_from(table).where(*_kept(table, at, within, equal))
    statement = statement.group_by(*kept)
    width = len(kept)
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:width], *(int(total) for total in row[width:])) for row in connection.execute(statement)]


def _kept(table: Table, at: str, within: Bounds, equal: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions = within.of(table.c[at]) if at else []
    for name, value in equal.items():
        column = table.c[name]
        if value is None or isinstance(value, str | int):
            conditions.append(column.is_(None) if value is None else column == value)
        else:
            conditions.append(column.in_(list(value)))
    return conditions
