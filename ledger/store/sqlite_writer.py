"""An append's transaction on SQLite: BEGIN IMMEDIATE, look up in chunks, executemany."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence

from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent
from ledger.store.rows import EVENT_COLUMNS, chunks, dump_standing, event_rows, load_standing, random_ids

CHUNK = 500

INSERT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({','.join('?' * 13)})"


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


class SQLiteWriter:
    """The append's questions, answered by a sqlite3 connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        if self._cursor.connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        found = dict(self._cursor.execute("SELECT name, id FROM sources").fetchall())
        missing = sorted(set(names) - found.keys())
        if missing:
            self._cursor.executemany("INSERT INTO sources (name) VALUES (?)", [(name,) for name in missing])
            found = dict(self._cursor.execute("SELECT name, id FROM sources").fetchall())
        return found

    def known(self, keys: Collection[Key]) -> dict[Key, Known]:
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

    def heads(self, customer_ids: Collection[str]) -> dict[str, Head]:
        heads: dict[str, Head] = {}
        for chunk in chunks(sorted(customer_ids), CHUNK):
            self._cursor.execute(
                f"SELECT stream, customer_id, version, standing FROM streams WHERE customer_id IN ({_marks(chunk)})",
                chunk,
            )
            for stream, customer_id, version, standing in self._cursor:
                heads[customer_id] = Head(stream, customer_id, version, load_standing(standing))
        [last] = self._cursor.execute("SELECT coalesce(max(stream), 0) FROM streams").fetchone()
        for customer_id in customer_ids:
            if customer_id not in heads:
                last += 1
                heads[customer_id] = Head(last, customer_id, new=True)
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

    def take_head(self) -> tuple[int, int]:
        position, recorded_at = self._cursor.execute("SELECT position, recorded_at FROM log_head").fetchone()
        return position, recorded_at

    def write(
        self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], first: int, recorded: int
    ) -> None:
        new = [head for head in heads if head.new]
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
        self._cursor.executemany(INSERT_EVENT, event_rows(rows, first, recorded))
        for link in links:
            self._write_link(link, rows[link.row], first + link.row, recorded)
        self._cursor.execute("UPDATE log_head SET position = ?, recorded_at = ?", (first + len(rows) - 1, recorded))

    def _write_link(self, link: Link, row: NewEvent, position: int, recorded: int) -> None:
        if link.merge is not None:
            self._cursor.execute(
                "INSERT INTO merges (position, source, event_key, from_stream, into_stream, recorded_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (position, row.source, row.prepared.key, *link.merge, recorded),
            )
        elif link.unmerge is not None:
            self._cursor.execute(
                "INSERT INTO unmerges (position, source, event_key, recorded_at) VALUES (?, ?, ?, ?)",
                (position, *link.unmerge, recorded),
            )
        elif link.identifier is not None:
            self._cursor.execute(
                "INSERT INTO identifiers (position, stream, namespace, value) VALUES (?, ?, ?, ?)",
                (position, row.stream, *link.identifier),
            )
