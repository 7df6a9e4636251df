"""The folds, run by worker processes: each opens the ledger for itself and sends its customers' rows back.

The parent has one thread: it waits for whichever worker is done, takes the rows and hands out the next range. (A
process pool's own threads were tried: they contend with the writer for the interpreter's lock, row by row.) A
worker is a program of its own, so that a script that rebuilds needs no guard around its main part.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from msgspec import Struct, field

from ledger.errors import LedgerError, ProjectionError
from ledger.runners.folding import Folding
from ledger.runners.inline import Built, Range
from ledger.runners.memory import peak_kib
from ledger.runners.own_process import Process, end, leave_with_parent, start
from ledger.runners.source import Source
from ledger.store.engine import open_engine, parse_url

TASKS_AHEAD = 2
"""Tasks given to each worker before its rows are taken, so that it never waits for the next."""

CACHE = 8_192
"""KiB of a SQLite log that a worker keeps: it reads one range after the other."""

PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from ledger.runners.workers import serve; serve(*map(int, sys.argv[2:]))"
)
"""What a worker process runs, told where this package is, which of its files is the pipe, and its parent."""


class _Worker(Struct):
    """A worker process, the parent's end of its pipe, and the tasks it has been given and not sent back whole."""

    process: Process
    pipe: Connection
    tasks: deque[list[Range]] = field(default_factory=deque)

    def give(self, task: list[Range]) -> None:
        """Hand out a task."""
        with suppress(OSError):  # a worker that is gone is told by what it does not send back
            self.pipe.send(task)
        self.tasks.append(task)

    def take(self) -> Built:
        """Return what it made of a range. Raises ProjectionError where it failed or died."""
        try:
            made: Built | str = pickle.loads(self.pipe.recv_bytes())  # noqa: S301 — our own process wrote it
        except (EOFError, ConnectionError):
            raise ProjectionError(
                f"a worker process died (exit code {self.process.wait()}): the live tables are as they were; "
                "if memory ran out, run again with fewer workers"
            ) from None
        if isinstance(made, str):
            raise ProjectionError(f"a worker process failed: {made}")
        return made

    def ended(self, built: Built) -> bool:
        """Say whether a task ends with what was made of this range, and let it go."""
        _, last = self.tasks[0][-1]
        if built.last == last:
            self.tasks.popleft()
        return built.last == last

    def dismiss(self) -> None:
        """End the process, whatever it is doing."""
        end(self.process, self.pipe)


def fold_all(source: Source, tasks: Iterable[list[Range]], workers: int) -> Iterator[Built]:
    """Yield what the folds make of the customers in some ranges, range by range; of different tasks in any order.

    `source.until.position` should be set: each worker reads a snapshot of its own.
    """
    work = iter(tasks)
    crew: list[_Worker] = []
    try:
        crew.extend(_hire(source) for _ in range(workers))
        for worker in crew * TASKS_AHEAD:
            _next(worker, work)
        while busy := {worker.pipe: worker for worker in crew if worker.tasks}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]  # wait gives back what it was given
                built = worker.take()
                if worker.ended(built):
                    _next(worker, work)
                yield built
    finally:
        for worker in crew:
            worker.dismiss()


def _next(worker: _Worker, work: Iterator[list[Range]]) -> None:
    task = next(work, None)
    if task is not None:
        worker.give(task)


def _hire(source: Source) -> _Worker:
    process, pipe = start(PROGRAM)
    pipe.send(source)
    return _Worker(process, pipe)


def serve(file: int, parent: int) -> None:
    """Fold the ranges that come through the pipe of that file number, until it closes: a worker's whole life."""
    pipe = Connection(file)
    leave_with_parent(parent)
    # What a fold makes holds no cycles, so looking for them would only cost: a third of the time, measured.
    gc.disable()
    for stop in (signal.SIGINT, signal.SIGTERM):  # the parent's to answer
        signal.signal(stop, signal.SIG_IGN)
    try:
        source: Source = pipe.recv()
        engine = open_engine(parse_url(source.url), pool_size=1, cache=CACHE)
        if source.archive is not None or source.to is not None:
            from ledger.archive.columns import spare_memory

            spare_memory()
        folding = Folding(source, engine)
        while True:
            for built in folding.fold(pipe.recv()):
                built.worker, built.peak_kib = os.getpid(), peak_kib()
                pipe.send_bytes(pickle.dumps(built, pickle.HIGHEST_PROTOCOL))
    except (EOFError, ConnectionError):
        return  # the parent has all it wants, or is gone
    except LedgerError as error:
        with suppress(ConnectionError):
            pipe.send_bytes(pickle.dumps(str(error)))
    except Exception as error:  # noqa: BLE001 — a defect, which the parent tells in a sentence
        with suppress(ConnectionError):
            pipe.send_bytes(pickle.dumps(f"{type(error).__name__}: {error}"))
