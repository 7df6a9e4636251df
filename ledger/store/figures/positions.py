"""What journey_position says of all customers: how many, in which segments, and over which time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.projections.position import POSITION
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

STANDINGS = table_of(POSITION)


def customer_counts(connection: Connection, columns: Sequence[str], first_seen: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, count, first, last) over customers whose first event lies within bounds (µs).

    `first` and `last` are the earliest and the latest of those first events.
    """
    table = STANDINGS
    kept = [table.c[name] for name in columns]
    seen = table.c.first_at
    counted = select(*kept, func.count(), func.min(seen), func.max(seen)).where(*first_seen.of(seen))
    rows = connection.execute(counted.group_by(*kept)).all()
    return [tuple(row) for row in rows if row[-3]]


def segments(connection: Connection) -> dict[int, str]:
    """Return the segments of every customer as canonical JSON text."""
    table = STANDINGS
    return {row[0]: row[1] for row in connection.execute(select(table.c.customer, table.c.segments))}


def observed(connection: Connection) -> tuple[int | None, int | None]:
    """Return when the first and the last event of all customers occurred, in µs; None where there is none."""
    table = STANDINGS
    first, last = connection.execute(select(func.min(table.c.first_at), func.max(table.c.last_at))).one()
    return first, last
