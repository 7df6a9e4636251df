"""Comparing two versions of the read model, customer by customer, from the rows that they hold."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.projecting.comparison import Comparison, Moved, ProjectionDifference
from ledger.projecting.following import follow, follow_to, follower, reached
from ledger.projecting.listing import journey_named
from ledger.projecting.sampling import Side, differing_customers
from ledger.projections import PROJECTIONS
from ledger.projections.position import POSITION
from ledger.store.checkpoints import read_checkpoints
from ledger.store.comparing import Counts, Pair, columns_of, differing, moved, touched
from ledger.store.definitions import KINDS
from ledger.store.engine import Connection, reading
from ledger.store.log import last_stream
from ledger.store.read_model import PARKED, versioned
from ledger.store.snapshots import one_snapshot
from ledger.store.store import Store
from ledger.store.versions import ReadModel, definitions_of, named_model

STREAMS_AT_ONCE = 1_000
"""Streams of a range: few enough that what must be held of their customers is little."""

WORTH_THREADS = 5_000
"""Streams from which on several threads pay; the database does the work, and lets go of the interpreter meanwhile."""

TRIES = 5
"""How often two versions are brought to one position while events go on being recorded."""

KEYS = {projection.name: projection.key for projection in PROJECTIONS}

SAMPLE = 20
"""Differing customers that are shown."""


def compare(store: Store, before: int, after: int) -> Comparison:
    """Compare two whole versions of the read model, after both were brought to the last event where that can be.

    Raises ReadModelNotFound, InvalidArgument for one that is still under construction.
    """
    for attempt in range(1, TRIES + 1):
        level = _bring_together(store, before, after)
        with one_snapshot(store.engine, _threads(store)) as connections:
            seen = _Versions(connections[0], before, after)
            if seen.positions[0] == seen.positions[1] or not level or attempt == TRIES:
                return _compared(connections, seen)
    raise AssertionError("the last try compares")


def _threads(store: Store) -> int:
    with reading(store.engine) as connection:
        return min(4, os.cpu_count() or 1) if last_stream(connection) >= WORTH_THREADS else 1


def _bring_together(store: Store, before: int, after: int) -> bool:
    """Bring both versions up to date, and to one position; say whether this code can."""
    owners = {version: follower(store, version) for version in (before, after)}
    for version, own in owners.items():
        if own is not None:
            follow(own, version)
    with reading(store.engine) as connection:
        positions = {version: reached(connection, named_model(connection, str(version))) for version in owners}
    for version, own in owners.items():
        if own is not None:
            follow_to(own, version, max(positions.values()))
    return None not in owners.values()


class _Versions:
    """The two versions, as one snapshot has them; none of their tables goes while it is read."""

    def __init__(self, connection: Connection, before: int, after: int) -> None:
        self.before, self.after = (_whole(connection, version) for version in (before, after))
        self.positions = reached(connection, self.before), reached(connection, self.after)
        self.columns = {
            name: tuple(columns_of(connection, versioned(name, version)) for version in (before, after))
            for name in (*(projection.name for projection in PROJECTIONS), PARKED)
        }
        # Why and when somebody was set aside may differ where the rows do not; that they are, may not.
        self.columns[PARKED] = tuple(columns[:1] for columns in self.columns[PARKED])

    def pair(self, name: str) -> Pair | None:
        """Return a table of both, None where one lacks it."""
        old, new = self.columns[name]
        both = tuple(column for column in old if column in new)
        tables = versioned(name, self.before.version), versioned(name, self.after.version)
        key = ("customer", *KEYS.get(name, ()))
        return Pair(*tables, both, name, key if set(key) <= set(both) else both) if both else None

    def unlike(self, name: str) -> tuple[list[str], list[str]]:
        """Return the columns of a table that only the one, and only the other, has."""
        old, new = self.columns[name]
        return [column for column in old if column not in new], [column for column in new if column not in old]


def _whole(connection: Connection, version: int) -> ReadModel:
    model = named_model(connection, str(version))
    if model.state == "building":
        raise InvalidArgument(
            f"version {version} of the read model is not whole yet: `customer-ledger rebuild` goes on with it"
        )
    return model


class _Range(Struct):
    """What a range of customers holds: rows by table, the differing customers by table, and who stands elsewhere."""

    rows: dict[str, Counts]
    differing: dict[int, dict[str, Counts]]
    moved: list[tuple[int, str | None, str | None]]


def _compared(connections: list[Connection], seen: _Versions) -> Comparison:
    low, high = sorted(seen.positions)
    aside, customers = touched(connections[0], low, high)
    found = _Tally(aside)
    with _every_range(connections, seen) as ranges:
        for one in ranges:
            found.add(one)
    projections = [
        ProjectionDifference(
            name=name,
            rows_before=found.rows[name, 0],
            rows_after=found.rows[name, 1],
            customers=found.by_projection[name],
            columns_removed=seen.unlike(name)[0],
            columns_added=seen.unlike(name)[1],
        )
        for name in seen.columns
    ]
    unlike = any(one.columns_removed or one.columns_added for one in projections)
    return Comparison(
        before=seen.before.version,
        after=seen.after.version,
        position_before=seen.positions[0],
        position_after=seen.positions[1],
        equal=not (found.sides.total() or aside or unlike),
        customers_before=found.rows[POSITION.name, 0],
        customers_after=found.rows[POSITION.name, 1],
        differing=found.sides["both"],
        only_before=found.sides["before"],
        only_after=found.sides["after"],
        not_compared=customers,
        changed=_changed(connections[0], seen.before, seen.after),
        projections=projections,
        moved=sorted(
            (Moved(*stages, number) for stages, number in found.moved.items()),
            key=lambda one: (-one.customers, one.before or "", one.after or ""),
        ),
        sample=differing_customers(
            connections[0],
            found.sample,
            [pair for name in seen.columns if name != PARKED and (pair := seen.pair(name)) is not None],
            seen.pair(PARKED),
        ),
    )


class _Tally:
    """What is counted over all ranges, but for the customers set aside."""

    def __init__(self, aside: Collection[int]) -> None:
        self._aside = aside
        self.rows: Counter[tuple[str, int]] = Counter()
        self.sides: Counter[Side] = Counter()
        self.by_projection: Counter[str] = Counter()
        self.moved: Counter[tuple[str | None, str | None]] = Counter()
        self.sample: dict[int, Side] = {}

    def add(self, one: _Range) -> None:
        for name, counts in one.rows.items():
            self.rows[name, 0] += counts.before
            self.rows[name, 1] += counts.after
        for customer, differences in sorted(one.differing.items()):
            if customer not in self._aside:
                side = _side(differences)
                self.sides[side] += 1
                self.by_projection.update(differences.keys())
                if len(self.sample) < SAMPLE:
                    self.sample[customer] = side
        self.moved.update((before, after) for customer, before, after in one.moved if customer not in self._aside)


def _side(differences: dict[str, Counts]) -> Side:
    standing = differences.get(POSITION.name)
    if standing is None or standing.before == standing.after:
        return "both"
    return "before" if standing.before else "after"


@contextmanager
def _every_range(connections: list[Connection], seen: _Versions) -> Iterator[Iterator[_Range]]:
    """Compare range by range, as many at a time as there are connections; in the order of the streams."""
    last = last_stream(connections[0])
    free: SimpleQueue[Connection] = SimpleQueue()
    for connection in connections:
        free.put(connection)

    def run(first: int) -> _Range:
        connection = free.get()
        try:
            return _range(connection, seen, first, first + STREAMS_AT_ONCE - 1)
        finally:
            free.put(connection)

    starts = range(1, last + 1, STREAMS_AT_ONCE)
    if len(connections) == 1:
        yield map(run, starts)
        return
    threads = ThreadPoolExecutor(len(connections))
    try:
        yield threads.map(run, starts)
    finally:
        threads.shutdown(cancel_futures=True)


def _range(connection: Connection, seen: _Versions, first: int, last: int) -> _Range:
    found = _Range({}, {}, [])
    for name in seen.columns:
        pair = seen.pair(name)
        if pair is None:
            continue
        found.rows[name], customers = differing(connection, pair, first, last)
        for customer, counts in customers.items():
            found.differing.setdefault(customer, {})[name] = counts
        if customers and name == POSITION.name and "stage" in pair.columns:
            found.moved = moved(connection, pair, "stage", first, last)
    return found


def _changed(connection: Connection, before: ReadModel, after: ReadModel) -> list[str]:
    """Say what two versions were made by that is not the same."""
    words = []
    bodies = [definitions_of(connection, model) for model in (before, after)]
    for kind in KINDS:
        old, new = (getattr(body, kind) for body in bodies)
        if old != new:
            words.append(f"journey {journey_named(old)} → {journey_named(new)}" if kind == "journey" else kind)
    checkpoints = [read_checkpoints(connection, model.version) for model in (before, after)]
    for name in sorted({*checkpoints[0], *checkpoints[1]}):
        made = [one[name].fingerprint.split()[1:3] if name in one else ["none", ""] for one in checkpoints]
        if made[0] != made[1]:
            words.append(f"the fold of {name} {made[0][0]} → {made[1][0]}")
    return words
