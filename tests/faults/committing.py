"""Appends to a SQLite ledger in children that are killed, or whose disk fails, at the commit.

Run as a program with the library made of `commit.c` preloaded it answers every line of its standard input, a Task, with
one Answer. It opens the ledger once and forks a child a task: a child costs some milliseconds, a process a second.
"""

from __future__ import annotations

import ctypes
import enum
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from ledger import Ledger, LedgerError
from ledger.store.engine import reading
from ledger.store.log import last_position
from ledger.store.plan import Recorded

ROOT = Path(__file__).parents[2]


class How(enum.IntEnum):
    """What happens at the commit; the numbers are those of commit.c."""

    NOTHING = 0
    KILL_BEFORE_RECORD = 1
    KILL_IN_RECORD = 2
    KILL_AFTER_RECORD = 3
    KILL_BEFORE_SYNC = 4
    KILL_AFTER_SYNC = 5
    FAIL_RECORD = 6
    FULL_RECORD = 7
    FAIL_UNSYNCED = 8
    FAIL_SYNCED = 9

    @property
    def kills(self) -> bool:
        return self.KILL_BEFORE_RECORD <= self <= self.KILL_AFTER_SYNC


class Task(NamedTuple):
    """Events to append, each for itself or together at a version.

    With `again` the same process tries once more. One that `reads` meanwhile has a second connection, so that a failed
    append which closes its own does not clear the log: the next process finds there what the failed commit left.
    """

    how: How
    events: list[dict[str, Any]]
    each: bool = False
    expected_version: int | None = None
    again: bool = False
    reads: bool = False


class Answer(NamedTuple):
    """What a child said: the kinds of its errors, and where the events are; nothing where it was killed."""

    errors: list[str]
    kept: list[Recorded] | None


class Committer:
    """Answers tasks in children of another process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._tasks, self._answers = process.stdin, process.stdout

    def append(self, task: Task) -> Answer:
        """Append in a child."""
        self._tasks.write(msgspec.json.encode(task) + b"\n")
        self._tasks.flush()
        line = self._answers.readline()
        assert line, "the process that forks has ended; what it said stands above"
        return msgspec.json.decode(line, type=Answer)


@contextmanager
def committer(url: str, folder: Path) -> Iterator[Committer]:
    """Compile the library and start a process with it."""
    library = folder / "commit.so"
    source = Path(__file__).with_name("commit.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"], check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.committing", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"LD_PRELOAD": str(library)},
    )
    with process:
        yield Committer(process)


def serve(url: str) -> None:
    """Answer tasks until standard input ends."""
    with Ledger.open(url) as ledger:
        gc.freeze()  # a collection in a child would copy every page it looks at
        for line in sys.stdin.buffer:
            # A connection to SQLite must not be taken over a fork.
            ledger.store.engine.dispose()
            here, there = os.pipe()
            child = os.fork()
            if not child:
                finish(ledger, msgspec.json.decode(line, type=Task), there)
            os.close(there)
            with os.fdopen(here, "rb") as said:
                words = said.read()
            os.waitpid(child, 0)
            sys.stdout.buffer.write((words or msgspec.json.encode(Answer([], None))) + b"\n")
            sys.stdout.buffer.flush()


def finish(ledger: Ledger, task: Task, there: int) -> NoReturn:
    """Do a task, and end as things stand then: closing the last connection would clear the write-ahead log."""
    with reading(ledger.store.engine) if task.reads else nullcontext() as reader:
        if reader is not None:
            last_position(reader)
        os.write(there, msgspec.json.encode(answer(ledger, task)))
        os._exit(0)


def answer(ledger: Ledger, task: Task) -> Answer:
    """Do a task in this process."""
    errors: list[str] = []
    kept = None
    ctypes.CDLL(None).around_commit(int(task.how))
    for _ in range(1 + task.again):
        try:
            kept = append(ledger, task)
            break
        except LedgerError as error:
            errors.append(type(error).__name__)
    return Answer(errors, kept)


def append(ledger: Ledger, task: Task) -> list[Recorded]:
    if not task.each:
        return ledger.append(task.events, expected_version=task.expected_version)
    kept = []
    for outcome in ledger.append_many(task.events):
        if isinstance(outcome, LedgerError):
            raise outcome
        kept.append(outcome)
    return kept


if __name__ == "__main__":
    serve(sys.argv[1])
