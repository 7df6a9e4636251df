"""The folds, run by worker processes: each opens the ledger for itself and sends its customers' rows back.

The parent has one thread: it waits for whichever worker is done, takes the rows and hands out the next range. (A
process pool's own threads were tried: they contend with the writer for the interpreter's lock, row by row.)
"""

from __future__ import annotations

import gc
import pickle
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from msgspec import Struct

from ledger.errors import LedgerError, ProjectionError
from ledger.projections.driver import Folds
from ledger.runners.inline import Built, fold_range, ranges
from ledger.schemas.definitions import Definitions, compile_context
from ledger.store.engine import open_engine, parse_url, reading
from ledger.store.links import all_units
from ledger.store.log import Until
from ledger.store.mapper import RowMapper

STREAMS_A_TASK = 250

TASKS_AHEAD = 2
"""Ranges given to each worker before its rows are taken: it works while the parent writes, and memory stays bounded."""

Range = tuple[int, int]


class _Worker(Struct):
    """A worker process, the parent's end of its pipe, and how many ranges it has been given and not sent back."""

    process: BaseProcess
    pipe: Pipe
    given: int = 0

    def give(self, task: Range) -> None:
        """Hand out a range."""
        self.pipe.send(task)
        self.given += 1

    def take(self) -> Built:
        """Return what it made of a range. Raises ProjectionError where it failed or died."""
        try:
            made: Built | str = pickle.loads(self.pipe.recv_bytes())  # noqa: S301 — our own process wrote it
        except (EOFError, ConnectionError):
            self.process.join()
            raise ProjectionError(
                f"a worker process died (exit code {self.process.exitcode}): the live tables are as they were; "
                "if memory ran out, run again with fewer workers"
            ) from None
        if isinstance(made, str):
            raise ProjectionError(f"a worker process failed: {made}")
        self.given -= 1
        return made

    def dismiss(self) -> None:
        """End the process, whatever it is doing."""
        with suppress(OSError):
            self.pipe.close()
        self.process.terminate()
        self.process.join()


def fold_all(url: str, definitions: Definitions, last_stream: int, until: Until, workers: int) -> Iterator[Built]:
    """Yield what the folds make of every customer, range by range, in no particular order.

    `until.position` should be set: each worker reads a snapshot of its own.
    """
    tasks = ranges(last_stream, STREAMS_A_TASK)
    crew = [_hire(url, definitions, until) for _ in range(workers)]
    try:
        for worker in crew * TASKS_AHEAD:
            _next(worker, tasks)
        while busy := {worker.pipe: worker for worker in crew if worker.given}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # wait gives back what it was given
                built = worker.take()
                _next(worker, tasks)
                yield built
    finally:
        for worker in crew:
            worker.dismiss()


def _next(worker: _Worker, tasks: Iterator[Range]) -> None:
    task = next(tasks, None)
    if task is not None:
        worker.give(task)


def _hire(url: str, definitions: Definitions, until: Until) -> _Worker:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, url, definitions, until), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Pipe, url: str, definitions: Definitions, until: Until) -> None:
    """Fold the ranges that come through the pipe, until it closes."""
    # What a fold makes holds no cycles, so looking for them would only cost: a third of the time, measured.
    gc.disable()
    # Ctrl-C is the parent's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        engine = open_engine(parse_url(url), pool_size=1)
        context = compile_context(definitions)
        folds, mapper = Folds(context), RowMapper(context.vocabulary)
        with reading(engine) as connection:
            units = all_units(connection, until)
        while True:
            first, last = pipe.recv()
            with reading(engine) as connection:
                built = fold_range(connection, folds, mapper, units, first, last, until)
            pipe.send_bytes(pickle.dumps(built, pickle.HIGHEST_PROTOCOL))
    except (EOFError, BrokenPipeError):
        return  # the parent has all it wants, or is gone
    except LedgerError as error:
        pipe.send_bytes(pickle.dumps(str(error)))
