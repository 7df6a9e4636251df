"""Checking that all is well: positions, streams, heads, links, and the projections against a fold of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from ledger.errors import InvalidEvent, ProjectionError, Undecodable
from ledger.events.identity import CustomerIdentified, CustomerMerged, CustomerUnmerged
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.runners.inline import fold_unit
from ledger.schemas.prepare import key_of
from ledger.schemas.wire import stored_wire
from ledger.store.engine import Connection, reading
from ledger.store.integrity import (
    NO_LINKS,
    Check,
    Links,
    Stored,
    check_readable,
    check_tables,
    count_events,
    named_streams,
    stored_events,
)
from ledger.store.links import Units, all_units
from ledger.store.log import Until, last_position, recorded_streams, stream_rows
from ledger.store.read_model import kept_customers, rows_of
from ledger.store.serving import require_serving
from ledger.store.store import Store
from ledger.store.versions import live_model

SAMPLE = 200
PAGE = 500


class Verified(Struct, frozen=True, kw_only=True):
    """The outcome of all checks; `ok` only when every one is.

    `customers` are persons, as everywhere; `customer_keys` the names they are recorded under, several where merged.
    """

    ok: bool
    events: int
    customers: int
    customer_keys: int
    position: int
    checks: list[Check]


def verify(
    store: Store, *, whole: bool = False, archive: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Verified:
    """Check the ledger; contents and projections of SAMPLE customers spread over the log, or of all with `whole`.

    With `archive`, a path or an address, all of that is read too and held against the log; `progress` then hears of
    it. Raises ArchiveError where there is none, or one that this code does not read.
    """
    beside = _archive(store, archive, progress) if archive is not None else []
    with reading(store.engine) as connection:
        projections = _projections(store, connection, whole)  # first, because it holds the tables
        unreadable, contents = _contents(store, connection, whole)
        keys, units = named_streams(connection), all_units(connection)
        checks = [*check_tables(connection), check_readable(connection, unreadable), contents, projections, *beside]
        return Verified(
            ok=all(check.ok for check in checks),
            events=count_events(connection),
            customers=len({units.survivor(key) for key in keys}),
            customer_keys=len(keys),
            position=last_position(connection),
            checks=checks,
        )


def _archive(store: Store, archive: str, progress: Callable[[int, int], None] | None) -> list[Check]:
    from ledger.archive.checking import check_archive  # brings Arrow, which nothing else of an open ledger needs

    return check_archive(store, archive, progress)


def _contents(store: Store, connection: Connection, whole: bool) -> tuple[list[int], Check]:
    """Return the positions that cannot be read, and whether the others hold what was sent, as their digest says."""
    streams = _sample(sorted(recorded_streams(connection, last_position(connection))), whole)
    looked = 0
    unreadable, wrong = [], []
    for stored in stored_events(connection, streams):
        looked += 1
        same = _as_sent(store, stored)
        if same is None:
            unreadable.append(stored.position)
        elif not same:
            wrong.append(stored.position)
    name, of = "events are what was sent", f"{looked} events looked at"
    differ = f"{of}, {len(wrong)} differ (position {min(wrong)} first)" if wrong else of
    return unreadable, Check(name, not wrong, differ)


def _as_sent(store: Store, stored: Stored) -> bool | None:
    """Say whether an event is what its digest was made of; None where it cannot be read at all."""
    if stored.customer_id is None or stored.received_at is None:
        return False
    try:
        wire = stored_wire(stored.header, stored.sealed, stored.customer_id, stored.received_at)
        made = store.preparer.prepare(wire, received=stored.received_at)
    except (InvalidEvent, msgspec.MsgspecError, ValueError, TypeError, LookupError):
        return False if _readable(store, stored) else None
    # A date alone is a day of the zone that was in force when it was recorded.
    same_time = made.event.time_precision == "date" or made.at == stored.occurred_at
    return same_time and (
        (made.event.source, made.key, made.event.type, made.header, made.sealed, made.digest, _links(made.event.data))
        == (stored.source, stored.event_key, stored.type, stored.header, stored.sealed, stored.digest, stored.links)
    )


def _readable(store: Store, stored: Stored) -> bool:
    times = (stored.occurred_at, stored.received_at, 0)
    try:
        store.mapper.event((stored.position, 0, 0, stored.type, stored.type_version, *times, stored.header))
    except Undecodable:
        return False
    return True


def _links(data: Any) -> Links:
    """Return what must be kept beside an event."""
    if isinstance(data, CustomerMerged):
        return (data.from_, data.into, None, None, None, None)
    if isinstance(data, CustomerUnmerged):
        return (None, None, data.source, key_of(data.event_id), None, None)
    if isinstance(data, CustomerIdentified):
        return (None, None, None, None, data.namespace, data.value)
    return NO_LINKS


def _projections(store: Store, connection: Connection, whole: bool) -> Check:
    name = "projections equal a fold of the log"
    try:
        position = require_serving(connection, store.context).position
    except ProjectionError as error:
        # What was never built contradicts nothing.
        never_built = live_model(connection) is None
        return Check(name, never_built, "none was built yet" if never_built else str(error))
    until = Until(position=position)
    units = all_units(connection, until)
    survivors = sorted({units.survivor(stream) for stream in recorded_streams(connection, position)})
    customers = _sample(survivors, whole)
    folds = Folds(store.context)
    different = [
        customer
        for start in range(0, len(customers), PAGE)
        for customer in _differing(store, connection, folds, units, customers[start : start + PAGE], until)
    ]
    if whole:
        different += sorted(kept_customers(connection).difference(survivors))
    of = f"{len(customers)} customers folded at position {position}"
    if different:
        return Check(name, False, f"{of}, {len(different)} differ (stream {different[0]} first): run `rebuild`")
    return Check(name, True, of)


def _sample(streams: list[int], whole: bool) -> list[int]:
    return streams[:: 1 if whole else max(1, len(streams) // SAMPLE)]


def _differing(
    store: Store, connection: Connection, folds: Folds, units: Units, customers: list[int], until: Until
) -> Iterable[int]:
    kept = {projection.name: rows_of(connection, projection, customers) for projection in PROJECTIONS}
    for customer in customers:
        try:
            folded = fold_unit(folds, store.mapper, stream_rows(connection, units.streams(customer), until))
        except Undecodable:
            folded = {}  # a parked customer has no rows, and the check of what can be read names it
        if any(
            sorted(map(repr, folded.get(name, ()))) != sorted(map(repr, rows.get(customer, ())))
            for name, rows in kept.items()
        ):
            yield customer
