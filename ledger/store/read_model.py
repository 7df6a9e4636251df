"""The tables of the read model: one per projection and version, made from the columns it declares."""

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
    func,
    select,
    text,
    union,
)
from sqlalchemy.schema import CreateTable

from ledger.projections import PROJECTIONS
from ledger.projections.shape import Kind, Projection
from ledger.store.rows import CHUNK, chunks

__all__ = [
    "Rows",
    "Table",
    "column_type",
    "count_rows",
    "create_tables",
    "drop_tables",
    "index_tables",
    "insert_rows",
    "kept_customers",
    "memory_read_model",
    "rows_of",
    "run_each",
    "states_table",
    "table_of",
    "versioned",
]

TYPES: dict[Kind, Any] = {
    "integer": BigInteger,
    "real": Float,
    "text": Text,
    "json": Text,
    "instant": BigInteger,
    "date": Integer,
}

STATES = "fold_states"
EARLIER = "earlier_states"
PARKED = "parked"
LIVE = None
"""In the place of a version: the live one, by the view that has the plain name."""

Rows = Mapping[str, Sequence[tuple[Any, ...]]]
"""Projection name → rows, each with the customer's number first."""


def versioned(name: str, version: int | None) -> str:
    """Return the name of a table of the read model in a version of it; the plain name is a view of the live one."""
    return name if version is None else f"{name}__v{version}"


@cache
def table_of(projection: Projection[Any], version: int | None = LIVE) -> Table:
    """Return the table of a projection in a version of the read model."""
    columns = [Column("customer", BigInteger, nullable=False)]
    columns += [Column(column.name, TYPES[column.kind], nullable=column.nullable) for column in projection.columns]
    return Table(versioned(projection.name, version), MetaData(), *columns)


@cache
def _beside(version: int | None) -> tuple[Table, Table, Table]:
    states = Table(
        versioned(STATES, version),
        MetaData(),
        Column("customer", BigInteger, primary_key=True, autoincrement=False),
        Column("state", LargeBinary, nullable=False),
    )
    earlier = Table(
        versioned(EARLIER, version),
        MetaData(),
        Column("customer", BigInteger, primary_key=True, autoincrement=False),
        Column("at", BigInteger, primary_key=True, autoincrement=False),
        Column("seen", BigInteger, nullable=False),
        Column("state", LargeBinary, nullable=False),
    )
    parked = Table(
        versioned(PARKED, version),
        MetaData(),
        Column("customer", BigInteger, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("parked_at", BigInteger, nullable=False),
    )
    return states, earlier, parked


def states_table(version: int | None) -> Table:
    """Return the table of the latest states in a version."""
    return _beside(version)[0]


def create_tables(connection: Connection, version: int | None) -> None:
    """Make the tables of a version, the projections' without an index."""
    for table in (*(table_of(projection, version) for projection in PROJECTIONS), *_beside(version)):
        connection.execute(CreateTable(table))
    if connection.dialect.name == "postgresql":
        # A state of the usual size lies in its row as it is: to press it costs more than to write it.
        states = states_table(version).name
        connection.execute(text(f'ALTER TABLE "{states}" ALTER state SET STORAGE EXTERNAL'))
        connection.execute(text(f'ALTER TABLE "{states}" SET (toast_tuple_target = 8160)'))


def drop_tables(connection: Connection, version: int) -> None:
    """Drop the tables of a version. Raises LedgerBusy where somebody reads them still."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
    for name in (*(projection.name for projection in PROJECTIONS), STATES, EARLIER, PARKED):
        connection.execute(text(f'DROP TABLE IF EXISTS "{versioned(name, version)}"'))


def index_tables(connection: Connection, projection: Projection[Any], version: int) -> None:
    """Give the table of a projection in a version its index, once it is full; again where it has one is nothing."""
    name = versioned(projection.name, version)
    connection.execute(text(f'CREATE INDEX IF NOT EXISTS "{name}_by_customer" ON "{name}" (customer)'))


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
        copy.set_types([column_type(column) for column in table.columns])
        for row in rows:
            copy.write_row(row)


def run_each(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Run a statement once for each row, its values at the question marks, through the driver's own connection."""
    wanted = list(rows)
    if not wanted:
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.executemany(statement, wanted)
        return
    with driver.cursor() as cursor:
        cursor.executemany(statement.replace("?", "%s"), wanted)


def count_rows(connection: Connection, projection: Projection[Any], version: int | None = LIVE) -> int:
    """Return how many rows the table of a projection has."""
    return int(connection.execute(select(func.count()).select_from(table_of(projection, version))).scalar_one())


def rows_of(
    connection: Connection, projection: Projection[Any], customers: Collection[int], version: int | None = LIVE
) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of some customers by their number, each as the projection's columns."""
    table = table_of(projection, version)
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for chunk in chunks(sorted(customers), CHUNK):
        for row in connection.execute(select(table).where(table.c.customer.in_(chunk))):
            rows.setdefault(row[0], []).append(tuple(row[1:]))
    return rows


def kept_customers(connection: Connection) -> set[int]:
    """Return the customers that have a row in any table of the live version."""
    tables = [table_of(projection) for projection in PROJECTIONS]
    found = connection.execute(union(*(select(table.c.customer) for table in tables)))
    return set(found.scalars())


@contextmanager
def memory_read_model() -> Iterator[Connection]:
    """Open empty read-model tables in memory, under the plain names, which go when it is closed."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            create_tables(connection, LIVE)
            yield connection
    finally:
        engine.dispose()


def column_type(column: Column[Any]) -> str:
    """Return the name PostgreSQL has for the type of a column."""
    if isinstance(column.type, BigInteger):
        return "int8"
    if isinstance(column.type, Integer):
        return "int4"
    if isinstance(column.type, LargeBinary):
        return "bytea"
    return "float8" if isinstance(column.type, Float) else "text"
