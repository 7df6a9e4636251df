"""An append's transaction on PostgreSQL: streams locked in order, the log's head late, rows by binary COPY."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

import psycopg
from psycopg import Pipeline

from ledger.errors import LedgerBusy
from ledger.store.patience import ANSWER, GREETING, PatientConnection
from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent
from ledger.store.rows import EVENT_COLUMNS, dump_standing, event_rows, link_rows, load_standing, random_ids

COPY_EVENTS = f"COPY events ({EVENT_COLUMNS}) FROM STDIN (FORMAT BINARY)"
FEW = 100
"""Rows up to which an INSERT that is sent with everything else is quicker than a COPY, which waits for its turn."""

NAMES = EVENT_COLUMNS.split(", ")
RECORDED_AT = NAMES.index("recorded_at")
EVENT_TYPES = (
    "int8", "int8", "int8", "int4", "bytea", "text", "int2", "int8", "int8", "int8", "bytea", "bytea", "bytea",
)  # fmt: skip

GIVEN = {name: type for name, type in zip(NAMES, EVENT_TYPES, strict=True) if name != "recorded_at"}
TAKEN = {name: f"g.{name}" for name in GIVEN} | {
    "position": "h.position + g.position",
    "recorded_at": "h.recorded_at",
}
# Planning a small append takes the server as long as doing it, so it plans once; and a plan made while a table was
# small must not read the whole of it long after.
PLAN_ONCE = (
    "SET plan_cache_mode = force_generic_plan; "
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
)

MOVE_STREAMS = (
    "UPDATE streams SET version = m.version, standing = m.standing "
    "FROM unnest(%b::int8[], %b::int8[], %b::bytea[]) AS m (stream, version, standing) WHERE streams.stream = m.stream"
)
MOVE_HEAD = (
    "UPDATE log_head SET position = position + %b, recorded_at = greatest(recorded_at, %b) "
    "RETURNING position, recorded_at"
)
KEEP_FEW = (
    f"WITH moved AS ({MOVE_STREAMS}), head AS ({MOVE_HEAD}), kept AS (INSERT INTO events ({EVENT_COLUMNS}) "
    f"SELECT {', '.join(TAKEN[name] for name in NAMES)} FROM head h, "
    f"unnest({', '.join(f'%b::{type}[]' for type in GIVEN.values())}) AS g ({', '.join(GIVEN)})) "
    "SELECT position, recorded_at FROM head"
)


class PostgresWriter:
    """The append's questions, answered by a psycopg connection.

    What one statement need not wait for another's answer to say is sent together: every answer waited for costs as
    much as the work of a small append.
    """

    def __init__(self, connection: PatientConnection) -> None:
        self._connection = connection
        self._cursor = connection.cursor(binary=True)
        self._head = connection.cursor(binary=True)
        connection.patience = ANSWER
        connection.execute(PLAN_ONCE)
        connection.commit()
        self._opened: AbstractContextManager[Pipeline] | None = None
        self._pipeline: Pipeline | None = None
        self._count = 0

    def begin(self) -> None:
        """Leave it to psycopg, which starts a transaction with the first statement."""

    def commit(self) -> int:
        with _met():
            self._connection.commit()
        row = self._head.fetchone()
        if row is None:
            raise psycopg.DataError("log_head has lost its row")
        return int(row[0]) - self._count + 1

    def rollback(self) -> None:
        self._connection.rollback()

    def _send(self) -> Pipeline:
        """From here on, send without waiting for answers; opening a pipeline costs more than using one."""
        if self._pipeline is None:
            self._opened = self._connection.pipeline()
            self._pipeline = self._opened.__enter__()
        return self._pipeline

    def _stop_sending(self) -> None:
        """Wait for each answer again, as a COPY must."""
        opened, self._opened, self._pipeline = self._opened, None, None
        if opened is not None:
            opened.__exit__(None, None, None)

    def alive(self) -> bool:
        self._connection.patience = GREETING
        try:
            self._connection.execute("SELECT 1")
            self._connection.rollback()
        except psycopg.Error:
            return False
        self._connection.patience = ANSWER
        return True

    def close(self) -> None:
        """Close the connection at once, whatever the server does.

        A pipeline that is left to the collector complains on the terminal.
        """
        self._cursor.close()
        self._head.close()
        self._connection.close()
        with suppress(psycopg.Error):
            self._stop_sending()

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

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> tuple[dict[str, Head], dict[Key, Known]]:
        sent = self._send()
        self._head.execute(
            "SELECT stream, customer_id, version, standing FROM streams WHERE customer_id = ANY(%b) "
            "ORDER BY stream FOR UPDATE",
            (sorted(customer_ids),),
        )
        self._cursor.execute(
            "SELECT k.source, k.event_key, stream, version, position, type, digest "
            "FROM unnest(%b::int4[], %b::bytea[]) AS k (source, event_key) "
            "JOIN events e ON e.source = k.source AND e.event_key = k.event_key",
            ([source for source, _ in keys], [key for _, key in keys]),
        )
        sent.sync()
        heads = {
            customer_id: Head(stream, customer_id, version, load_standing(standing))
            for stream, customer_id, version, standing in self._head
        }
        known = {(source, key): Known(*fields) for source, key, *fields in self._cursor}
        missing = [customer_id for customer_id in customer_ids if customer_id not in heads]
        if missing:
            self._cursor.execute("SELECT nextval('streams_stream_seq') FROM generate_series(1, %s)", (len(missing),))
            for customer_id, (stream,) in zip(missing, self._cursor.fetchall(), strict=True):
                heads[customer_id] = Head(stream, customer_id, new=True)
        return heads, known

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        self._cursor.execute("SELECT 1 FROM log_head FOR UPDATE")  # merges look at other streams' links: one at a time
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

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        self._count = len(rows)
        with _met():
            if links or len(rows) > FEW:
                self._write_many(rows, links, heads, now)
            else:
                self._write_few(rows, heads, now)

    def _write_few(self, rows: Sequence[NewEvent], heads: Collection[Head], now: int) -> None:
        columns = [list(column) for column in zip(*event_rows(rows, 0, 0), strict=True)]
        # The head is moved by the same statement: the rows stand between its old value and its new one.
        columns[0] = list(range(1 - len(rows), 1))
        del columns[RECORDED_AT]
        self._send()
        self._open_streams(heads)
        self._head.execute(KEEP_FEW, [*_moved(heads), self._count, now, *columns])

    def _write_many(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        self._stop_sending()
        self._open_streams(heads)
        self._cursor.execute(MOVE_STREAMS, _moved(heads))
        # Late: from here to the end no other writer can move the log's head.
        position, recorded = self._head.execute(MOVE_HEAD, (self._count, now)).fetchone() or (0, 0)
        self._head.scroll(-1)
        first = position - len(rows) + 1
        with self._cursor.copy(COPY_EVENTS) as copy:
            copy.set_types(EVENT_TYPES)
            for values in event_rows(rows, first, recorded):
                copy.write_row(values)
        for statement, values in link_rows(links, rows, first, recorded):
            self._cursor.execute(statement.replace("?", "%s").encode(), values)

    def _open_streams(self, heads: Collection[Head]) -> None:
        """Before the log's head is held: who opens the same stream meanwhile is waited for here."""
        new = [head for head in heads if head.new]
        if new:
            self._cursor.execute(
                "INSERT INTO streams (stream, id, customer_id, version, standing) "
                "SELECT * FROM unnest(%b::int8[], %b::bytea[], %b::text[], %b::int8[], %b::bytea[])",
                (
                    [head.stream for head in new],
                    list(random_ids(len(new))),
                    [head.customer_id for head in new],
                    [head.version for head in new],
                    [dump_standing(head.standing) for head in new],
                ),
            )


def _moved(heads: Collection[Head]) -> tuple[list[int], list[int], list[bytes | None]]:
    moved = [head for head in heads if not head.new]
    return (
        [head.stream for head in moved],
        [head.version for head in moved],
        [dump_standing(head.standing) for head in moved],
    )


@contextmanager
def _met() -> Iterator[None]:
    """Say busy where another writer kept the same event or opened the same stream since we looked."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise LedgerBusy("another writer was in the way: try again") from error
