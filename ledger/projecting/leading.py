"""Projecting for as long as it runs: of many who would, one leads, and the others wait until it falls silent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from msgspec import Struct

from ledger.errors import ProjectionRaced
from ledger.projecting.catch_up import BATCH, CaughtUp, catch_up_batch
from ledger.store.engine import reading
from ledger.store.log import last_position, recorded_at
from ledger.store.news import Listener
from ledger.store.serving import require_built, require_serving
from ledger.store.store import Store

SILENCE = 3.0
"""Seconds without a batch, though events wait, after which whoever leads is taken for gone."""

LOOK = 0.2
"""Seconds between two looks of who waits."""

BEGIN = 1_000
"""Events of the first batch. The next ones are such that none takes much longer than SLICE."""

SLICE = 0.75
"""Seconds of a batch: less than SILENCE, and what a customer waits for at most because of another's long history."""


class Led(Struct, frozen=True, kw_only=True):
    """One batch, and how far behind the log it leaves the projections; 0 seconds where nothing waits."""

    events: int
    customers: int
    position: int
    parked: int
    lag_events: int
    lag_seconds: float


def lead(store: Store, every: float) -> Iterator[Led]:
    """Yield each batch as it is applied, until the ledger is closed; where another projector leads, wait meanwhile.

    A batch begins as soon as there is news, and `every` seconds after the one before at the earliest. Raises
    ProjectionStale, StorageError.
    """
    listener = Listener(store.news)
    limit = BEGIN
    while not listener.over:
        told, began = store.news.told, time.monotonic()
        try:
            made = catch_up_batch(store, limit)
        except ProjectionRaced:
            stand_by(store)
            continue
        took = time.monotonic() - began
        if made.events:
            yield _led(store, made)
        if made.events < limit:
            time.sleep(max(0.0, began + every - time.monotonic()) if made.events else 0.0)
            listener.wait(told, made.position)
        limit = _next(limit, made.events, took)


def stand_by(store: Store, until: int | None = None, model: int | None = None) -> bool:
    """Wait while another projector goes on with a version, by default the live one; say whether it reached `until`.

    Otherwise nothing has moved for SILENCE seconds while events waited. Raises ProjectionStale.
    """
    stood, since = -1, time.monotonic()
    while True:
        with reading(store.engine, soon=True) as connection:
            serving = require_serving if model is None else partial(require_built, model=model)
            position = serving(connection, store.context).position
            head = last_position(connection)
        if until is not None and position >= until:
            return True
        now = time.monotonic()
        if position != stood or position == head:
            stood, since = position, now
        elif now - since >= SILENCE:
            return False
        time.sleep(LOOK)


def _led(store: Store, made: CaughtUp) -> Led:
    with reading(store.engine, soon=True) as connection:
        head = last_position(connection)
        waits_since = recorded_at(connection, made.position + 1)
    seconds = 0.0 if waits_since is None else max(0.0, (store.clock() - waits_since) / 1e6)
    return Led(
        events=made.events,
        customers=made.customers,
        position=made.position,
        parked=made.parked,
        lag_events=head - made.position,
        lag_seconds=round(seconds, 3),
    )


def _next(limit: int, events: int, took: float) -> int:
    if took > SLICE:
        return max(1, int(events * SLICE / took))
    return min(BATCH, 2 * limit) if took < SLICE / 2 else limit
