"""What the log says of who is who: the identifiers told of customers, and the merges decided between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.store.mapper import RECORD_COLUMNS
from ledger.store.rows import number_lists

Name = tuple[str, str]
"""The source and the event_id of an event."""


class Identifier(NamedTuple):
    """That the customer of a stream is known by a value in a namespace, as the event of that position told."""

    position: int
    stream: int
    namespace: str
    value: str


class Merge(NamedTuple):
    """That one stream was merged into another, and whether that was undone."""

    position: int
    from_stream: int
    into_stream: int
    recorded_at: int
    undone: bool


class _Named(Struct):
    source: str
    event_id: str


_named = msgspec.json.Decoder(_Named).decode


def identifiers(connection: Connection) -> list[Identifier]:
    """Return every identifier that was told, retracted ones too, in the order of the log."""
    rows = connection.execute(text("SELECT position, stream, namespace, value FROM identifiers ORDER BY position"))
    return [Identifier._make(row) for row in rows]


def told_namespaces(connection: Connection) -> list[str]:
    """Return every namespace in which an identifier was told, retracted ones too."""
    return sorted(connection.execute(text("SELECT DISTINCT namespace FROM identifiers")).scalars())


def merges(connection: Connection) -> list[Merge]:
    """Return every merge that was recorded, in the order of the log."""
    rows = connection.execute(
        text(
            "SELECT position, from_stream, into_stream, recorded_at, EXISTS (SELECT 1 FROM unmerges u "
            "WHERE u.source = m.source AND u.event_key = m.event_key) FROM merges m ORDER BY position"
        )
    )
    return [Merge(position, one, other, at, bool(undone)) for position, one, other, at, undone in rows]


def merges_between(connection: Connection, from_stream: int, into_stream: int) -> int:
    """Return how often one stream was merged into the other, undone or not."""
    between = "SELECT count(*) FROM merges WHERE from_stream = :from AND into_stream = :into"
    return int(connection.execute(text(between), {"from": from_stream, "into": into_stream}).scalar_one())


def is_undone(connection: Connection, position: int) -> bool:
    """Say whether the merge that the event of a position told was undone."""
    undone = (
        "SELECT count(*) FROM merges m JOIN unmerges u ON u.source = m.source AND u.event_key = m.event_key "
        "WHERE m.position = :position"
    )
    return bool(connection.execute(text(undone), {"position": position}).scalar_one())


def undoings(connection: Connection) -> dict[int, int]:
    """Return the position of the first unmerge that undoes each merge, by the merge's."""
    rows = connection.execute(
        text(
            "SELECT m.position, min(u.position) FROM merges m JOIN unmerges u "
            "ON u.source = m.source AND u.event_key = m.event_key GROUP BY m.position"
        )
    )
    return {int(merge): int(unmerge) for merge, unmerge in rows}


def whole_rows(connection: Connection, positions: Iterable[int]) -> list[Any]:
    """Return what `RowMapper.whole_event` takes of the events of some positions."""
    return _chosen(connection, f"SELECT {RECORD_COLUMNS}, sealed FROM events WHERE position IN ({{}})", positions)


def names(connection: Connection, positions: Iterable[int]) -> dict[int, Name]:
    """Return the source and event_id of the events of some positions."""
    found = _chosen(connection, "SELECT position, header FROM events WHERE position IN ({})", positions)
    read = ((position, _named(header)) for position, header in found)
    return {position: (event.source, event.event_id) for position, event in read}


def erasures(connection: Connection) -> list[tuple[int, int]]:
    """Return the stream and position of every erasure of a customer."""
    rows = connection.execute(text("SELECT stream, position FROM events WHERE type = 'customer.erased'"))
    return [(int(stream), int(position)) for stream, position in rows]


def random_ids(connection: Connection, streams: Iterable[int]) -> dict[int, bytes]:
    """Return the random id of each of some streams, which says nothing about the customer."""
    found = _chosen(connection, "SELECT stream, id FROM streams WHERE stream IN ({})", streams)
    return {stream: bytes(id) for stream, id in found}


def _chosen(connection: Connection, statement: str, numbers: Iterable[int]) -> list[Any]:
    return [row for wanted in number_lists(numbers) for row in connection.exec_driver_sql(statement.format(wanted))]
