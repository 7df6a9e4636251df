"""What an append could not undo does not stay in the way: of its own appender, or of anybody else's."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.errors import LedgerBusy, StorageError
from ledger.opening import open_store
from ledger.store.append import Appender
from ledger.store.plan import Head, Link, NewEvent, Request
from ledger.store.sqlite_writer import SQLiteWriter
from ledger.store.store import Store
from tests.ledgers import sqlite_copy
from tests.store.events import order

DISK = sqlite3.OperationalError("disk I/O error")


class Cut(list[NewEvent]):
    """Rows of which the last is never read: something goes wrong before it."""

    def __init__(self, rows: Sequence[NewEvent], error: BaseException) -> None:
        super().__init__(rows)
        self._error = error

    def __iter__(self) -> Iterator[NewEvent]:
        yield from self[:-1]
        raise self._error


class Struck(SQLiteWriter):
    """A writer whose writes and rollbacks fail as they are told, in this order."""

    writes: list[BaseException]
    rollbacks: list[BaseException]

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        super().write(Cut(rows, self.writes.pop(0)) if self.writes else rows, links, heads, now)

    def rollback(self) -> None:
        if self.rollbacks:
            raise self.rollbacks.pop(0)
        super().rollback()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Give a ledger whose writers wait for nobody."""
    monkeypatch.setattr("ledger.store.sqlite_writer.BUSY_TIMEOUT", 0.0)
    monkeypatch.setattr("ledger.store.append.BUSY_TIMEOUT", 0.0)
    return open_store(sqlite_copy(tmp_path))


def request(store: Store, event_id: str) -> Request:
    return Request((store.preparer.prepare(order(event_id), received=0),))


def expect_whole(store: Store, appender: Appender) -> None:
    """Expect that both the appender and another process append at once."""
    with Ledger.open(store.url) as other:
        assert other.append(order("theirs"))[0].position == 1
    [outcome] = appender.append([request(store, "ours")])
    assert isinstance(outcome, tuple)
    assert outcome[0].position == 2
    appender.rest()
    store.engine.dispose()


def test_an_error_that_its_caller_keeps_does_not_keep_the_lock(store: Store) -> None:
    """SQLite lets go of a closed connection's locks only when the last of its statements is gone."""
    Struck.writes, Struck.rollbacks = [DISK], [DISK]
    appender = Appender(store.engine, writer=Struck)
    with pytest.raises(StorageError, match="disk failed") as kept:
        appender.append([request(store, "one"), request(store, "two")])
    expect_whole(store, appender)
    assert kept.tb is not None


def test_an_error_from_before_a_rest_does_not_keep_the_lock_either(store: Store) -> None:
    Struck.writes, Struck.rollbacks = [sqlite3.OperationalError("database is locked"), DISK], []
    appender = Appender(store.engine, writer=Struck)
    with pytest.raises(LedgerBusy) as earlier:
        appender.append([request(store, "one"), request(store, "two")])
    appender.rest()
    Struck.rollbacks = [DISK]
    with pytest.raises(StorageError, match="disk failed"):
        appender.append([request(store, "one")])
    expect_whole(store, appender)
    assert earlier.tb is not None


def test_ctrl_c_in_the_midst_of_a_rollback_is_no_burden_for_the_next_append(store: Store) -> None:
    Struck.writes, Struck.rollbacks = [DISK], [KeyboardInterrupt()]
    appender = Appender(store.engine, writer=Struck)
    with pytest.raises(KeyboardInterrupt):
        appender.append([request(store, "lost")])
    expect_whole(store, appender)
