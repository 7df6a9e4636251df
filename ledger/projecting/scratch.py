"""A read model of its own, in memory: as of a time, as known at one, in another zone, by another journey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from ledger.projecting.rebuild import fold_log
from ledger.projections import PROJECTIONS
from ledger.schemas.definitions import Definitions
from ledger.store.engine import reading
from ledger.store.log import Until, last_position
from ledger.store.read_model import insert_rows, table_of
from ledger.store.store import Store


@contextmanager
def scratch(store: Store, until: Until, definitions: Definitions) -> Iterator[Connection]:
    """Fold the log as `until` bounds it under `definitions`, and open the tables that come out; they go at the end.

    It is the same fold on another input, so its tables are those of a ledger that had recorded no more.
    """
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            tables = {projection.name: table_of(projection) for projection in PROJECTIONS}
            for table in tables.values():
                table.create(connection)
            connection.execute(text("CREATE TABLE parked (customer INTEGER PRIMARY KEY, position INTEGER, reason TEXT)"))
            with reading(store.engine) as log:
                upto = last_position(log) if until.position is None else until.position
            bounded = Until(as_of=until.as_of, known_at=until.known_at, position=upto)
            for built in fold_log(store, definitions, bounded):
                for name, rows in built.rows.items():
                    insert_rows(connection, tables[name], rows)
                for customer, (position, reason) in built.parked.items():
                    connection.execute(
                        text("INSERT INTO parked VALUES (:customer, :position, :reason)"),
                        {"customer": customer, "position": position, "reason": reason},
                    )
            yield connection
    finally:
        engine.dispose()
