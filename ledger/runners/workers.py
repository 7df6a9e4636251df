"""The folds, run by worker processes: each opens the ledger for itself and sends its customers' rows back."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any

from msgspec import Struct

from ledger.projections.driver import Folds
from ledger.runners.inline import Built, fold_range, ranges
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.engine import Engine, open_engine, parse_url, reading
from ledger.store.links import Units, all_units
from ledger.store.log import Until
from ledger.store.mapper import RowMapper

STREAMS_A_TASK = 250
TASKS_AHEAD = 2
"""Tasks given to each worker before its results are taken: bounds the memory of results that wait."""


class _Work(Struct):
    """What a worker keeps between tasks."""

    engine: Engine
    folds: Folds
    mapper: RowMapper
    units: Units
    until: Until


_work: _Work | None = None


def _start(url: str, definitions: Definitions, until: Until) -> None:
    global _work  # noqa: PLW0603 — a worker process has one piece of work, set once when it starts
    # What a fold makes holds no cycles, so looking for them would only cost: a third of the time, measured.
    gc.disable()
    # Ctrl-C is the parent's to answer: it stops handing out tasks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = open_engine(parse_url(url), pool_size=1)
    with reading(engine) as connection:
        units = all_units(connection, until)
    context = compile_context(definitions)
    _work = _Work(engine, Folds(context), RowMapper(context.vocabulary), units, until)


def _fold(task: tuple[int, int]) -> Built:
    if _work is None:
        raise RuntimeError("the worker was not started")
    with reading(_work.engine) as connection:
        return fold_range(connection, _work.folds, _work.mapper, _work.units, *task, _work.until)


def fold_all(url: str, definitions: Definitions, last_stream: int, until: Until, workers: int) -> Iterator[Built]:
    """Yield what the folds make of every customer, range by range, in no particular order.

    `until.position` should be set: each worker reads a snapshot of its own.
    """
    tasks = ranges(last_stream, STREAMS_A_TASK)
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(url, definitions, until)
    )
    waiting: set[Future[Any]] = set()
    try:
        for task in tasks:
            waiting.add(pool.submit(_fold, task))
            if len(waiting) >= workers * TASKS_AHEAD:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
