"""Sums of the additive measures in experience_metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.projections.experience import EXPERIENCE
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

EXPERIENCES = table_of(EXPERIENCE)


def tallies(connection: Connection, measure: str, columns: Sequence[str], periods: Bounds) -> list[tuple[Any, ...]]:
    """Return rows of (*columns, unit, value, n, total), summed over all customers, for periods in days since 1970."""
    table = EXPERIENCES
    kept = [table.c[name] for name in (*columns, "unit", "value")]
    rows = connection.execute(
        select(*kept, func.sum(table.c.n), func.sum(table.c.total))
        .where(table.c.measure == measure, *periods.of(table.c.period))
        .group_by(*kept)
    )
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-2], int(row[-2]), int(row[-1])) for row in rows]


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
    table = EXPERIENCES
    kept = [table.c[name] for name in (*columns, "customer")]
    return [tuple(row) for row in connection.execute(select(*kept).distinct().where(*periods.of(table.c.period)))]


def active_periods(connection: Connection, measure: str, value: str) -> list[tuple[int, int]]:
    """Return rows of (customer, period in days since 1970), each once, in which a measure was counted.

    `value` is the only value to count, '' for any.
    """
    table = EXPERIENCES
    statement = select(table.c.customer, table.c.period).distinct().where(table.c.measure == measure)
    if value:
        statement = statement.where(table.c.value == value)
    return [(customer, period) for customer, period in connection.execute(statement)]
