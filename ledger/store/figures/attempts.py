"""What customers attempted: inbound interactions, and unsupported opportunities that belong to none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, select

from ledger.projections.interactions import INTERACTIONS
from ledger.projections.opportunities import OPPORTUNITIES
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

CONTACTS = table_of(INTERACTIONS)
MISSED = table_of(OPPORTUNITIES)


def attempts(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, attempts, unsupported ones) begun within bounds (µs).

    `columns` are of the opportunities table, `at` among them; `customer` may be too.
    """
    return [*_interactions(connection, columns, within), *_alone(connection, columns, within)]


def _interactions(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    table = CONTACTS
    kept = [table.c["first_at" if name == "at" else name] for name in columns]
    unsupported = func.sum(case((table.c.unsupported > 0, 1), else_=0))
    statement = select(*kept, func.count(), func.coalesce(unsupported, 0)).where(
        table.c.direction == "inbound", *within.of(table.c.first_at)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-1], int(row[-1])) for row in connection.execute(statement.group_by(*kept))]


def _alone(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    table, contact = MISSED, CONTACTS
    kept = [table.c[name] for name in columns]
    inside = exists().where(
        and_(
            contact.c.customer == table.c.customer,
            contact.c.interaction_id == table.c.interaction_id,
            contact.c.direction == "inbound",
        )
    )
    statement = select(*kept, func.count(), func.count()).select_from(table).where(~inside, *within.of(table.c.at))
    return [tuple(row) for row in connection.execute(statement.group_by(*kept))]
