"""The faults of a simulated storage: a writer that wraps a real one and fails where the seed says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import psycopg
from msgspec import Struct

from ledger.errors import LedgerBusy, PermissionRefused, StorageError, StorageFull
from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent
from ledger.store.postgres_writer import PostgresWriter
from ledger.store.sqlite_writer import SQLiteWriter
from ledger.store.writer import LogWriter
from tests.faults.simulation.model import Answer

T = TypeVar("T")
MakeWriter = Callable[[Any], LogWriter]

POINTS = ("begin", "source_ids", "look", "lineage", "write", "commit")


class Kind(StrEnum):
    """What can go wrong."""

    BUSY = "busy"
    FULL = "full"
    DISK = "disk"
    READ_ONLY = "read-only"
    GONE = "gone"
    MEMORY = "memory"
    INTERRUPT = "interrupt"
    CRASH = "crash"


class When(StrEnum):
    """Before the database does it, half-way through its rows, or once it is done and the answer is lost."""

    BEFORE = "before"
    HALF = "half"
    AFTER = "after"


class Strike(NamedTuple):
    """One fault: where it strikes, and what strikes the rollback that follows."""

    point: str
    when: When
    kind: Kind
    rollback: Kind | None = None

    @property
    def told(self) -> type[BaseException]:
        """What an appender must raise."""
        return TOLD[Kind.INTERRUPT if self.rollback == Kind.INTERRUPT else self.kind]

    def __str__(self) -> str:
        return f"{self.kind} {self.when} {self.point}{f', {self.rollback} in rollback' if self.rollback else ''}"


class Crash(BaseException):
    """The process ends here; nothing of it answers any more."""


TOLD: dict[Kind, type[BaseException]] = {
    Kind.BUSY: LedgerBusy,
    Kind.FULL: StorageFull,
    Kind.DISK: StorageError,
    Kind.READ_ONLY: PermissionRefused,
    Kind.GONE: StorageError,
    Kind.MEMORY: MemoryError,
    Kind.INTERRUPT: KeyboardInterrupt,
    Kind.CRASH: Crash,
}
"""What an appender must raise for each."""

SQLITE: dict[Kind, Callable[[], BaseException]] = {
    Kind.BUSY: lambda: sqlite3.OperationalError("database is locked"),
    Kind.FULL: lambda: sqlite3.OperationalError("database or disk is full"),
    Kind.DISK: lambda: sqlite3.OperationalError("disk I/O error"),
    Kind.READ_ONLY: lambda: sqlite3.OperationalError("attempt to write a readonly database"),
    Kind.GONE: lambda: sqlite3.OperationalError("disk I/O error"),
}
POSTGRES: dict[Kind, Callable[[], BaseException]] = {
    Kind.BUSY: lambda: psycopg.errors.DeadlockDetected("deadlock detected"),
    Kind.FULL: lambda: psycopg.errors.DiskFull("could not extend file"),
    Kind.DISK: lambda: psycopg.errors.IoError("could not read block"),
    Kind.READ_ONLY: lambda: psycopg.errors.ReadOnlySqlTransaction("cannot execute in a read-only transaction"),
    Kind.GONE: lambda: psycopg.OperationalError("the connection is lost"),
}
EVERYWHERE: dict[Kind, Callable[[], BaseException]] = {
    Kind.MEMORY: MemoryError,
    Kind.INTERRUPT: KeyboardInterrupt,
    Kind.CRASH: Crash,
}


class Attempt(Struct):
    """One transaction of an append: what strikes it, whether it did, whether the database committed, as which one."""

    strike: Strike | None = None
    struck: bool = False
    committed: bool = False
    answers: list[Answer] = []


class Weather:
    """Makes the writers of an appender, and has the strikes that were called for hit its attempts one after another.

    A strike waits for the next attempt; one whose point is not reached hits nothing. `beginning` is called before
    each attempt, `writing` before its rows are written, `passing` at every point before the database is asked,
    `committed` once it has committed. When the process crashed, nothing begins any more.
    """

    def __init__(self, dialect: str, inner: MakeWriter | None = None) -> None:
        own: MakeWriter = SQLiteWriter if dialect == "sqlite" else PostgresWriter
        self._inner = own if inner is None else inner
        self._errors = {**(SQLITE if dialect == "sqlite" else POSTGRES), **EVERYWHERE}
        self.coming: list[Strike | None] = []
        self.hits: list[Strike] = []
        self.attempts: list[Attempt] = []
        self.struck = 0
        self.crashed = False
        self.passing: Callable[[str], None] = lambda point: None
        self.beginning: Callable[[], None] = lambda: None
        self.writing: Callable[[], None] = lambda: None
        self.committed: Callable[[Attempt], None] = lambda attempt: None

    def __call__(self, connection: Any) -> LogWriter:
        """Return a writer that asks the connection, as long as the weather lets it."""
        return FaultyWriter(self._inner(connection), connection, self)

    def begin(self) -> Attempt:
        """Return a new attempt."""
        if self.crashed:
            raise Crash
        self.beginning()
        self.attempts.append(Attempt(self.coming.pop(0) if self.coming else None))
        return self.attempts[-1]

    def error(self, kind: Kind) -> BaseException:
        """Return what the driver raises."""
        self.crashed = self.crashed or kind == Kind.CRASH
        return self._errors[kind]()


class FaultyWriter:
    """A log writer whose database fails once in an attempt, where the weather says."""

    def __init__(self, writer: LogWriter, connection: Any, weather: Weather) -> None:
        self._writer = writer
        self._connection = connection
        self._weather = weather
        self._attempt = Attempt()

    def begin(self) -> None:
        self._attempt = self._weather.begin()
        self._through("begin", self._writer.begin)

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        return self._through("source_ids", lambda: self._writer.source_ids(names))

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> tuple[dict[str, Head], dict[Key, Known]]:
        return self._through("look", lambda: self._writer.look(customer_ids, keys))

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        return self._through("lineage", lambda: self._writer.lineage(streams, merges))

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        def written() -> None:
            strike = self._attempt.strike
            if strike is not None and strike.when == When.HALF:
                some = rows[: (len(rows) + 1) // 2]
                self._writer.write(some, [link for link in links if link.row < len(some)], heads, now)
                self._fail(strike)
            self._writer.write(rows, links, heads, now)

        self._weather.writing()
        self._through("write", written)

    def commit(self) -> int:
        def committed() -> int:
            first = self._writer.commit()
            self._attempt.committed = True
            self._weather.committed(self._attempt)
            return first

        return self._through("commit", committed)

    def rollback(self) -> None:
        strike = self._attempt.strike
        if strike is not None and self._attempt.struck:
            if strike.kind == Kind.CRASH:
                return
            if strike.rollback is not None:
                raise self._weather.error(strike.rollback)
        self._writer.rollback()

    def alive(self) -> bool:
        return self._writer.alive()

    def close(self) -> None:
        self._writer.close()

    def _through(self, point: str, act: Callable[[], T]) -> T:
        self._weather.passing(point)
        strike = self._attempt.strike
        if strike is not None and strike[:2] == (point, When.BEFORE):
            self._fail(strike)
        answer = act()
        if strike is not None and strike[:2] == (point, When.AFTER):
            self._fail(strike)
        return answer

    def _fail(self, strike: Strike) -> None:
        self._attempt.struck = True
        self._weather.struck += 1
        self._weather.hits.append(strike)
        if strike.kind == Kind.GONE and isinstance(self._connection, psycopg.Connection):
            self._connection.close()
        raise self._weather.error(strike.kind)
