"""Several connections that read one and the same state of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import text

from ledger.store.engine import Connection, Engine, reading, writing


@contextmanager
def one_snapshot(engine: Engine, count: int) -> Iterator[list[Connection]]:
    """Open `count` connections on one snapshot, for as many threads. Raises LedgerBusy."""
    with ExitStack() as stack:
        if count == 1:
            yield [stack.enter_context(reading(engine))]
            return
        opened = (
            _postgres(stack, engine, count) if engine.dialect.name == "postgresql" else _sqlite(stack, engine, count)
        )
        yield opened


def _postgres(stack: ExitStack, engine: Engine, count: int) -> list[Connection]:
    first = stack.enter_context(reading(engine))
    name = first.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    others = [stack.enter_context(reading(engine)) for _ in range(count - 1)]
    for other in others:
        other.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{name}'")
    return [first, *others]


def _sqlite(stack: ExitStack, engine: Engine, count: int) -> list[Connection]:
    # While a writer's place is taken nothing changes, so all who look then see the same.
    with writing(engine):
        opened = [stack.enter_context(reading(engine)) for _ in range(count)]
        for connection in opened:
            connection.execute(text("SELECT position FROM log_head"))
    return opened
