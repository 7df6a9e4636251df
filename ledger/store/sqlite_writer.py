"""An append's transaction on SQLite: BEGIN IMMEDIATE, look up in chunks, executemany."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection, Sequence

from ledger.store.engine import BUSY_TIMEOUT
from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent
from ledger.store.rows import (
    CHUNK,
    EVENT_COLUMNS,
    chunks,
    dump_standing,
    event_rows,
    link_rows,
    load_standing,
    random_ids,
)

SHORTEST_WAIT, WAITS = 0.0003, 2_500
"""Seconds, and further microseconds by chance, between two attempts at another process's lock."""

INSERT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({','.join('?' * 13)})"


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


class SQLiteWriter:
    """The append's questions, answered by a sqlite3 connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._first = 0
        # SQLite itself would sleep for up to 100 ms at a time.
        self._cursor.execute("PRAGMA busy_timeout = 0")

    def begin(self) -> None:
        """Take the file's write lock, asking again soon while another process has it."""
        give_up = 0.0
        while True:
            try:
                self._cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                give_up = give_up or time.monotonic() + BUSY_TIMEOUT
                if time.monotonic() >= give_up:
                    raise
            else:
                return
            time.sleep(SHORTEST_WAIT + secrets.randbelow(WAITS) / 1e6)

    def commit(self) -> int:
        self._cursor.execute("COMMIT")
        return self._first

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        """Finalize the statements: SQLite keeps a closed connection's locks until the last of them is gone."""
        self._cursor.close()

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        found = dict(self._cursor.execute("SELECT name, id FROM sources").fetchall())
        missing = sorted(set(names) - found.keys())
        if missing:
            self._cursor.executemany("INSERT INTO sources (name) VALUES (?)", [(name,) for name in missing])
            found = dict(self._cursor.execute("SELECT name, id FROM sources").fetchall())
        return found

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> tuple[dict[str, Head], dict[Key, Known]]:
        return self._heads(customer_ids), self._known(keys)

    def _known(self, keys: Collection[Key]) -> dict[Key, Known]:
        by_source: dict[int, list[bytes]] = defaultdict(list)
        for source, key in keys:
            by_source[source].append(key)
        known: dict[Key, Known] = {}
        for source, event_keys in by_source.items():
            for chunk in chunks(sorted(event_keys), CHUNK):
                self._cursor.execute(
                    "SELECT event_key, stream, version, position, type, digest FROM events "
                    f"WHERE source = ? AND event_key IN ({_marks(chunk)})",
                    [source, *chunk],
                )
                for key, *fields in self._cursor:
                    known[source, key] = Known(*fields)
        return known

    def _heads(self, customer_ids: Collection[str]) -> dict[str, Head]:
        heads: dict[str, Head] = {}
        for chunk in chunks(sorted(customer_ids), CHUNK):
            self._cursor.execute(
                f"SELECT stream, customer_id, version, standing FROM streams WHERE customer_id IN ({_marks(chunk)})",
                chunk,
            )
            for stream, customer_id, version, standing in self._cursor:
                heads[customer_id] = Head(stream, customer_id, version, load_standing(standing))
        missing = [customer_id for customer_id in customer_ids if customer_id not in heads]
        if missing:
            [last] = self._cursor.execute("SELECT coalesce(max(stream), 0) FROM streams").fetchone()
            heads.update({name: Head(stream, name, new=True) for stream, name in enumerate(missing, last + 1)})
        return heads

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        lineage = Lineage()
        frontier, seen = set(streams), set(streams)
        while frontier:
            found: set[int] = set()
            for chunk in chunks(frontier, CHUNK):
                self._cursor.execute(
                    "SELECT from_stream, into_stream, source, event_key FROM merges m "
                    f"WHERE from_stream IN ({_marks(chunk)}) AND NOT EXISTS "
                    "(SELECT 1 FROM unmerges u WHERE u.source = m.source AND u.event_key = m.event_key)",
                    chunk,
                )
                for from_stream, into_stream, source, key in self._cursor:
                    lineage.into.setdefault(from_stream, {})[source, key] = into_stream
                    found.add(into_stream)
            frontier = found - seen
            seen |= found
        for source, key in merges:
            self._cursor.execute("SELECT 1 FROM unmerges WHERE source = ? AND event_key = ?", (source, key))
            if self._cursor.fetchone():
                lineage.unmerged.add((source, key))
        return lineage

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        position, recorded = self._cursor.execute("SELECT position, recorded_at FROM log_head").fetchone()
        self._first, recorded = position + 1, max(recorded, now)
        self._write_heads(heads)
        self._cursor.executemany(INSERT_EVENT, event_rows(rows, self._first, recorded))
        for statement, values in link_rows(links, rows, self._first, recorded):
            self._cursor.execute(statement, values)
        self._cursor.execute("UPDATE log_head SET position = ?, recorded_at = ?", (position + len(rows), recorded))

    def _write_heads(self, heads: Collection[Head]) -> None:
        new = [head for head in heads if head.new]
        if new:
            self._cursor.executemany(
                "INSERT INTO streams (stream, id, customer_id, version, standing) VALUES (?, ?, ?, ?, ?)",
                [
                    (head.stream, id, head.customer_id, head.version, dump_standing(head.standing))
                    for head, id in zip(new, random_ids(len(new)), strict=True)
                ],
            )
        self._cursor.executemany(
            "UPDATE streams SET version = ?, standing = ? WHERE stream = ?",
            [(head.version, dump_standing(head.standing), head.stream) for head in heads if not head.new],
        )
