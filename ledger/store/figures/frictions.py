"""What experience_metrics says of friction: how much of each kind, and which customers met any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from ledger.projections.experience import EXPERIENCE
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

EXPERIENCES = table_of(EXPERIENCE)


def friction_counts(connection: Connection, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, kind of friction or `touchpoint`, how many)."""
    table = EXPERIENCES
    kind = case((table.c.measure == "interaction", "abandoned"), else_=table.c.measure)
    kept = [table.c[name] for name in columns]
    rows = connection.execute(
        select(*kept, kind, func.sum(table.c.n))
        .where(or_(_friction(), table.c.measure == "touchpoint"), *periods.of(table.c.period))
        .group_by(*kept, kind)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-1], int(row[-1])) for row in rows]


def friction_met(connection: Connection, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, customer, 1 where they met any friction there, else 0)."""
    table = EXPERIENCES
    kept = [table.c[name] for name in columns]
    rows = connection.execute(
        select(*kept, table.c.customer, func.max(case((_friction(), 1), else_=0)))
        .where(or_(_friction(), table.c.measure == "touchpoint"), *periods.of(table.c.period))
        .group_by(*kept, table.c.customer)
    )
    return [tuple(row) for row in rows]


def _friction() -> ColumnElement[bool]:
    table = EXPERIENCES
    abandoned = and_(table.c.measure == "interaction", table.c.value == "abandoned")
    return or_(table.c.measure.in_(("obstacle", "payment_failed", "unsupported")), abandoned)
