"""Sums of the additive measures in experience_metrics, and of the touchpoints in touchpoint_history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, union

from ledger.projections.experience import EXPERIENCE
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

EXPERIENCES = table_of(EXPERIENCE)
MEETINGS = table_of(TOUCHPOINTS)

TOUCHPOINT = "touchpoint"
"""The measure that touchpoint_history tells: its unit is whether the channel was preferred, its value the direction."""


def tallies(connection: Connection, measure: str, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, unit, value, n, total), summed over all customers, for periods in days since 1970."""
    rows = connection.execute(
        _touchpoints(columns, periods) if measure == TOUCHPOINT else _measured(measure, columns, periods)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-2], int(row[-2]), int(row[-1])) for row in rows]


def _measured(measure: str, columns: Sequence[str], periods: Bounds) -> Select[Any]:
    table = EXPERIENCES.c
    kept = [table[name] for name in (*columns, "unit", "value")]
    statement = select(*kept, func.sum(table.n), func.sum(table.total)).group_by(*kept)
    return statement.where(table.measure == measure, *periods.of(table.period))


def _touchpoints(columns: Sequence[str], periods: Bounds) -> Select[Any]:
    table = MEETINGS.c
    kept = [table[name] for name in (*columns, "preferred", "direction")]
    statement = select(*kept, func.sum(table.touchpoints), literal(0)).group_by(*kept)
    return statement.where(table.touchpoints > 0, *periods.of(table.period))


def orders(connection: Connection, days: Bounds) -> list[tuple[int, int, str, str, int, int]]:
    """Return rows of (customer, day, channel, currency, orders, total in 1/10,000)."""
    table = EXPERIENCES
    rows = connection.execute(
        select(table.c.customer, table.c.period, table.c.channel, table.c.unit, table.c.n, table.c.total).where(
            table.c.measure == "order", *days.of(table.c.period)
        )
    )
    return [tuple(row) for row in rows]


def customer_tallies(
    connection: Connection, measures: Sequence[str], columns: Sequence[str], periods: Bounds
) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, customer, measure, unit, total in 1/10,000) for periods in days since 1970."""
    table = EXPERIENCES
    kept = [table.c[name] for name in (*columns, "customer", "measure", "unit")]
    rows = connection.execute(
        select(*kept, func.sum(table.c.total))
        .where(table.c.measure.in_(measures), *periods.of(table.c.period))
        .group_by(*kept)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-1], int(row[-1])) for row in rows]


def seen_customers(connection: Connection, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, customer), each once, of whom anything is counted in periods in days since 1970."""
    kept = (*columns, "customer")
    table, met = EXPERIENCES.c, MEETINGS.c
    measured = select(*(table[name] for name in kept)).where(*periods.of(table.period))
    touched = select(*(met[name] for name in kept)).where(met.touchpoints > 0, *periods.of(met.period))
    return [tuple(row) for row in connection.execute(union(measured, touched))]


def active_periods(connection: Connection, measure: str, value: str) -> list[tuple[int, int]]:
    """Return rows of (customer, period in days since 1970), each once, in which a measure was counted.

    `value` is the only value to count, '' for any.
    """
    if measure == TOUCHPOINT:
        table, of, told = MEETINGS.c, MEETINGS.c.touchpoints > 0, MEETINGS.c.direction
    else:
        table, of, told = EXPERIENCES.c, EXPERIENCES.c.measure == measure, EXPERIENCES.c.value
    statement = select(table.customer, table.period).distinct().where(of)
    if value:
        statement = statement.where(told == value)
    return [(customer, period) for customer, period in connection.execute(statement)]
