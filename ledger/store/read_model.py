"""The read model: one table per projection, made from the columns it declares, replaced customer by customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    func,
    inspect,
    select,
    text,
    union,
)
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.schema import CreateTable

from ledger.projections.shape import Kind, Projection
from ledger.store.rows import chunks
from ledger.store.tables import parked

__all__ = [
    "Rows",
    "Table",
    "activate_tables",
    "count_parked",
    "count_rows",
    "create_tables",
    "drop_tables",
    "forget_states",
    "hold_tables",
    "index_tables",
    "insert_rows",
    "kept_customers",
    "load_states",
    "memory_read_model",
    "park",
    "replace_customers",
    "rows_of",
    "save_states",
    "table_of",
]

TYPES: dict[Kind, Any] = {
    "integer": BigInteger,
    "real": Float,
    "text": Text,
    "json": Text,
    "instant": BigInteger,
    "date": Integer,
}

BUILDING = "__building_"
CHUNK = 500
UNDEFINED_TABLE = "42P01"

Rows = Mapping[str, Sequence[tuple[Any, ...]]]
"""Projection name → rows, each with the customer's number first."""


@cache
def table_of(projection: Projection[Any]) -> Table:
    """Return the live table of a projection."""
    return _table(projection, projection.name)


def _table(projection: Projection[Any], name: str) -> Table:
    columns = [Column("customer", BigInteger, nullable=False)]
    columns += [Column(column.name, TYPES[column.kind], nullable=column.nullable) for column in projection.columns]
    return Table(name, MetaData(), *columns)


def building_name(projection: Projection[Any], token: str) -> str:
    """Return the name of the table that a rebuild fills beside the live one."""
    return f"{projection.name}{BUILDING}{token}"


def create_tables(connection: Connection, projections: Iterable[Projection[Any]], token: str) -> dict[str, Table]:
    """Make the tables of a rebuild, without an index; drop what an earlier, abandoned rebuild left."""
    drop_tables(connection)
    tables = {}
    for projection in projections:
        table = _table(projection, building_name(projection, token))
        connection.execute(CreateTable(table))
        tables[projection.name] = table
    return tables


def drop_tables(connection: Connection) -> None:
    """Drop the tables of rebuilds that are not in place."""
    for name in inspect(connection).get_table_names():
        if BUILDING in name:
            connection.execute(text(f'DROP TABLE IF EXISTS "{name}"'))


def index_tables(connection: Connection, projections: Iterable[Projection[Any]], token: str) -> None:
    """Give the tables of a rebuild their index, once they are full."""
    for projection in projections:
        name = building_name(projection, token)
        connection.execute(text(f'CREATE INDEX "{projection.name}_by_{token}" ON "{name}" (customer)'))


def activate_tables(connection: Connection, projections: Iterable[Projection[Any]], token: str) -> None:
    """Put the tables of a rebuild in the place of the live ones.

    Raises LedgerBusy where readers are in the middle of them: who comes meanwhile waits no longer than a second.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '1s'"))
    for projection in projections:
        connection.execute(text(f'DROP TABLE IF EXISTS "{projection.name}"'))
        connection.execute(text(f'ALTER TABLE "{building_name(projection, token)}" RENAME TO "{projection.name}"'))


def hold_tables(connection: Connection, projections: Iterable[Projection[Any]]) -> None:
    """Keep the live tables from being exchanged until the transaction ends; ask it first in one that reads them.

    PostgreSQL finds a table by the name it has now, and its rows by the snapshot: a table put in place after
    the snapshot was taken would be empty to it. A lock takes no snapshot. SQLite's snapshot holds the names too.
    """
    if connection.dialect.name != "postgresql":
        return
    names = ", ".join(f'"{projection.name}"' for projection in projections)
    try:
        with connection.begin_nested():
            connection.execute(text(f"LOCK TABLE {names} IN ACCESS SHARE MODE"))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != UNDEFINED_TABLE:
            raise


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows through the driver's own connection, in the order of the table's columns."""
    if not rows:
        return
    names = ", ".join(column.name for column in table.columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)
        return
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)') as copy:
        copy.set_types([_postgres_type(column) for column in table.columns])
        for row in rows:
            copy.write_row(row)


