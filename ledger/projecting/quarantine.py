"""Customers that are set aside: who and why, and the two ways back into the read model.

`retry` folds again those who are set aside, `refold` any customer at all; both fold whole customers from the log in a
batch of catching up, so that whoever projects at the same time loses the race or comes after.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ledger.errors import InvalidArgument, ProjectionRaced, Undecodable, UnknownEventType
from ledger.projecting.catch_up import catch_up_batch
from ledger.projecting.widening import widen_live
from ledger.projections.driver import Folds
from ledger.runners.inline import TOO_LARGE, Built, fold_unit, too_large
from ledger.store.activation import hold
from ledger.store.engine import Connection, reading
from ledger.store.links import Units, units_of
from ledger.store.log import Until, customer_ids, stream_of, stream_rows
from ledger.store.mapper import Row
from ledger.store.parking import NamedEvent, ParkedRow, named_events, parked_rows, stream_lengths
from ledger.store.rows import chunks
from ledger.store.serving import require_serving
from ledger.store.store import Store
from ledger.store.versions import live_model

AT_ONCE = 200
"""Customers that are folded whole in one transaction."""

EVENTS_WITH_THEM = 1_000
"""New events that the same transaction takes in at most."""

PATIENCE = 60.0
"""Seconds that it tries again while another projector is quicker."""


class Parked(Struct, frozen=True, kw_only=True):
    """A customer set aside; times in µs UTC.

    `position` is that of the event named, whose other fields are None where it is not one of theirs. None of their
    `events_waiting` is in any table or figure.
    """

    customer_id: str
    position: int
    source: str | None
    event_id: str | None
    type: str | None
    occurred_at: int | None
    reason: str
    parked_at: int
    events_waiting: int


class Examined(Struct, frozen=True, kw_only=True):
    """A parked customer looked at now: the first event in the log's order with which they cannot be projected.

    `reason` is None where they can be, and a retry is all that is missing. `envelope` has no personal field; `header`
    is the stored text of it, its bytes escaped where they are no text.
    """

    parked: Parked
    position: int | None
    reason: str | None
    envelope: dict[str, Any] | None
    header: str | None
    cure: str


class Refolded(Struct, frozen=True, kw_only=True):
    """Which customers were folded whole, at which position of the log, and who of them stands aside now.

    `widened` says that the live version went on under a types file with more types, so that all parked were tried.
    """

    customers: list[str]
    position: int
    projected: list[str]
    parked: list[Parked]
    widened: bool = False


def quarantine(store: Store) -> list[Parked]:
    """Return who is set aside in the live version, in the order of the positions named."""
    with reading(store.engine) as connection:
        hold(connection)
        live = live_model(connection)
        return [] if live is None else _named(connection, parked_rows(connection, live.version))


def examine(store: Store, customer_id: str) -> Examined:
    """Return what keeps a parked customer from being projected, asked of the log now.

    Raises CustomerNotFound, or InvalidArgument where they are not set aside.
    """
    with reading(store.engine) as connection:
        hold(connection)
        live = live_model(connection)
        [row] = _chosen(connection, parked_rows(connection, live.version) if live else [], [customer_id])
        [parked] = _named(connection, [row])
        units = units_of(connection, [row.customer])
        rows = stream_rows(connection, units.streams(row.customer))
        error = _first_failure(store, rows)
        if error is None:
            cure = f"they can be projected by now: run `customer-ledger quarantine retry {customer_id}`"
            return Examined(parked=parked, position=None, reason=None, envelope=None, header=None, cure=cure)
        event = named_events(connection, [error.position])[error.position]
    return Examined(
        parked=parked,
        position=error.position,
        reason=str(error),
        envelope=_envelope(event),
        header=event.header.decode(errors="backslashreplace"),
        cure=_cure(error, event, customer_id),
    )


def retry(store: Store, customer_ids: Iterable[str] | None = None) -> Refolded:
    """Fold parked customers again (None: all of them), and take back those with whom it works now.

    Where the types in force are those of the live version and more, that version goes on under them, and all who are
    parked are tried. Raises CustomerNotFound, InvalidArgument for one who is not set aside, ProjectionStale,
    ProjectionRaced.
    """
    widened = widen_live(store)
    with reading(store.engine) as connection:
        parked = parked_rows(connection, require_serving(connection, store.context).model)
        if customer_ids is not None and not widened:
            parked = _chosen(connection, parked, customer_ids)
    return _fold(store, [row.customer for row in parked], widened=widened)


def refold(store: Store, customer_ids: Iterable[str]) -> Refolded:
    """Fold customers whole from the log, whatever is stored of them, and put their rows and states in place.

    Raises CustomerNotFound, ProjectionStale, ProjectionRaced.
    """
    with reading(store.engine) as connection:
        require_serving(connection, store.context)
        streams = [stream_of(connection, customer_id) for customer_id in customer_ids]
    return _fold(store, streams)


def _fold(store: Store, streams: Sequence[int], *, widened: bool = False) -> Refolded:
    for some in chunks(sorted(set(streams)), AT_ONCE):
        _fold_whole(store, some)
    with reading(store.engine) as connection:
        model, position = require_serving(connection, store.context)
        units = units_of(connection, streams, Until(position=position))
        folded = {units.survivor(stream) for stream in streams}
        names = customer_ids(connection, folded)
        parked = _named(connection, [row for row in parked_rows(connection, model) if row.customer in folded])
    aside = {one.customer_id for one in parked}
    customers = [names[stream] for stream in sorted(folded)]
    return Refolded(
        customers=customers,
        position=position,
        projected=[customer_id for customer_id in customers if customer_id not in aside],
        parked=parked,
        widened=widened,
    )


def _fold_whole(store: Store, streams: Collection[int]) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        with reading(store.engine) as connection:
            units = units_of(connection, streams)
        # Streams that are merged by now may have rows of their own, which have to go.
        whole = {member for stream in streams for member in units.streams(units.survivor(stream))}
        try:
            catch_up_batch(store, EVENTS_WITH_THEM, whole=whole)
        except ProjectionRaced:
            if time.monotonic() >= give_up:
                raise
        else:
            return


def _chosen(connection: Connection, parked: list[ParkedRow], customer_ids: Iterable[str]) -> list[ParkedRow]:
    """Return the rows of some customers. Raises CustomerNotFound, or InvalidArgument where one is not set aside."""
    by_customer = {row.customer: row for row in parked}
    chosen: dict[int, ParkedRow] = {}
    for customer_id in customer_ids:
        stream = stream_of(connection, customer_id)
        row = by_customer.get(units_of(connection, [stream]).survivor(stream), by_customer.get(stream))
        if row is None:
            raise InvalidArgument(
                f"customer {customer_id!r} is not set aside: `quarantine list` shows who is, and "
                f"`quarantine replay {customer_id}` folds any customer anew"
            )
        chosen[row.customer] = row
    return list(chosen.values())


def _named(connection: Connection, rows: Sequence[ParkedRow]) -> list[Parked]:
    customers = [row.customer for row in rows]
    units = units_of(connection, customers)
    names = customer_ids(connection, customers)
    lengths = stream_lengths(connection, {stream for one in customers for stream in units.streams(one)})
    events = named_events(connection, {row.position for row in rows})
    return [_parked(row, names, units, lengths, events.get(row.position)) for row in rows]


def _parked(
    row: ParkedRow, names: dict[int, str], units: Units, lengths: dict[int, int], event: NamedEvent | None
) -> Parked:
    streams = units.streams(row.customer)
    if event is not None and event.stream not in streams:
        event = None  # a sum that grew too large names the position reached, whoever's event stands there
    return Parked(
        customer_id=names[row.customer],
        position=row.position,
        source=event.source if event else None,
        event_id=_event_id(event) if event else None,
        type=event.type if event else None,
        occurred_at=event.occurred_at if event else None,
        reason=row.reason,
        parked_at=row.parked_at,
        events_waiting=sum(lengths.get(stream, 0) for stream in streams),
    )


def _event_id(event: NamedEvent) -> str | None:
    event_id = _envelope(event).get("event_id")
    return event_id if isinstance(event_id, str) else None


def _envelope(event: NamedEvent) -> dict[str, Any]:
    """Return the envelope's fields as far as the header can be read, and those that have columns."""
    try:
        read = msgspec.json.decode(event.header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        read = {}
    fields = {name: its for name, its in read.items() if name != "data"} if isinstance(read, dict) else {}
    columns = {
        "source": event.source,
        "type": event.type,
        "type_version": event.type_version,
        "position": event.position,
        "version": event.version,
    }
    return {**fields, **columns}


def _first_failure(store: Store, rows: Sequence[Row]) -> Undecodable | None:
    """Return why the first events in the log's order that cannot be projected together cannot be, None where all can.

    What fails with some events fails with more of them, but for a retraction, after which all would do.
    """
    folds, arrived = Folds(store.context), sorted(rows)
    error = _failure(store, folds, arrived)
    sound, failing = 0, len(arrived)
    while error is not None and failing - sound > 1:
        middle = (sound + failing) // 2
        found = _failure(store, folds, arrived[:middle])
        if found is None:
            sound = middle
        else:
            failing, error = middle, found
    return error


def _failure(store: Store, folds: Folds, rows: Sequence[Row]) -> Undecodable | None:
    try:
        made = fold_unit(folds, store.mapper, rows)
    except Undecodable as error:
        return error
    built = Built()
    built.add(0, made, len(rows))
    return Undecodable(rows[-1][0], rows[-1][3], TOO_LARGE) if too_large(built.rows) else None


def _cure(error: Undecodable, event: NamedEvent, customer_id: str) -> str:
    again = f"then `customer-ledger quarantine retry {customer_id}`"
    if isinstance(error, UnknownEventType):
        return f"declare {event.type} in the types file and run `customer-ledger init --types FILE`, {again}"
    if "update it" in error.why:
        return f"update customer-ledger to a version that knows type version {event.type_version}, {again}"
    if "cannot be projected" in error.why or error.why == TOO_LARGE:
        return f"append an event.retracted for this event (and the right one, if there is one), {again}"
    whose = f"mend the declaration of {event.type} in the types file, or update customer-ledger if it has that type"
    return f"{whose}, {again}"
