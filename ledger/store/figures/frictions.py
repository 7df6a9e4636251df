"""What experience_metrics says of friction, among the touchpoints that touchpoint_history tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select, union_all

from ledger.projections.experience import EXPERIENCE
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

EXPERIENCES = table_of(EXPERIENCE)
MEETINGS = table_of(TOUCHPOINTS)


def friction_counts(connection: Connection, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, kind of friction or `touchpoint`, how many)."""
    table, met = EXPERIENCES.c, MEETINGS.c
    kind = case((table.measure == "interaction", "abandoned"), else_=table.measure)
    kept = [table[name] for name in columns]
    troubled = connection.execute(
        select(*kept, kind, func.sum(table.n)).where(_friction(), *periods.of(table.period)).group_by(*kept, kind)
    )
    places = [met[name] for name in columns]
    touched = connection.execute(
        select(*places, literal("touchpoint"), func.sum(met.touchpoints))
        .where(met.touchpoints > 0, *periods.of(met.period))
        .group_by(*places)
    )
    # PostgreSQL sums 64-bit integers as decimals; where nothing is grouped, the sum of no rows is NULL.
    return [(*row[:-1], int(row[-1])) for rows in (touched, troubled) for row in rows if row[-1] is not None]


def friction_met(connection: Connection, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, customer, 1 where they met any friction there, else 0)."""
    table, met = EXPERIENCES.c, MEETINGS.c
    kept = (*columns, "customer")
    troubled = select(*(table[name] for name in kept), literal(1).label("any"))
    touched = select(*(met[name] for name in kept), literal(0).label("any"))
    each = union_all(
        troubled.where(_friction(), *periods.of(table.period)),
        touched.where(met.touchpoints > 0, *periods.of(met.period)),
    ).subquery()
    found = [each.c[name] for name in kept]
    return [tuple(row) for row in connection.execute(select(*found, func.max(each.c["any"])).group_by(*found))]


def _friction() -> ColumnElement[bool]:
    table = EXPERIENCES
    abandoned = and_(table.c.measure == "interaction", table.c.value == "abandoned")
    return or_(table.c.measure.in_(("obstacle", "payment_failed", "unsupported")), abandoned)
