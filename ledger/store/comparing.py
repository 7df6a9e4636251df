"""Which customers' rows differ between two tables, asked of the database range by range: it compares, not Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, inspect, text

from ledger.store.links import linked_streams, units_of
from ledger.store.log import Until
from ledger.store.rows import chunks

AT_ONCE = 250
"""Customers whose rows SQLite sorts at a time, in memory."""


class Pair(NamedTuple):
    """A table in two versions of the read model, and the columns that both have, the customer's number first.

    `key` are those of them that name a row, as far as the projection says.
    """

    before: str
    after: str
    columns: tuple[str, ...]
    name: str
    key: tuple[str, ...]


class Counts(NamedTuple):
    """How many rows a range of customers has in either table."""

    before: int
    after: int


def columns_of(connection: Connection, table: str) -> list[str]:
    """Return the columns that a table has; none where there is no such table.

    On PostgreSQL nobody can drop it from now on until the transaction ends.
    """
    if not inspect(connection).has_table(table):
        return []
    return list(connection.execute(text(f'SELECT * FROM "{table}" LIMIT 0')).keys())


def differing(connection: Connection, pair: Pair, first: int, last: int) -> tuple[Counts, dict[int, Counts]]:
    """Return the rows of the customers numbered `first` to `last`, and of those whose rows are not the same in both.

    The order of a customer's rows makes no difference; how often a row is there does.
    """
    if connection.dialect.name == "postgresql":
        return _by_hash(connection, pair, first, last)
    return _by_place(connection, pair, first, last)


def _by_hash(connection: Connection, pair: Pair, first: int, last: int) -> tuple[Counts, dict[int, Counts]]:
    """Compare sums of the hashes that PostgreSQL has for rows (64 bits): no order counts in a sum."""
    columns = ", ".join(f'"{name}"' for name in pair.columns)
    values = {"first": first, "last": last}

    def hashed(table: str, by: str = "") -> str:
        rows = f'SELECT {columns} FROM "{table}" WHERE customer BETWEEN :first AND :last'
        said = f"{by}count(*) AS rows, sum(hash_record_extended(t, 0)) AS hash"
        return f"SELECT {said} FROM ({rows}) t" + (" GROUP BY customer" if by else "")

    before, after = connection.execute(text(f"{hashed(pair.before)} UNION ALL {hashed(pair.after)}"), values).all()
    counts = Counts(before[0], after[0])
    if before == after:
        return counts, {}
    found = connection.execute(
        text(
            "SELECT coalesce(b.customer, a.customer), coalesce(b.rows, 0), coalesce(a.rows, 0) "
            f"FROM ({hashed(pair.before, 'customer, ')}) b FULL JOIN ({hashed(pair.after, 'customer, ')}) a "
            "ON a.customer = b.customer WHERE (b.rows, b.hash) IS DISTINCT FROM (a.rows, a.hash)"
        ),
        values,
    )
    return counts, {customer: Counts(*rows) for customer, *rows in found}


def _by_place(connection: Connection, pair: Pair, first: int, last: int) -> tuple[Counts, dict[int, Counts]]:
    """Compare row by row those that stand at the same place.

    SQLite has no hash. A customer's rows are written together and in the order of the fold, so in both tables they
    stand without a gap and in one order; a whole range does in tables that were built alike. Where they do not, as
    catching up leaves them, SQLite compares them as sets.
    """
    values = {"first": first, "last": last}
    before, after = (
        connection.execute(
            text(
                f'SELECT count(*), coalesce(min(rowid), 1), coalesce(max(rowid), 0) FROM "{table}" '
                "WHERE customer BETWEEN :first AND :last"
            ),
            values,
        ).one()
        for table in (pair.before, pair.after)
    )
    counts = Counts(before[0], after[0])
    whole = before[0] == after[0] == before[2] - before[1] + 1 == after[2] - after[1] + 1
    if whole and _same_from(connection, pair, before[1], before[2], after[1] - before[1]) == counts.before:
        return counts, {}
    return counts, _by_customer(connection, pair, values)


def _same(pair: Pair) -> str:
    return " AND ".join(f'b."{name}" IS a."{name}"' for name in pair.columns)


def _same_from(connection: Connection, pair: Pair, low: int, high: int, shift: int) -> int:
    found = connection.execute(
        text(
            f'SELECT count(*) FROM "{pair.before}" b CROSS JOIN "{pair.after}" a ON a.rowid = b.rowid + :shift '
            f"WHERE b.rowid BETWEEN :low AND :high AND {_same(pair)}"
        ),
        {"low": low, "high": high, "shift": shift},
    )
    return int(found.scalar_one())


def _by_customer(connection: Connection, pair: Pair, values: dict[str, int]) -> dict[int, Counts]:
    """Return the rows of the customers of a range that differ."""

    def places(table: str) -> str:
        return (
            f'SELECT customer, min(rowid) AS low, max(rowid) AS high, count(*) AS rows FROM "{table}" '
            "WHERE customer BETWEEN :first AND :last GROUP BY customer"
        )

    found = connection.execute(
        text(
            f"WITH old AS MATERIALIZED ({places(pair.before)}), new AS MATERIALIZED ({places(pair.after)}), "
            "alike AS MATERIALIZED (SELECT old.customer FROM old JOIN new ON new.customer = old.customer "
            f'CROSS JOIN "{pair.before}" b ON b.rowid BETWEEN old.low AND old.high '
            f'CROSS JOIN "{pair.after}" a ON a.rowid = b.rowid + (new.low - old.low) '
            "WHERE old.rows = new.rows AND old.high - old.low = old.rows - 1 AND new.high - new.low = new.rows - 1 "
            f"AND {_same(pair)} GROUP BY old.customer HAVING count(*) = max(old.rows)) "
            "SELECT customer, max(before), max(after) FROM (SELECT customer, rows AS before, 0 AS after FROM old "
            "UNION ALL SELECT customer, 0, rows FROM new) "
            "WHERE customer NOT IN (SELECT customer FROM alike) GROUP BY customer"
        ),
        values,
    )
    rows = {customer: Counts(*both) for customer, *both in found}
    unsure = [customer for customer, counts in rows.items() if counts.before == counts.after]
    for chunk in chunks(unsure, AT_ONCE):
        for customer in set(chunk) - _unlike(connection, pair, chunk):
            del rows[customer]
    return rows


def _unlike(connection: Connection, pair: Pair, customers: Collection[int]) -> set[int]:
    """Return which customers differ of those who have as many rows in both.

    Where no row of the first is missing in the second, and none is there twice, both hold the same; what is there
    twice is counted.
    """
    columns = ", ".join(f'"{name}"' for name in pair.columns)
    one = f'FROM "{{}}" WHERE customer IN ({", ".join(str(int(customer)) for customer in customers)})'
    missing = connection.execute(
        text(
            f"SELECT DISTINCT customer FROM (SELECT {columns} {one.format(pair.before)} "
            f"EXCEPT SELECT {columns} {one.format(pair.after)})"
        )
    )
    unlike = set(missing.scalars())
    key = ", ".join(f'"{name}"' for name in pair.key)
    twice = connection.execute(
        text(f"SELECT DISTINCT customer {one.format(pair.before)} GROUP BY {key} HAVING count(*) > 1")
    )
    for customer in set(twice.scalars()) - unlike:
        old, new = (
            Counter(rows_in(connection, table, pair.columns, [customer])[customer])
            for table in (pair.before, pair.after)
        )
        if old != new:
            unlike.add(customer)
    return unlike


def rows_in(
    connection: Connection, table: str, columns: Sequence[str], customers: Collection[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of some customers in a table by their number, each as the columns asked for."""
    rows: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    wanted = ", ".join(f'"{name}"' for name in columns)
    numbers = ", ".join(str(int(customer)) for customer in customers)
    found = connection.execute(text(f'SELECT customer, {wanted} FROM "{table}" WHERE customer IN ({numbers})'))
    for customer, *row in found:
        rows[customer].append(tuple(row))
    return rows


