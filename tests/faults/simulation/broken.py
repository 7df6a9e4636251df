"""Writers that break a promise each, made of a real one: what a simulation must find."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from ledger.store.plan import Head, Key, Known, Link, NewEvent
from ledger.store.sqlite_writer import SQLiteWriter

Looked = tuple[dict[str, Head], dict[Key, Known]]


class ForgetsHeads(SQLiteWriter):
    """Leaves the head of a stream where it was."""

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        super().write(rows, links, [head for head in heads if head.new], now)


class ForgetsLinks(SQLiteWriter):
    """Keeps a merge without the row that says who is who."""

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        super().write(rows, [link for link in links if link.merge is None], heads, now)


class ForgetsKeys(SQLiteWriter):
    """Tries again without a look at what was kept."""

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> Looked:
        heads, _ = super().look(customer_ids, keys)
        return heads, {}


class RemembersHeads(SQLiteWriter):
    """Trusts the heads of its last transaction, even where that was undone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._remembered: dict[str, Head] = {}

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> Looked:
        heads, known = super().look(customer_ids, keys)
        heads.update({name: head for name, head in self._remembered.items() if name in heads})
        self._remembered = heads
        return heads, known


class CommitsHalf(SQLiteWriter):
    """Writes the events of one transaction in two."""

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        half = len(rows) // 2
        if not half or links:
            super().write(rows, links, heads, now)
            return
        super().write(rows[:half], links, heads, now)
        first = self.commit()
        self.begin()
        super().write(rows[half:], links, [head for head in heads if not head.new], now)
        self._first = first


class CommitsLate(SQLiteWriter):
    """Acknowledges first, and commits when the next transaction begins."""

    _owes = False

    def begin(self) -> None:
        if self._owes:
            super().commit()
            self._owes = False
        super().begin()

    def commit(self) -> int:
        self._owes = True
        return self._first


class FollowsTheClock(SQLiteWriter):
    """Records at the clock's time, though it went back."""

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        self._cursor.execute("UPDATE log_head SET recorded_at = 0")
        super().write(rows, links, heads, now)


class NumbersByAttempt(SQLiteWriter):
    """Numbers as a sequence does: what is undone leaves a gap."""

    _next = 0

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        [[position]] = self._cursor.execute("SELECT position FROM log_head").fetchall()
        self._next = max(self._next, position)
        self._cursor.execute("UPDATE log_head SET position = ?", (self._next,))
        self._next += len(rows)
        super().write(rows, links, heads, now)


BROKEN = (
    ForgetsHeads,
    ForgetsLinks,
    ForgetsKeys,
    RemembersHeads,
    CommitsHalf,
    CommitsLate,
    FollowsTheClock,
    NumbersByAttempt,
)
