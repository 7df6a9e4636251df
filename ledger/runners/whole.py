"""The folds over the whole log: by worker processes where that pays, else by the caller; the rows are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.runners.folding import Folding
from ledger.runners.inline import Built, Range
from ledger.runners.run import LOCAL, Run
from ledger.runners.source import Source
from ledger.runners.tasks import tasks
from ledger.runners.workers import fold_all
from ledger.store.engine import reading
from ledger.store.links import all_units
from ledger.store.log import last_stream
from ledger.store.store import Store

WORTH_WORKERS = 100_000
"""Events below which starting worker processes costs more than it saves."""


def fold_log(store: Store, source: Source, run: Run = LOCAL, gaps: Sequence[Range] | None = None) -> Iterator[Built]:
    """Yield what the folds make of every customer, range by range; `source.until.position` is set.

    `gaps` are the ranges of streams whose customers are wanted: by default all. Raises InvalidArgument, ArchiveError.
    """
    if run.master is not None:
        yield from _by_spark(store, source, run.master, gaps)
        return
    if gaps is None:
        with reading(store.engine) as connection:
            gaps = [(1, last_stream(connection))]
    workers = run.affordable()
    work = tasks(gaps, workers)
    if workers > 1 and (source.until.position or 0) >= WORTH_WORKERS:
        yield from fold_all(source, work, workers)
        return
    folding = Folding(source, store.engine)
    for task in work:
        yield from folding.fold(task)


def _by_spark(store: Store, source: Source, master: str, gaps: Sequence[Range] | None) -> Iterator[Built]:
    from ledger.runners.spark import fold_with_spark

    with reading(store.engine) as connection:
        units = all_units(connection, source.until)
    yield from fold_with_spark(source, units, master, gaps)