def replace_customers(
    connection: Connection, projections: Iterable[Projection[Any]], customers: Collection[int], rows: Rows
) -> None:
    """Put `rows` in the place of all rows of `customers`, in the live tables."""
    for projection in projections:
        table = table_of(projection)
        for chunk in chunks(sorted(customers), CHUNK):
            connection.execute(delete(table).where(table.c.customer.in_(chunk)))
        insert_rows(connection, table, rows.get(projection.name, ()))


def load_states(connection: Connection, customers: Collection[int]) -> dict[int, bytes]:
    """Return the stored fold states of some customers."""
    states: dict[int, bytes] = {}
    for chunk in chunks(sorted(customers), CHUNK):
        numbers = ", ".join(str(int(customer)) for customer in chunk)
        found = connection.execute(text(f"SELECT customer, state FROM fold_states WHERE customer IN ({numbers})"))
        states.update((customer, bytes(state)) for customer, state in found)
    return states


def save_states(connection: Connection, states: Mapping[int, bytes], gone: Collection[int]) -> None:
    """Keep the fold states of customers, and drop those of customers that are `gone`."""
    if gone:
        connection.execute(
            text("DELETE FROM fold_states WHERE customer = :customer"), [{"customer": customer} for customer in gone]
        )
    if states:
        connection.execute(
            text(
                "INSERT INTO fold_states (customer, state) VALUES (:customer, :state) "
                "ON CONFLICT (customer) DO UPDATE SET state = excluded.state"
            ),
            [{"customer": customer, "state": state} for customer, state in states.items()],
        )


def forget_states(connection: Connection) -> None:
    """Drop every fold state and parked customer, as a rebuild does."""
    connection.execute(text("DELETE FROM fold_states"))
    connection.execute(text("DELETE FROM parked"))


def count_rows(connection: Connection, projection: Projection[Any]) -> int:
    """Return how many rows the live table of a projection has."""
    return int(connection.execute(select(func.count()).select_from(table_of(projection))).scalar_one())


def count_parked(connection: Connection) -> int:
    """Return how many customers are parked."""
    return int(connection.execute(text("SELECT count(*) FROM parked")).scalar_one())


def rows_of(
    connection: Connection, projection: Projection[Any], customers: Collection[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """Return the live rows of some customers by their number, each as the projection's columns."""
    table = table_of(projection)
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for chunk in chunks(sorted(customers), CHUNK):
        for row in connection.execute(select(table).where(table.c.customer.in_(chunk))):
            rows.setdefault(row[0], []).append(tuple(row[1:]))
    return rows


def kept_customers(connection: Connection, projections: Iterable[Projection[Any]]) -> set[int]:
    """Return the customers that have a row in any live table."""
    tables = [table_of(projection) for projection in projections]
    found = connection.execute(union(*(select(table.c.customer) for table in tables)))
    return set(found.scalars())


@contextmanager
def memory_read_model(projections: Iterable[Projection[Any]]) -> Iterator[Connection]:
    """Open empty read-model tables in memory, which go when it is closed."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            for projection in projections:
                table_of(projection).create(connection)
            parked.create(connection)
            yield connection
    finally:
        engine.dispose()


def park(connection: Connection, aside: Mapping[int, tuple[int, str]], recovered: Collection[int]) -> None:
    """Set aside customers whose events cannot be projected (position, reason), and take back the `recovered`."""
    for customer in sorted({*aside, *recovered}):
        connection.execute(text("DELETE FROM parked WHERE customer = :customer"), {"customer": customer})
    if aside:
        connection.execute(
            text("INSERT INTO parked (customer, position, reason) VALUES (:customer, :position, :reason)"),
            [
                {"customer": customer, "position": position, "reason": reason}
                for customer, (position, reason) in aside.items()
            ],
        )


def _postgres_type(column: Column[Any]) -> str:
    if isinstance(column.type, BigInteger):
        return "int8"
    if isinstance(column.type, Integer):
        return "int4"
    if isinstance(column.type, LargeBinary):
        return "bytea"
    return "float8" if isinstance(column.type, Float) else "text"
