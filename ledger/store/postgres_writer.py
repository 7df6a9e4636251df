"""An append's transaction on PostgreSQL: streams locked in order, the log's head late, rows by binary COPY."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import psycopg

from ledger.errors import LedgerBusy
from ledger.store.patience import ANSWER, PatientConnection
from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent
from ledger.store.rows import EVENT_COLUMNS, dump_standing, event_rows, load_standing, random_ids

COPY_EVENTS = f"COPY events ({EVENT_COLUMNS}) FROM STDIN (FORMAT BINARY)"
EVENT_TYPES = (
    "int8", "int8", "int8", "int4", "bytea", "text", "int2", "int8", "int8", "int8", "bytea", "bytea", "bytea",
)  # fmt: skip


class PostgresWriter:
    """The append's questions, answered by a psycopg connection."""

    def __init__(self, connection: PatientConnection) -> None:
        self._connection = connection
        connection.patience = ANSWER
        self._cursor = connection.cursor(binary=True)

    def begin(self) -> None:
        """Leave it to psycopg, which starts a transaction with the first statement."""

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        wanted = sorted(names)
        select = "SELECT name, id FROM sources WHERE name = ANY(%s)"
        found = dict(self._cursor.execute(select, (wanted,)).fetchall())
        if len(found) < len(wanted):
            self._cursor.execute(
                "INSERT INTO sources (name) SELECT unnest(%s::text[]) ON CONFLICT (name) DO NOTHING", (wanted,)
            )
            found = dict(self._cursor.execute(select, (wanted,)).fetchall())
        return found

    def known(self, keys: Collection[Key]) -> dict[Key, Known]:
        self._cursor.execute(
            "SELECT e.source, e.event_key, stream, version, position, type, digest "
            "FROM unnest(%s::int4[], %s::bytea[]) AS k (source, event_key) "
            "JOIN events e ON e.source = k.source AND e.event_key = k.event_key",
            ([source for source, _ in keys], [key for _, key in keys]),
        )
        return {(source, key): Known(*fields) for source, key, *fields in self._cursor}

    def heads(self, customer_ids: Collection[str]) -> dict[str, Head]:
        self._cursor.execute(
            "SELECT stream, customer_id, version, standing FROM streams WHERE customer_id = ANY(%s) "
            "ORDER BY stream FOR UPDATE",
            (sorted(customer_ids),),
        )
        heads = {
            customer_id: Head(stream, customer_id, version, load_standing(standing))
            for stream, customer_id, version, standing in self._cursor
        }
        missing = [customer_id for customer_id in customer_ids if customer_id not in heads]
        if missing:
            self._cursor.execute("SELECT nextval('streams_stream_seq') FROM generate_series(1, %s)", (len(missing),))
            for customer_id, (stream,) in zip(missing, self._cursor.fetchall(), strict=True):
                heads[customer_id] = Head(stream, customer_id, new=True)
        return heads

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        lineage = Lineage()
        frontier, seen = set(streams), set(streams)
        while frontier:
            self._cursor.execute(
                "SELECT from_stream, into_stream, source, event_key FROM merges m WHERE from_stream = ANY(%s) "
                "AND NOT EXISTS (SELECT 1 FROM unmerges u WHERE u.source = m.source AND u.event_key = m.event_key)",
                (list(frontier),),
            )
            found: set[int] = set()
            for from_stream, into_stream, source, key in self._cursor:
                lineage.into.setdefault(from_stream, {})[source, key] = into_stream
                found.add(into_stream)
            frontier = found - seen
            seen |= found
        self._cursor.execute(
            "SELECT u.source, u.event_key FROM unmerges u "
            "JOIN unnest(%s::int4[], %s::bytea[]) AS k (source, event_key) "
            "ON u.source = k.source AND u.event_key = k.event_key",
            ([source for source, _ in merges], [key for _, key in merges]),
        )
        lineage.unmerged.update((source, key) for source, key in self._cursor)
        return lineage

    def take_head(self) -> tuple[int, int]:
        row = self._cursor.execute("SELECT position, recorded_at FROM log_head FOR UPDATE").fetchone()
        if row is None:
            raise psycopg.DataError("log_head has lost its row")
        return row[0], row[1]

    def write(
        self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], first: int, recorded: int
    ) -> None:
        try:
            self._write_heads(heads)
            with self._cursor.copy(COPY_EVENTS) as copy:
                copy.set_types(EVENT_TYPES)
                for values in event_rows(rows, first, recorded):
                    copy.write_row(values)
            self._write_links(rows, links, first, recorded)
        except psycopg.errors.UniqueViolation as error:
            # Another writer kept the same event or opened the same stream since we looked.
            raise LedgerBusy("another writer was in the way: try again") from error
        self._cursor.execute("UPDATE log_head SET position = %s, recorded_at = %s", (first + len(rows) - 1, recorded))

    def _write_heads(self, heads: Collection[Head]) -> None:
        new = [head for head in heads if head.new]
        if new:
            with self._cursor.copy(
                "COPY streams (stream, id, customer_id, version, standing) FROM STDIN (FORMAT BINARY)"
            ) as copy:
                copy.set_types(("int8", "bytea", "text", "int8", "bytea"))
                for head, id in zip(new, random_ids(len(new)), strict=True):
                    copy.write_row((head.stream, id, head.customer_id, head.version, dump_standing(head.standing)))
        moved = [head for head in heads if not head.new]
        if moved:
            self._cursor.execute(
                "UPDATE streams SET version = m.version, standing = m.standing "
                "FROM unnest(%s::int8[], %s::int8[], %s::bytea[]) AS m (stream, version, standing) "
                "WHERE streams.stream = m.stream",
                (
                    [head.stream for head in moved],
                    [head.version for head in moved],
                    [dump_standing(head.standing) for head in moved],
                ),
            )

    def _write_links(self, rows: Sequence[NewEvent], links: Sequence[Link], first: int, recorded: int) -> None:
        for link in links:
            row, position = rows[link.row], first + link.row
            if link.merge is not None:
                self._cursor.execute(
                    "INSERT INTO merges (position, source, event_key, from_stream, into_stream, recorded_at) "
                    "VALUES (%s, %s, %s, %s, %s, %s)",
                    (position, row.source, row.prepared.key, *link.merge, recorded),
                )
            elif link.unmerge is not None:
                self._cursor.execute(
                    "INSERT INTO unmerges (position, source, event_key, recorded_at) VALUES (%s, %s, %s, %s)",
                    (position, *link.unmerge, recorded),
                )
            elif link.identifier is not None:
                self._cursor.execute(
                    "INSERT INTO identifiers (position, stream, namespace, value) VALUES (%s, %s, %s, %s)",
                    (position, row.stream, *link.identifier),
                )
