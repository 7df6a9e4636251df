"""The folds over the whole log: by worker processes where that pays, else by the caller; the rows are the same."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ledger.projections.driver import Folds
from ledger.runners.inline import Built, fold_range, ranges
from ledger.runners.workers import fold_all
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.engine import reading
from ledger.store.links import all_units
from ledger.store.log import Until, last_stream
from ledger.store.mapper import RowMapper
from ledger.store.store import Store

WORTH_WORKERS = 100_000
"""Events below which starting worker processes costs more than it saves."""

STREAMS_AT_ONCE = 1_000


def fold_log(store: Store, definitions: Definitions, until: Until, workers: int | None = None) -> Iterator[Built]:
    """Yield what the folds make of every customer under `definitions`, range by range; `until.position` is set."""
    with reading(store.engine) as connection:
        last = last_stream(connection)
        units = all_units(connection, until)
    workers = workers if workers is not None else (os.cpu_count() or 1)
    if workers > 1 and (until.position or 0) >= WORTH_WORKERS:
        yield from fold_all(store.url, definitions, last, until, workers)
        return
    context = store.context if definitions == store.definitions else compile_context(definitions)
    folds, mapper = Folds(context), RowMapper(context.vocabulary)
    for first, to in ranges(last, STREAMS_AT_ONCE):
        with reading(store.engine) as connection:
            built = fold_range(connection, folds, mapper, units, first, to, until)
        yield built
