"""Writing what became of customers' rows: only what differs is deleted, updated or inserted."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import compress, count
from operator import itemgetter, ne
from typing import Any

from ledger.projections import PROJECTIONS
from ledger.projections.shape import Projection
from ledger.store.engine import Connection
from ledger.store.read_model import insert_rows, run_each, table_of, versioned
from ledger.store.rows import number_lists
from ledger.store.together import delete_each, update_each

LARGEST = 2**63

WIDE = 2_000
"""Rows looked through for one customer's changes beyond which their places are read first, all at once."""

Row = tuple[Any, ...]
Rows = Mapping[str, Sequence[Row]]
"""A customer's rows by projection, without the customer's number."""


class TableChanges:
    """What is to become of the rows of one projection; every row with the customer's number first.

    `deleted` are customer and key. `wide` are customers with so many rows that each is found by its place.
    """

    def __init__(self, projection: Projection[Any]) -> None:
        self.inserted: list[Row] = []
        self.updated: list[Row] = []
        self.deleted: list[Row] = []
        self.wide: set[int] = set()
        self._key = _key(projection)
        self._integers = [n for n, column in enumerate(projection.columns, 1) if column.kind in ("integer", "instant")]

    def between(self, customer: int, old: Sequence[Row], new: Sequence[Row]) -> None:
        """Add what makes the old rows of a customer the new ones."""
        key = self._key
        if len(old) == len(new):
            places = list(compress(count(), map(ne, old, new)))
            if all(key(old[place]) == key(new[place]) for place in places):
                self.updated += [(customer, *new[place]) for place in places]
                self._look_wide(customer, len(places), len(old))
                return
        # Rows come in the order in which their keys first occurred: most stand where they stood, from either end.
        first, last = _alike(old, new), 0
        if first < min(len(old), len(new)):
            last = _alike(old[:first:-1], new[:first:-1])
        known = {key(row): row for row in old[first : len(old) - last]}
        inserted, updated = [], []
        for row in new[first : len(new) - last]:
            was = known.pop(key(row), None)
            if was is None:
                inserted.append(row)
            elif was != row:
                updated.append(row)
        deleted = [key(row) for row in known.values()]
        self.inserted += [(customer, *row) for row in inserted]
        self.updated += [(customer, *row) for row in updated]
        self.deleted += [(customer, *row) for row in deleted]
        self._look_wide(customer, len(updated) + len(deleted), len(old))

    def _look_wide(self, customer: int, sought: int, rows: int) -> None:
        if sought * rows > WIDE:
            self.wide.add(customer)

    def too_large(self) -> set[int]:
        """Return the customers with a number in their rows that no column holds."""
        rows = [*self.inserted, *self.updated]
        for number in self._integers:
            try:
                array("q", [row[number] or 0 for row in rows])
            except OverflowError:
                return {row[0] for row in rows if any(not -LARGEST <= (row[n] or 0) < LARGEST for n in self._integers)}
        return set()

    def forget(self, customers: Collection[int]) -> None:
        """Take back whatever was said of some customers."""
        for rows in (self.inserted, self.updated, self.deleted):
            rows[:] = [row for row in rows if row[0] not in customers]


def _alike(old: Sequence[Row], new: Sequence[Row]) -> int:
    """Return how many rows are the same at the beginning."""
    return next(compress(count(), map(ne, old, new)), min(len(old), len(new)))


class RowChanges:
    """What is to become of some customers' rows in every table of a version."""

    def __init__(self) -> None:
        self.tables = {projection.name: TableChanges(projection) for projection in PROJECTIONS}
        self.replaced: set[int] = set()

    def between(self, customer: int, old: Rows, new: Rows) -> None:
        """Add what makes the rows of a customer, as they stand in the tables, the new ones."""
        for projection in PROJECTIONS:
            was, rows = old[projection.name], new[projection.name]
            if was != rows:
                self.tables[projection.name].between(customer, was, rows)

    def replace(self, customer: int, new: Rows) -> None:
        """Put rows in the place of whatever stands in the tables of a customer."""
        self.replaced.add(customer)
        for name, rows in new.items():
            self.tables[name].inserted += [(customer, *row) for row in rows]

    def forget(self, customers: Collection[int]) -> None:
        """Take back whatever was said of some customers."""
        for table in self.tables.values() if customers else ():
            table.forget(customers)

    def too_large(self) -> set[int]:
        """Return the customers with a number in their rows that no column holds."""
        return set().union(*(table.too_large() for table in self.tables.values()))


