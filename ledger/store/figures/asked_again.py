"""Contacts in which customers may have been asked again: interactions, and askings outside any interaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, select

from ledger.projections.interactions import INTERACTIONS
from ledger.projections.requests import REQUESTS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

CONTACTS = table_of(INTERACTIONS)
ASKINGS = table_of(REQUESTS)


def asked_again(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, flag, askings, declared, compared, contacts) begun within bounds (µs).

    `columns` are of the information_requests table. The flag is what the interaction's end said, None where it did
    not say; `askings` is 1 where there is one, `declared` and `compared` where one asked again by that account.
    """
    return [*_interactions(connection, columns, within), *_alone(connection, columns, within)]


def _interactions(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    table, asking = CONTACTS, ASKINGS
    inside = (
        select(
            asking.c.customer,
            asking.c.interaction_id,
            func.max(_any(asking.c.declared)).label("declared"),
            func.max(_any(asking.c.compared)).label("compared"),
        )
        .where(asking.c.interaction_id != "")
        .group_by(asking.c.customer, asking.c.interaction_id)
        .subquery()
    )
    kept = [
        *(table.c["first_at" if name == "at" else name] for name in columns),
        table.c.repeated,
        case((inside.c.declared.is_(None), 0), else_=1).label("askings"),
        func.coalesce(inside.c.declared, 0).label("declared"),
        func.coalesce(inside.c.compared, 0).label("compared"),
    ]
    same = and_(inside.c.customer == table.c.customer, inside.c.interaction_id == table.c.interaction_id)
    source = table.outerjoin(inside, same)
    statement = select(*kept, func.count()).select_from(source).where(*within.of(table.c.first_at)).group_by(*kept)
    return [tuple(row) for row in connection.execute(statement)]


def _alone(connection: Connection, columns: Sequence[str], within: Bounds) -> list[tuple[Any, ...]]:
    asking = ASKINGS
    place = [asking.c[name] for name in columns]
    found = [_any(asking.c.declared).label("declared_any"), _any(asking.c.compared).label("compared_any")]
    statement = (
        select(*place, literal(None), literal(1), *found, func.count())
        .where(asking.c.interaction_id == "", *within.of(asking.c.at))
        .group_by(*place, *found)
    )
    return [tuple(row) for row in connection.execute(statement)]


def _any(column: Any) -> Any:
    return case((column > 0, 1), else_=0)
