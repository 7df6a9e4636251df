"""Catching up: the new events on the stored states; the whole customer where the past changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection

from msgspec import Struct

from ledger.projecting.continuing import Batch, Folding
from ledger.store.checkpoints import advance
from ledger.store.engine import Connection, reading, writing
from ledger.store.fold_states import hold_states, save_states
from ledger.store.links import linked_streams, units_of
from ledger.store.log import Until, last_position, position_rows
from ledger.store.mapper import Row
from ledger.store.parking import park
from ledger.store.row_changes import write_changes
from ledger.store.serving import fingerprints, require_built, require_serving
from ledger.store.standstill import require_head
from ledger.store.store import Store
from ledger.store.versions import named_model, require_kept

BATCH = 10_000

Progress = Callable[[int, int], None]
"""Called after each batch with the events applied so far and the position reached."""


class CaughtUp(Struct, frozen=True, kw_only=True):
    """One catch-up: events applied, customers touched, the position reached, customers parked."""

    events: int
    customers: int
    position: int
    parked: int


def catch_up(store: Store, model: int | None = None, progress: Progress = lambda applied, position: None) -> CaughtUp:
    """Apply every event recorded so far, batch by batch; `customers` counts one again in each batch that touches it.

    `model` is a version of the read model built under the store's definitions, by default the live one. Raises
    ProjectionStale, ReadModelNotFound, or ProjectionRaced when another projector leads or the version is given up.
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
        progress(total.events, total.position)


def catch_up_batch(store: Store, limit: int = BATCH, model: int | None = None, whole: Collection[int] = ()) -> CaughtUp:
    """Apply at most `limit` new events in one transaction, checkpoint included.

    The customers of the streams `whole` are folded from their first event, whatever is stored of them.
    """
    with reading(store.engine) as connection:
        batch = _read(store, connection, limit, model, whole)
        if batch.new == batch.old and not whole:
            return CaughtUp(events=0, customers=0, position=batch.old, parked=0)
        folding = Folding(store, connection, batch)
        folding.run()
    _write(store, batch, folding)
    return CaughtUp(
        events=batch.new - batch.old, customers=len(batch.touched), position=batch.new, parked=len(folding.parked)
    )


def _write(store: Store, batch: Batch, folding: Folding) -> None:
    with writing(store.engine) as connection:
        now = store.clock()
        advance(connection, batch.model, fingerprints(store.context), batch.old, batch.new, now)
        require_kept(connection, batch.model)
        if batch.new == batch.old:
            # A checkpoint that stays where it is stops no other batch that began with the states as they were.
            require_head(connection, batch.new)
        write_changes(connection, folding.changes, batch.model)
        save_states(connection, folding.states, batch.model)
        park(connection, folding.parked, batch.touched | batch.gone, now, batch.model)


def _read(store: Store, connection: Connection, limit: int, wanted: int | None, whole: Collection[int] = ()) -> Batch:
    if wanted is None:
        model, old = require_serving(connection, store.context)
    else:
        hold_states(connection, wanted)
        named_model(connection, str(wanted))
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
    return Batch(model=model, old=old, new=new, rows=rows, units=units, refold=refold, gone=relinked - refold)