def write_changes(connection: Connection, changes: RowChanges, version: int) -> None:
    """Make the tables of a version what `changes` says."""
    for projection in PROJECTIONS:
        table = changes.tables[projection.name]
        _delete_customers(connection, projection, changes.replaced, version)
        places = _places(connection, projection, table.wide, version)
        stored, key = table_of(projection, version), ("customer", *projection.key)
        delete_each(connection, stored, key, _apart(table.deleted, table.wide))
        updated = list(map(_order(projection), _apart(table.updated, table.wide)))
        update_each(connection, stored, _unkeyed(projection), key, updated)
        if table.wide:
            _write_wide(connection, projection, table, places, version)
        insert_rows(connection, stored, table.inserted)


def _apart(rows: list[Row], wide: Collection[int]) -> list[Row]:
    return [row for row in rows if row[0] not in wide] if wide else rows


def _write_wide(
    connection: Connection, projection: Projection[Any], table: TableChanges, places: dict[Row, Any], version: int
) -> None:
    name, place = versioned(projection.name, version), _place(connection)
    key = itemgetter(*(0, *(1 + number for number in _numbers(projection))))
    deleted = [(places[row],) for row in table.deleted if row[0] in table.wide]
    run_each(connection, f'DELETE FROM "{name}" WHERE {place}', deleted)
    columns = ", ".join(f"{column.name} = ?" for column in projection.columns)
    updated = [(*row[1:], places[_tuple(key(row))]) for row in table.updated if row[0] in table.wide]
    run_each(connection, f'UPDATE "{name}" SET {columns} WHERE {place}', updated)


def _places(
    connection: Connection, projection: Projection[Any], customers: Iterable[int], version: int
) -> dict[Row, Any]:
    """Return where each row of some customers stands in its table, by customer and key."""
    place = "rowid" if connection.dialect.name == "sqlite" else "ctid::text"
    columns = ", ".join(("customer", *projection.key, place))
    places: dict[Row, Any] = {}
    for customer in customers:
        statement = f'SELECT {columns} FROM "{versioned(projection.name, version)}" WHERE customer = {int(customer)}'
        places.update((tuple(row[:-1]), row[-1]) for row in connection.exec_driver_sql(statement))
    return places


def _place(connection: Connection) -> str:
    return "rowid = ?" if connection.dialect.name == "sqlite" else "ctid = ?::tid"


def _delete_customers(
    connection: Connection, projection: Projection[Any], customers: Collection[int], version: int
) -> None:
    name = versioned(projection.name, version)
    for numbers in number_lists(customers):
        connection.exec_driver_sql(f'DELETE FROM "{name}" WHERE customer IN ({numbers})')


@cache
def _numbers(projection: Projection[Any]) -> tuple[int, ...]:
    names = [column.name for column in projection.columns]
    return tuple(names.index(name) for name in projection.key)


@cache
def _key(projection: Projection[Any]) -> Any:
    numbers = _numbers(projection)
    if not numbers:
        return lambda row: ()
    if len(numbers) == 1:
        return lambda row: (row[numbers[0]],)
    return itemgetter(*numbers)


@cache
def _order(projection: Projection[Any]) -> Any:
    """Return what orders a row (customer first) for `update_each`: what changes, then the customer and the key."""
    key = _numbers(projection)
    rest = [number for number in range(len(projection.columns)) if number not in key]
    places = [*(1 + number for number in rest), 0, *(1 + number for number in key)]
    return itemgetter(*places)


def _unkeyed(projection: Projection[Any]) -> list[str]:
    return [column.name for column in projection.columns if column.name not in projection.key]


def _tuple(key: Any) -> Row:
    return key if isinstance(key, tuple) else (key,)
