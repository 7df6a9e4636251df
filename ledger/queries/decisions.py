"""What was decided about who is who: every merge that was recorded, and whether it stands."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ledger.events.event import RecordedEvent, utc
from ledger.store.engine import Connection, reading
from ledger.store.figures.identifiers import Merge, merges, undoings, whole_rows
from ledger.store.links import all_units
from ledger.store.log import customer_ids, stream_of
from ledger.store.store import Store


class Decided(Struct, frozen=True, kw_only=True):
    """A merge that was recorded, and why; `undone` says that an unmerge took it back, `undone_by` whose that was.

    `evidence` is personal, and None where it was erased.
    """

    from_: str
    into: str
    source: str
    event_id: str
    recorded_at: str
    evidence: str | None
    undone: bool
    undone_by: str | None
    undone_at: str | None
    why: str | None


def decided(store: Store) -> list[Decided]:
    """Return every merge that was recorded, the last first."""
    with reading(store.engine) as connection:
        return _told(store, connection, merges(connection))


def told_apart(store: Store, one: str, other: str) -> list[Decided]:
    """Return the merges of two customers that were rejected or undone, the last first; nothing where they are one.

    Those of whom the two live on in, and of who lives on in them, are among them. Raises CustomerNotFound.
    """
    with reading(store.engine) as connection:
        units = all_units(connection)
        pair = {units.survivor(stream_of(connection, name)) for name in (one, other)}
        undone = [merge for merge in merges(connection) if merge.undone] if len(pair) > 1 else []
        apart = [
            merge for merge in undone if {units.survivor(merge.from_stream), units.survivor(merge.into_stream)} == pair
        ]
        return _told(store, connection, apart)


def _told(store: Store, connection: Connection, made: list[Merge]) -> list[Decided]:
    undone = undoings(connection)
    undone = {merge.position: undone[merge.position] for merge in made if merge.position in undone}
    rows = whole_rows(connection, [*(merge.position for merge in made), *undone.values()])
    events = {row[0]: store.mapper.whole_event(tuple(row)) for row in rows}
    keys = customer_ids(connection, (stream for merge in made for stream in (merge.from_stream, merge.into_stream)))
    return [
        _decision(keys, merge, events[merge.position], events.get(undone.get(merge.position, 0)))
        for merge in reversed(made)
    ]


def _decision(
    keys: dict[int, str], merge: Merge, told: RecordedEvent[Any], undoing: RecordedEvent[Any] | None
) -> Decided:
    return Decided(
        from_=keys[merge.from_stream],
        into=keys[merge.into_stream],
        source=told.source,
        event_id=told.event_id,
        recorded_at=utc(merge.recorded_at).isoformat(),
        evidence=told.data.evidence,
        undone=undoing is not None,
        undone_by=None if undoing is None else undoing.source,
        undone_at=None if undoing is None else utc(undoing.recorded).isoformat(),
        why=None if undoing is None else undoing.data.why,
    )