def moved(
    connection: Connection, pair: Pair, column: str, first: int, last: int
) -> list[tuple[int, str | None, str | None]]:
    """Return who in a range, having a row in both, has another value in a column: customer, before, after."""
    other = "IS DISTINCT FROM" if connection.dialect.name == "postgresql" else "IS NOT"
    found = connection.execute(
        text(
            f'SELECT b.customer, b."{column}", a."{column}" FROM "{pair.before}" b '
            f'JOIN "{pair.after}" a ON a.customer = b.customer '
            f'WHERE b.customer BETWEEN :first AND :last AND b."{column}" {other} a."{column}"'
        ),
        {"first": first, "last": last},
    )
    return [(customer, before, after) for customer, before, after in found]


def touched(connection: Connection, after: int, upto: int) -> tuple[set[int], int]:
    """Return the streams of every customer of whom something was recorded after `after` up to `upto`, and how many.

    Customers that were merged or parted meanwhile count as they are at `upto`.
    """
    found = connection.execute(
        text("SELECT DISTINCT stream FROM events WHERE position > :after AND position <= :upto"),
        {"after": after, "upto": upto},
    )
    streams = {*found.scalars(), *linked_streams(connection, after, upto)}
    for position in (after, upto):
        units = units_of(connection, streams, Until(position=position))
        streams.update(*(units.streams(units.survivor(stream)) for stream in tuple(streams)))
    return streams, len({units.survivor(stream) for stream in streams})
