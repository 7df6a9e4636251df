"""Rows of the needs table, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.projections.needs import NEEDS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

WANTED = table_of(NEEDS)


def expressed_needs(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, count) of the needs expressed within bounds (µs)."""
    kept = [WANTED.c[name] for name in columns]
    expressed = (WANTED.c.expressed_at.is_not(None), *within.of(WANTED.c.at))
    rows = connection.execute(select(*kept, func.count()).select_from(WANTED).where(*expressed).group_by(*kept))
    return [tuple(row) for row in rows]
