"""Catching up: the new events on the stored states; the whole customer where the past changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ledger.errors import Undecodable
from ledger.journey.reading import Horizon, effective
from ledger.projections.driver import CustomerState, Folds
from ledger.runners.inline import TOO_LARGE, Built, stumbling, too_large
from ledger.store.checkpoints import advance
from ledger.store.engine import Connection, reading, writing
from ledger.store.fold_states import load_states, save_states
from ledger.store.links import Units, linked_streams, units_of
from ledger.store.log import Until, last_position, position_rows, stream_rows
from ledger.store.mapper import Row
from ledger.store.parking import park
from ledger.store.read_model import replace_customers
from ledger.store.serving import fingerprints, require_built, require_serving
from ledger.store.standstill import require_head
from ledger.store.store import Store

BATCH = 10_000


class CaughtUp(Struct, frozen=True, kw_only=True):
    """One catch-up: events applied, customers touched, the position reached, customers parked."""

    events: int
    customers: int
    position: int
    parked: int


class _Batch(Struct, kw_only=True):
    """What a batch of new events touches, read from one snapshot."""

    model: int
    old: int
    new: int
    rows: dict[int, list[Row]]
    units: Units
    refold: set[int]
    gone: set[int]

    @property
    def touched(self) -> set[int]:
        """The customers to fold: those with new events, and those whose streams were joined or parted."""
        return {*self.rows, *self.refold}


def catch_up(store: Store, model: int | None = None) -> CaughtUp:
    """Apply every event recorded so far, batch by batch; `customers` counts one again in each batch that touches it.

    `model` is a version of the read model built under the store's definitions, by default the live one. Raises
    ProjectionStale, or ProjectionRaced when another projector leads.
    """
    total = CaughtUp(events=0, customers=0, position=0, parked=0)
    while True:
        made = catch_up_batch(store, model=model)
        total = CaughtUp(
            events=total.events + made.events,
            customers=total.customers + made.customers,
            position=made.position,
            parked=total.parked + made.parked,
        )
        if made.events == 0:
            return total


def catch_up_batch(store: Store, limit: int = BATCH, model: int | None = None, whole: Collection[int] = ()) -> CaughtUp:
    """Apply at most `limit` new events in one transaction, checkpoint included.

    The customers of the streams `whole` are folded from their first event, whatever is stored of them.
    """
    with reading(store.engine) as connection:
        batch = _read(store, connection, limit, model, whole)
        if batch.new == batch.old and not whole:
            return CaughtUp(events=0, customers=0, position=batch.old, parked=0)
        built, states = _fold(store, connection, Folds(store.context), batch)
    try:
        _write(store, batch, built, states)
    except OverflowError:
        built.set_aside(too_large(built.rows), batch.new, TOO_LARGE)
        _write(store, batch, built, states)
    return CaughtUp(
        events=batch.new - batch.old, customers=len(batch.touched), position=batch.new, parked=len(built.parked)
    )


def _write(store: Store, batch: _Batch, built: Built, states: dict[int, bytes]) -> None:
    replaced = batch.touched | batch.gone
    kept = {customer: state for customer, state in states.items() if customer not in built.parked}
    with writing(store.engine) as connection:
        now = store.clock()
        advance(connection, batch.model, fingerprints(store.context), batch.old, batch.new, now)
        if batch.new == batch.old:
            # A checkpoint that stays where it is stops no other batch that began with the states as they were.
            require_head(connection, batch.new)
        replace_customers(connection, replaced, built.rows, batch.model)
        save_states(connection, kept, replaced - kept.keys(), batch.model)
        park(connection, built.parked, replaced, now, batch.model)


def _read(store: Store, connection: Connection, limit: int, wanted: int | None, whole: Collection[int] = ()) -> _Batch:
    if wanted is None:
        model, old = require_serving(connection, store.context)
    else:
        model, old = require_built(connection, store.context, wanted)
    new = min(last_position(connection), old + limit)
    by_stream: dict[int, list[Row]] = defaultdict(list)
    for row in position_rows(connection, old, new):
        by_stream[row[1]].append(row)
    linked = linked_streams(connection, old, new)
    before = units_of(connection, linked, Until(position=old))
    relinked = linked | before.merged
    relinked |= set(whole)
    units = units_of(connection, {*by_stream, *relinked}, Until(position=new))
    rows: dict[int, list[Row]] = defaultdict(list)
    for stream, its in by_stream.items():
        rows[units.survivor(stream)].extend(its)
    refold = {units.survivor(stream) for stream in relinked}
    return _Batch(model=model, old=old, new=new, rows=rows, units=units, refold=refold, gone=relinked - refold)


class _Stored(Struct, frozen=True):
    """What is kept of a customer between two batches: the folds' states, and how far they reach."""

    horizon: Horizon
    state: bytes


_stored = msgspec.msgpack.Decoder(_Stored)


def _fold(store: Store, connection: Connection, folds: Folds, batch: _Batch) -> tuple[Built, dict[int, bytes]]:
    built = Built()
    states: dict[int, bytes] = {}
    stored = load_states(connection, batch.rows.keys() - batch.refold, batch.model)
    for customer in sorted(batch.touched):
        new = batch.rows.get(customer, ())
        try:
            made = _continued(store, folds, new, stored.get(customer)) or _refolded(
                store, folds, stream_rows(connection, batch.units.streams(customer), Until(position=batch.new))
            )
        except Undecodable as error:
            built.parked[customer] = (error.position, str(error))
            continue
        built.add(customer, made.rows, len(new))
        states[customer] = made.stored
    return built, states


class _Made(Struct, frozen=True):
    """What the folds made of a customer: their rows, and what is stored to go on from."""

    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    stored: bytes


def _made(folds: Folds, state: CustomerState, horizon: Horizon) -> _Made:
    return _Made(folds.rows(state), msgspec.msgpack.encode(_Stored(horizon, folds.dump(state))))


def _continued(store: Store, folds: Folds, rows: Sequence[Row], stored: bytes | None) -> _Made | None:
    """Return the stored state with the new events in it; None where the customer must be folded whole."""
    if stored is None:
        return None
    try:
        kept = _stored.decode(stored)
    except msgspec.MsgspecError:
        return None
    state = folds.load(kept.state)
    with stumbling(rows):
        arrived = store.mapper.events(rows)
        if state is None or not kept.horizon.allows(arrived):
            return None
        events = effective(arrived)
        folds.feed(state, events)
        return _made(folds, state, kept.horizon.after(events))


def _refolded(store: Store, folds: Folds, rows: Sequence[Row]) -> _Made:
    with stumbling(rows):
        recorded = store.mapper.events(rows)
        events = effective(recorded)
        state = folds.initial()
        folds.feed(state, events)
        return _made(folds, state, Horizon.of(recorded, events))
