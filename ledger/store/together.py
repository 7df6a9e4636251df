"""Changing many rows of a table at once: on PostgreSQL one statement takes them all, on SQLite each takes one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from msgspec.json import Encoder
from sqlalchemy import Float

from ledger.store.engine import Connection
from ledger.store.read_model import Table, column_type, run_each
from ledger.store.rows import chunks

AT_ONCE = 5_000
"""Rows that one statement takes, so that what is sent stays small."""

Row = tuple[Any, ...]

_encode = Encoder().encode


def delete_each(connection: Connection, table: Table, key: Sequence[str], rows: Collection[Row]) -> None:
    """Delete what each of the rows names by the columns `key`."""
    if connection.dialect.name == "sqlite":
        where = " AND ".join(f"{name} = ?" for name in key)
        run_each(connection, f'DELETE FROM "{table.name}" WHERE {where}', rows)
        return
    where = " AND ".join(f"t.{name} = r.{name}" for name in key)
    _run_together(connection, table, f'DELETE FROM "{table.name}" t USING {{}} WHERE {where}', key, rows)


def update_each(
    connection: Connection, table: Table, names: Sequence[str], key: Sequence[str], rows: Collection[Row]
) -> None:
    """Set the columns `names` where the columns `key` say; each row has the values of both, in that order."""
    if connection.dialect.name == "sqlite":
        columns = ", ".join(f"{name} = ?" for name in names)
        where = " AND ".join(f"{name} = ?" for name in key)
        run_each(connection, f'UPDATE "{table.name}" SET {columns} WHERE {where}', rows)
        return
    columns = ", ".join(f"{name} = r.{name}" for name in names)
    where = " AND ".join(f"t.{name} = r.{name}" for name in key)
    statement = f'UPDATE "{table.name}" t SET {columns} FROM {{}} WHERE {where}'
    _run_together(connection, table, statement, (*names, *key), rows)


def _run_together(
    connection: Connection, table: Table, statement: str, names: Sequence[str], rows: Collection[Row]
) -> None:
    """Run a statement that takes its rows from the place left open in it."""
    if not rows:
        return
    columns = ", ".join(f"{name} {column_type(table.c[name])}" for name in names)
    whole = statement.format(f"json_to_recordset(%s::json) AS r({columns})")
    reals = [number for number, name in enumerate(names) if isinstance(table.c[name].type, Float)]
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        # Before anybody has analysed the table the server would rather read all of it than look each row up.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        for chunk in chunks(rows, AT_ONCE):
            told = _encode([dict(zip(names, row, strict=True)) for row in _with_infinity(chunk, reals)])
            cursor.execute(whole, (told.decode(),))


def _with_infinity(rows: Iterable[Row], reals: Sequence[int]) -> Iterable[Row]:
    """Write real numbers as text, because JSON knows neither infinity nor what is no number."""
    if not reals:
        return rows
    return (
        tuple(repr(value) if number in reals and value is not None else value for number, value in enumerate(row))
        for row in rows
    )
