"""A rehearsal of a rebuild: every event read, upcast and folded, and nothing written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from msgspec import Struct

from ledger.errors import Undecodable
from ledger.projecting.following import under
from ledger.projecting.whole_source import whole_source
from ledger.runners.run import LOCAL, Run
from ledger.runners.whole import fold_log
from ledger.schemas.definitions import Definitions
from ledger.store.engine import Connection, reading
from ledger.store.links import Units, all_units
from ledger.store.log import Until, customer_ids, stream_rows
from ledger.store.store import Store


class Failure(Struct, frozen=True, kw_only=True):
    """An event that would set its customer aside, and why."""

    customer_id: str
    position: int
    type: str
    reason: str


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What a rebuild would meet: customers who would be set aside, and every event of theirs that cannot be read."""

    events: int
    customers: int
    parked: int
    seconds: float
    position: int
    failures: list[Failure]


def rehearse(
    store: Store,
    *,
    definitions: Definitions | None = None,
    run: Run = LOCAL,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Rehearsed:
    """Read, upcast and fold every event, under other definitions where they are given, and list what would fail.

    Raises ArchiveError, InvalidArgument.
    """
    started = time.perf_counter()
    store = under(store, definitions) if definitions is not None else store
    source = whole_source(store, run, rows=False)
    until, position = source.until, source.until.position or 0
    events = customers = 0
    parked: dict[int, tuple[int, str]] = {}
    for built in fold_log(store, source, run):
        events += built.events
        customers += built.customers
        parked |= built.parked
        progress(events, position)
    with reading(store.engine) as connection:
        units = all_units(connection, until)
        failures = [
            failure
            for customer, first in sorted(parked.items())
            for failure in _failures(store, connection, units, customer, first, until)
        ]
    return Rehearsed(
        events=events,
        customers=customers,
        parked=len(parked),
        seconds=round(time.perf_counter() - started, 3),
        position=position,
        failures=failures,
    )


def _failures(
    store: Store, connection: Connection, units: Units, customer: int, first: tuple[int, str], until: Until
) -> Iterator[Failure]:
    """Yield what is wrong with a customer: every event that cannot be read, or else what the folds stumble over."""
    names = customer_ids(connection, units.streams(customer))
    rows = stream_rows(connection, units.streams(customer), until)
    found = False
    for row in rows:
        try:
            store.mapper.event(row)
        except Undecodable as error:
            found = True
            yield Failure(customer_id=names[row[1]], position=row[0], type=row[3], reason=str(error))
    if not found:
        position, reason = first
        types = {row[0]: row[3] for row in rows}
        yield Failure(customer_id=names[customer], position=position, type=types.get(position, ""), reason=reason)
