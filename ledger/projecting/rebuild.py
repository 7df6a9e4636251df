"""Rebuilding: every customer folded anew into a version beside the live one, compared with it, and put in place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct, structs

from ledger.errors import ProjectionRaced, ReadModelNotFound, StorageFull
from ledger.projecting.activate import drop, succeed, supersede, sweep
from ledger.projecting.building import Building, begin
from ledger.projecting.choosing import require_name
from ledger.projecting.compare import compare
from ledger.projecting.comparison import Comparison
from ledger.projecting.following import follow, under
from ledger.projecting.promises import require_promises
from ledger.projecting.whole_source import archived_position
from ledger.projections import PROJECTIONS
from ledger.runners.memory import no_search_for_cycles, peak_kib
from ledger.runners.run import LOCAL, Run
from ledger.runners.source import Source
from ledger.runners.whole import fold_log
from ledger.schemas.definitions import Definitions
from ledger.store.activation import hold
from ledger.store.engine import reading
from ledger.store.log import Until
from ledger.store.parking import count_parked
from ledger.store.read_model import count_rows
from ledger.store.store import Store
from ledger.store.versions import MAIN, live_model, named_model

Progress = Callable[[int, int], None]
"""Called with the events folded so far and the events in all."""


class ProjectionRows(Struct, frozen=True):
    """How many rows a projection has."""

    name: str
    version: int
    rows: int


class Rebuilt(Struct, frozen=True, kw_only=True):
    """What a rebuild did; `parked` customers hold an event that cannot be read, and are in no table.

    `version` of the read model is `live` now, or else `difference` says why that waits for a decision. Of the
    `events` in it, `resumed` had been folded by a rebuild that was broken off; the rate is of the others.
    """

    version: int
    name: str
    live: bool
    events: int
    resumed: int
    customers: int
    seconds: float
    events_per_second: float
    peak_memory_mib: float
    position: int
    parked: int
    projections: list[ProjectionRows]
    difference: Comparison | None


@contextmanager
def _overtaken() -> Iterator[None]:
    """Let a version that is gone before it is in place be told as what it is: another rebuild ended first."""
    try:
        yield
    except ReadModelNotFound:
        raise ProjectionRaced(
            "another rebuild ended meanwhile, and gave up a version that this one needs: `customer-ledger projections` "
            "shows which one is live, run `customer-ledger rebuild` again if it is not the one you want"
        ) from None


@_overtaken()
def rebuild(
    store: Store,
    *,
    run: Run = LOCAL,
    progress: Progress = lambda done, total: None,
) -> Rebuilt:
    """Fold the whole log into a new version of the read model, and put it in place when it equals the live one.

    It is put in place also where none is live. What differs waits for `activate`. Broken off, by whatever, it
    leaves the live version as it was, and the next rebuild goes on where this one stopped. Folded from an archive,
    it is caught up from the log with what the archive has not. Raises VersionReused, ProjectionRaced when another
    rebuild goes on with the same version meanwhile, or with a newer one, ArchiveError, InvalidArgument.
    """
    made = build(store, MAIN, run=run, progress=progress)
    with reading(store.engine) as connection:
        live = live_model(connection)
    difference = None
    if live is not None:
        difference = compare(store, live.version, made.version)
    if difference is None or difference.equal:
        succeed(store, made.version, live.version if live else None)
        follow(store, None)
        return structs.replace(made, live=True, difference=difference)
    return structs.replace(made, difference=difference)


@_overtaken()
def build(
    store: Store,
    name: str,
    *,
    definitions: Definitions | None = None,
    run: Run = LOCAL,
    progress: Progress = lambda done, total: None,
) -> Rebuilt:
    """Make a version of the read model beside the live one, under other definitions where they are given.

    Another unfinished version of that name is gone on with; one that waited for a decision is given up.
    Raises InvalidArgument for what cannot be a name.
    """
    started = time.perf_counter()
    if name != MAIN:
        require_name(name)
    store = under(store, definitions) if definitions is not None else store
    with reading(store.engine) as connection:
        require_promises(connection, store.definitions)
    building = begin(store, name, archived_position(store, run))
    sweep(store.engine)
    source = Source(
        url=store.url,
        definitions=store.definitions,
        until=Until(position=building.model.position),
        archive=run.archive,
    )
    try:
        progress(building.events, building.model.position)
        with no_search_for_cycles():
            for built in fold_log(store, source, run, building.gaps):
                building.take(built)
                progress(building.events, building.model.position)
        building.flush()
        building.finish()
    except BaseException as error:
        # A connection that was broken off in the middle of its rows still holds them, and blocks who writes next.
        store.engine.dispose()
        if isinstance(error, StorageFull):
            # Whatever else breaks it off, it goes on later; but events need the room more.
            drop(store, building.model.version)
        raise
    supersede(store, building.model.version)
    follow(store, building.model.version)
    return _report(building, time.perf_counter() - started)


def _report(building: Building, seconds: float) -> Rebuilt:
    model = building.model
    with reading(building.store.engine) as connection:
        hold(connection)
        named_model(connection, str(model.version))
        parked = count_parked(connection, model.version)
        rows = [
            ProjectionRows(
                projection.name,
                projection.version,
                count_rows(connection, projection, model.version),
            )
            for projection in PROJECTIONS
        ]
    folded = building.events - building.resumed
    return Rebuilt(
        version=model.version,
        name=model.name,
        live=False,
        events=building.events,
        resumed=building.resumed,
        customers=building.customers,
        seconds=round(seconds, 3),
        events_per_second=round(folded / seconds, 1) if seconds else 0.0,
        peak_memory_mib=round((peak_kib() + sum(building.peaks_kib.values())) / 1024, 1),
        position=model.position,
        parked=parked,
        projections=rows,
        difference=None,
    )
