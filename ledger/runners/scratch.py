"""A read model of its own, in memory: as of a time, as known at one, in another zone, by another journey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.projections import PROJECTIONS
from ledger.runners.inline import Built, park_too_large
from ledger.runners.source import Source
from ledger.runners.whole import fold_log
from ledger.schemas.definitions import Definitions
from ledger.store.engine import Connection, reading
from ledger.store.log import Until, last_position
from ledger.store.parking import park
from ledger.store.read_model import LIVE, insert_rows, memory_read_model, table_of
from ledger.store.store import Store


@contextmanager
def scratch(store: Store, until: Until, definitions: Definitions) -> Iterator[Connection]:
    """Fold the log as `until` bounds it under `definitions`, and open the tables that come out; they go at the end.

    It is the same fold on another input, so its tables are those of a ledger that had recorded no more.
    """
    with reading(store.engine) as log:
        upto = last_position(log) if until.position is None else until.position
    bounded = Until(as_of=until.as_of, known_at=until.known_at, position=upto)
    with memory_read_model() as connection:
        for built in fold_log(store, Source(url=store.url, definitions=definitions, until=bounded)):
            try:
                with connection.begin_nested():
                    _keep(connection, built, store.clock())
            except OverflowError:
                park_too_large(built.rows, built.parked, upto)
                _keep(connection, built, store.clock())
        yield connection


def _keep(connection: Connection, built: Built, now: int) -> None:
    for projection in PROJECTIONS:
        insert_rows(connection, table_of(projection), built.rows.get(projection.name, ()))
    park(connection, built.parked, (), now, LIVE)
