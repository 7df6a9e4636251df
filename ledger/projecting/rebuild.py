"""Rebuilding: every customer folded anew into tables beside the live ones, which readers keep until the swap."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct, field

from ledger.errors import LedgerBusy, LedgerError, ProjectionRaced
from ledger.projecting.catch_up import catch_up
from ledger.projections import PROJECTIONS
from ledger.runners.inline import TOO_LARGE, Built, too_large
from ledger.runners.memory import peak_kib
from ledger.runners.whole import fold_log
from ledger.store.checkpoints import Checkpoint, begin_build, end_build, require_build, write_checkpoint
from ledger.store.engine import Connection, writing
from ledger.store.log import Until, last_position
from ledger.store.read_model import (
    Table,
    activate_tables,
    create_tables,
    drop_tables,
    forget_states,
    index_tables,
    insert_rows,
    park,
)
from ledger.store.serving import fingerprints
from ledger.store.store import Store

ROWS_A_COMMIT = 10_000

PATIENCE = 600.0
"""Seconds that finished tables wait for readers in the middle of the old ones."""

PAUSE = 1.0
"""Seconds between two tries, in which readers that came meanwhile begin."""

Progress = Callable[[int, int], None]
"""Called with the events folded so far and the events in all."""


class ProjectionRows(Struct, frozen=True):
    """How many rows a projection has."""

    name: str
    version: int
    rows: int


class Rebuilt(Struct, frozen=True, kw_only=True):
    """What a rebuild did; `parked` customers hold an event that cannot be read, and are in no table."""

    events: int
    customers: int
    seconds: float
    events_per_second: float
    peak_memory_mib: float
    position: int
    parked: int
    projections: list[ProjectionRows]


class _Building(Struct, kw_only=True):
    """A rebuild under way: the tables it fills and what waits to be written."""

    store: Store
    token: str
    position: int
    tables: dict[str, Table]
    waiting: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    parked: dict[int, tuple[int, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    peaks_kib: dict[int, int] = field(default_factory=dict)
    events: int = 0
    customers: int = 0

    def take(self, built: Built) -> None:
        """Take in what one range made, and write once enough waits."""
        self.events += built.events
        self.customers += built.customers
        self.parked.update(built.parked)
        if built.worker:
            self.peaks_kib[built.worker] = built.peak_kib
        for name, rows in built.rows.items():
            self.waiting.setdefault(name, []).extend(rows)
            self.counts[name] = self.counts.get(name, 0) + len(rows)
        if sum(map(len, self.waiting.values())) >= ROWS_A_COMMIT:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction; set aside the customers whose numbers no column holds."""
        try:
            self._write()
        except OverflowError:
            self._set_aside(too_large(self.waiting))
            self._write()
        self.waiting = {}

    def _set_aside(self, customers: set[int]) -> None:
        # A customer's rows are taken in together, so none of theirs was written before.
        for name, rows in self.waiting.items():
            kept = [row for row in rows if row[0] not in customers]
            self.counts[name] -= len(rows) - len(kept)
            self.waiting[name] = kept
        self.customers -= len(customers)
        self.parked.update((customer, (self.position, TOO_LARGE)) for customer in customers)

    def _write(self) -> None:
        with writing(self.store.engine) as connection:
            require_build(connection, self.token)
            for name, rows in self.waiting.items():
                insert_rows(connection, self.tables[name], rows)


def rebuild(store: Store, *, workers: int | None = None, progress: Progress = lambda done, total: None) -> Rebuilt:
    """Fold the whole log into new tables, put them in place at once, and catch up with what came meanwhile.

    Whatever interrupts it leaves the live tables as they were. Raises ProjectionRaced when another rebuild
    is started meanwhile.
    """
    started = time.perf_counter()
    building = _begin(store)
    try:
        for built in fold_log(store, store.definitions, Until(position=building.position), workers):
            building.take(built)
            progress(building.events, building.position)
        building.flush()
        with writing(store.engine) as connection:
            require_build(connection, building.token)
            index_tables(connection, PROJECTIONS, building.token)
        _activate(building)
    except BaseException:
        _abandon(building)
        raise
    _follow(store)
    return _report(building, time.perf_counter() - started)


def _begin(store: Store) -> _Building:
    token = secrets.token_hex(4)
    with writing(store.engine) as connection:
        position = last_position(connection)
        begin_build(connection, token, position, store.clock())
        tables = create_tables(connection, PROJECTIONS, token)
    return _Building(store=store, token=token, position=position, tables=tables)


def _abandon(building: _Building) -> None:
    """Give back the room that an interrupted rebuild took; where even that fails, the next rebuild does it."""
    # A connection that was broken off in the middle of its rows still holds them, and lets no table be dropped.
    building.store.engine.dispose()
    with suppress(LedgerError), writing(building.store.engine) as connection:
        require_build(connection, building.token)
        drop_tables(connection)
        end_build(connection)


def _activate(building: _Building) -> None:
    """Put the new tables in place, as soon as nobody is in the middle of reading the old ones."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            with writing(building.store.engine) as connection:
                require_build(connection, building.token)
                _put_in_place(connection, building)
        except LedgerBusy:
            if time.monotonic() >= give_up:
                raise
            time.sleep(PAUSE)
        else:
            return


def _put_in_place(connection: Connection, building: _Building) -> None:
    store = building.store
    wanted, now = fingerprints(store.context), store.clock()
    # Checkpoints before tables, as catching up takes them: so neither waits for what the other holds.
    for projection in PROJECTIONS:
        write_checkpoint(
            connection,
            Checkpoint(
                projection=projection.name,
                version=projection.version,
                fingerprint=wanted[projection.name],
                position=building.position,
                built_at=now,
                caught_up_at=now,
            ),
        )
    activate_tables(connection, PROJECTIONS, building.token)
    # States are made again by the first catch-up that needs them: a missing one means the whole customer.
    forget_states(connection)
    park(connection, building.parked, ())
    end_build(connection)


def _follow(store: Store) -> None:
    """Take in what was recorded meanwhile; another projector that does the same is no reason to fail."""
    while True:
        try:
            catch_up(store)
        except ProjectionRaced:
            continue
        return


def _report(building: _Building, seconds: float) -> Rebuilt:
    return Rebuilt(
        events=building.events,
        customers=building.customers,
        seconds=round(seconds, 3),
        events_per_second=round(building.events / seconds, 1) if seconds else 0.0,
        peak_memory_mib=round((peak_kib() + sum(building.peaks_kib.values())) / 1024, 1),
        position=building.position,
        parked=len(building.parked),
        projections=[
            ProjectionRows(projection.name, projection.version, building.counts.get(projection.name, 0))
            for projection in PROJECTIONS
        ],
    )
