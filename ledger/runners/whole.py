"""The folds over the whole log: by worker processes where that pays, else by the caller; the rows are the same."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from ledger.projections.driver import Folds
from ledger.runners.inline import Built, Range, fold_ranges
from ledger.runners.source import Opened, Source
from ledger.runners.tasks import tasks
from ledger.runners.workers import fold_all
from ledger.schemas.definitions import compile_context
from ledger.store.engine import reading
from ledger.store.links import all_units
from ledger.store.log import last_stream
from ledger.store.mapper import RowMapper
from ledger.store.store import Store

WORTH_WORKERS = 100_000
"""Events below which starting worker processes costs more than it saves."""


def fold_log(
    store: Store, source: Source, workers: int | None = None, gaps: Sequence[Range] | None = None
) -> Iterator[Built]:
    """Yield what the folds make of every customer, range by range; `source.until.position` is set.

    `gaps` are the ranges of streams whose customers are wanted: by default all.
    """
    with reading(store.engine) as connection:
        gaps = [(1, last_stream(connection))] if gaps is None else gaps
        units = all_units(connection, source.until)
    workers = workers if workers is not None else (os.cpu_count() or 1)
    work = tasks(gaps, workers)
    if workers > 1 and (source.until.position or 0) >= WORTH_WORKERS:
        yield from fold_all(source, work, workers)
        return
    definitions = source.definitions
    context = store.context if definitions == store.definitions else compile_context(definitions)
    folds, mapper = Folds(context), RowMapper(context.vocabulary)
    opened = Opened(source, store.engine)
    for cuts in work:
        with opened.reader() as reader:
            yield from fold_ranges(reader, folds, mapper, units, cuts)
