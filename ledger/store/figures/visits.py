"""Rows of stage_visits: how long visits lasted, and which stages each customer entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from ledger.projections.visits import VISITS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

STAYS = table_of(VISITS)


def visits(connection: Connection, columns: Sequence[str], entered: Bounds) -> list[tuple[Any, ...]]:
    """Return `columns` of every visit on the primary track that was entered within bounds (µs)."""
    table = STAYS
    kept = [table.c[name] for name in columns]
    statement = select(*kept).where(table.c.track == "primary", *entered.of(table.c.entered_at))
    return [tuple(row) for row in connection.execute(statement)]


def entries(connection: Connection, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return (customer, stage, entered at, *columns) of every visit on the primary track, each customer's in order."""
    table = STAYS
    kept = [table.c[name] for name in ("customer", "stage", "entered_at", *columns)]
    statement = select(*kept).where(table.c.track == "primary").order_by(table.c.customer, table.c.number)
    return [tuple(row) for row in connection.execute(statement)]


def all_visits(connection: Connection, columns: Sequence[str], entered: Bounds) -> list[tuple[Any, ...]]:
    """Return `columns` of every visit, on the primary track or to an overlay, entered within bounds (µs)."""
    table = STAYS
    statement = select(*(table.c[name] for name in columns)).where(*entered.of(table.c.entered_at))
    return [tuple(row) for row in connection.execute(statement)]
