"""Every customer folded anew into files instead of tables: Parquet for whoever reads it, a folder a projection."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field

from ledger.errors import InvalidArgument
from ledger.projecting.following import under
from ledger.projecting.whole_source import whole_source
from ledger.projections import PROJECTIONS
from ledger.runners.inline import Built
from ledger.runners.memory import no_search_for_cycles, peak_kib
from ledger.runners.run import LOCAL, Run
from ledger.runners.whole import fold_log
from ledger.schemas.definitions import Definitions
from ledger.store.store import Store


class Filed(Struct, frozen=True, kw_only=True):
    """What was written: rows by projection; `parked` customers are in the folder of that name alone."""

    to: str
    events: int
    customers: int
    parked: int
    position: int
    seconds: float
    events_per_second: float
    peak_memory_mib: float
    rows: dict[str, int]


def write_files(
    store: Store,
    to: str,
    *,
    definitions: Definitions | None = None,
    run: Run = LOCAL,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Filed:
    """Fold the whole log, or the archive, into Parquet files under `to`, an empty folder or an address.

    DIR/<projection>/part-<number>.parquet have the columns of the read model's tables. Broken off, the files that
    are there are whole, but not all. Raises InvalidArgument, ArchiveError, StorageError.
    """
    started = time.perf_counter()
    store = under(store, definitions) if definitions is not None else store
    source = whole_source(store, run, to=_empty(to))
    position = source.until.position or 0
    counted = _Counted()
    with no_search_for_cycles():
        for built in fold_log(store, source, run):
            counted.take(built)
            progress(counted.events, position)
    seconds = time.perf_counter() - started
    return Filed(
        to=to,
        events=counted.events,
        customers=counted.customers,
        parked=counted.parked,
        position=position,
        seconds=round(seconds, 3),
        events_per_second=round(counted.events / seconds, 1),
        peak_memory_mib=round((peak_kib() + sum(counted.peaks_kib.values())) / 1024, 1),
        rows=counted.rows,
    )


class _Counted(Struct):
    events: int = 0
    customers: int = 0
    parked: int = 0
    rows: dict[str, int] = field(default_factory=lambda: {projection.name: 0 for projection in PROJECTIONS})
    peaks_kib: dict[int, int] = {}

    def take(self, built: Built) -> None:
        self.events += built.events
        self.customers += built.customers
        self.parked += len(built.parked)
        if built.worker:
            self.peaks_kib[built.worker] = built.peak_kib
        for name, rows in built.written.items():
            self.rows[name] += rows


def _empty(to: str) -> str:
    from ledger.archive.place import place_of

    place = place_of(to)
    if any(place.names(projection.name) for projection in PROJECTIONS):
        raise InvalidArgument(f"{place.address} holds the files of another run: name an empty folder, or empty it")
    return to if "://" in to else str(Path(to).resolve())
