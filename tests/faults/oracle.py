"""The one oracle of every fault: what was acknowledged is stored once, where it was said to be, and all is in order.

It asks the tables by the plain drivers, so that nothing of the ledger judges itself; only the projections are held
against a fold by the ledger's own `verify`, after they were caught up or built.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.engine import make_url

from ledger import Ledger
from ledger.errors import ProjectionStale
from ledger.store.plan import Recorded
from tests.databases import text


class Place(NamedTuple):
    """Where an append said an event is kept."""

    position: int
    version: int


Key = tuple[str, str]
"""(source, event_id)."""

STORED = (
    "SELECT n.name, e.header, e.position, e.version, e.stream FROM events e JOIN sources n ON n.id = e.source "
    "ORDER BY e.position"
)
HEADS = (
    "SELECT s.stream, s.version, coalesce(max(e.version), 0), count(e.version), coalesce(min(e.version), 1) "
    "FROM streams s LEFT JOIN events e ON e.stream = s.stream GROUP BY s.stream, s.version"
)
HEAD = "SELECT position, recorded_at FROM log_head"
TIMES = "SELECT recorded_at FROM events ORDER BY position"


def places(outcomes: Iterable[Recorded]) -> dict[Key, Place]:
    """Return what appends acknowledged, by event."""
    return {(place.source, place.event_id): Place(place.position, place.version) for place in outcomes}


def expect_sound(
    url: str, acknowledged: Mapping[Key, Place], *, sent: Iterable[Key] | None = None, projections: bool = True
) -> int:
    """Expect that nothing acknowledged was lost, doubled or moved, and that the log has no gap; return its length.

    `sent` are the events that anyone tried to append: nothing else may be there. With `projections` the read model
    is brought up to date and must equal a fold of the log.
    """
    found = violations(url, acknowledged, sent)
    assert found == []
    if projections:
        with Ledger.open(url, create=False) as ledger:
            try:
                ledger.catch_up()
            except ProjectionStale:
                ledger.rebuild(workers=1)
            verified = ledger.verify(whole=True)
            assert verified.ok, [check for check in verified.checks if not check.ok]
    return len(stored(url))


def violations(url: str, acknowledged: Mapping[Key, Place], sent: Iterable[Key] | None = None) -> list[str]:
    """Return every breach of the log's promises, in words; none for a sound log."""
    rows = [(source, json.loads(bytes(header))["event_id"], *rest) for source, header, *rest in answers(url, STORED)]
    there: dict[Key, Place] = {}
    found: list[str] = []
    for number, (source, event_id, position, version, _) in enumerate(rows, 1):
        if position != number:
            found.append(f"position {position} stands where {number} should")
            break
        there[source, event_id] = Place(position, version)
    doubled = Counter((source, event_id) for source, event_id, *_ in rows)
    found += [f"{key} is stored {count} times" for key, count in doubled.items() if count > 1]
    found += [
        f"{key} was acknowledged at {place} and is {there.get(key, 'lost')}"
        for key, place in acknowledged.items()
        if there.get(key) != place
    ]
    if sent is not None:
        found += [f"{key} was never sent" for key in sorted(there.keys() - set(sent))]
    found += [
        f"stream {stream}: head {head}, last version {last}, {count} events, first {first}"
        for stream, head, last, count, first in answers(url, HEADS)
        if not (head == last == count and first == 1)
    ]
    [(position, recorded)] = answers(url, HEAD)
    times = [at for (at,) in answers(url, TIMES)]
    if position != len(rows):
        found.append(f"the log's head says {position}, there are {len(rows)} events")
    if times != sorted(times) or (times and times[-1] > recorded):
        found.append("recorded_at goes back")
    return found


def stored(url: str) -> list[int]:
    """Return the positions that are there."""
    return [position for (position,) in answers(url, "SELECT position FROM events ORDER BY position")]


def answers(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, by the plain driver."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"{parsed.database}", timeout=30)) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(text(parsed.set(drivername="postgresql"))) as server:
        return server.execute(statement.encode()).fetchall()
