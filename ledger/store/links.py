"""Which streams are one customer: the components of the merges that no unmerge undoes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from ledger.store.log import NOW, Until, customer_ids
from ledger.store.rows import number_lists

EFFECTIVE = (
    "SELECT from_stream, into_stream FROM merges m WHERE {merged} AND NOT EXISTS (SELECT 1 FROM unmerges u "
    "WHERE u.source = m.source AND u.event_key = m.event_key AND {unmerged})"
)


class Units(dict[int, tuple[int, ...]]):
    """Surviving stream → all its streams, for merged customers only; any other stream is a unit of its own.

    `merged` are the streams that share their customer with another.
    """

    def __init__(self, units: dict[int, tuple[int, ...]]) -> None:
        super().__init__(units)
        self._survivors = {stream: survivor for survivor, streams in units.items() for stream in streams}
        self._order = sorted(units)
        self.merged = self._survivors.keys()

    def survivor(self, stream: int) -> int:
        """Return the stream that a stream's customer lives on in."""
        return self._survivors.get(stream, stream)

    def streams(self, survivor: int) -> tuple[int, ...]:
        """Return the streams of a surviving customer."""
        return self.get(survivor, (survivor,))

    def survivors(self, first: int, last: int) -> list[int]:
        """Return, in order, the surviving streams of merged customers that have a number from `first` to `last`."""
        return self._order[bisect_left(self._order, first) : bisect_right(self._order, last)]

    def of_survivors(self, first: int, last: int) -> list[int]:
        """Return the streams, in order, of the merged customers whose surviving stream is from `first` to `last`."""
        return sorted(stream for survivor in self.survivors(first, last) for stream in self[survivor])


def all_units(connection: Connection, until: Until = NOW) -> Units:
    """Return all merged customers as known at the given time or position."""
    statement, values = _effective(until)
    return _components(connection, connection.execute(text(statement), values).all())


def units_of(connection: Connection, streams: Iterable[int], until: Until = NOW) -> Units:
    """Return the merged customers that some streams belong to, reading only the links around them."""
    statement, values = _effective(until)
    frontier, seen, edges = set(streams), set(streams), set()
    while frontier:
        found: set[int] = set()
        for numbers in number_lists(frontier):
            around = f"{statement} AND (from_stream IN ({numbers}) OR into_stream IN ({numbers}))"
            for edge in connection.execute(text(around), values):
                edges.add((edge[0], edge[1]))
                found.update(edge)
        frontier = found - seen
        seen |= found
    return _components(connection, edges)


def linked_streams(connection: Connection, after: int, upto: int) -> set[int]:
    """Return the streams named by a merge or an unmerge recorded after `after` up to `upto`."""
    rows = connection.execute(
        text(
            "SELECT from_stream, into_stream FROM merges WHERE position > :after AND position <= :upto UNION "
            "SELECT m.from_stream, m.into_stream FROM merges m JOIN unmerges u "
            "ON u.source = m.source AND u.event_key = m.event_key WHERE u.position > :after AND u.position <= :upto"
        ),
        {"after": after, "upto": upto},
    )
    return {stream for row in rows for stream in row}


def _effective(until: Until) -> tuple[str, dict[str, Any]]:
    # A merge acts by what is known, so `as_of` has no part in it.
    bounds = Until(known_at=until.known_at, position=until.position)
    where, values = bounds.where()
    unmerged = where.replace("position", "u.position").replace("recorded_at", "u.recorded_at")
    merged = where.replace("position", "m.position").replace("recorded_at", "m.recorded_at")
    return EFFECTIVE.format(merged=merged, unmerged=unmerged), values


def _components(connection: Connection, edges: Iterable[Any]) -> Units:
    parent: dict[int, int] = {}
    merged_away: set[int] = set()

    def root(stream: int) -> int:
        while parent.setdefault(stream, stream) != stream:
            parent[stream] = parent[parent[stream]]
            stream = parent[stream]
        return stream

    for from_stream, into_stream in edges:
        merged_away.add(from_stream)
        parent[root(from_stream)] = root(into_stream)
    members: dict[int, list[int]] = defaultdict(list)
    for stream in parent:
        members[root(stream)].append(stream)
    # Whoever no merge takes away survives; where two remain, the name decides, not the order of arrival.
    remain = [[stream for stream in streams if stream not in merged_away] or streams for streams in members.values()]
    names = customer_ids(connection, (stream for several in remain if len(several) > 1 for stream in several))
    units: dict[int, tuple[int, ...]] = {}
    for streams, several in zip(members.values(), remain, strict=True):
        survivor = several[0] if len(several) == 1 else min(several, key=lambda stream: names[stream].encode())
        units[survivor] = tuple(sorted(streams))
    return Units(units)
