"""What must be true of the tables of any sound ledger, each as one statement and the judgement of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.store.log import customer_ids
from ledger.store.parking import count_parked
from ledger.store.rows import number_lists
from ledger.store.versions import live_model


class Check(Struct, frozen=True):
    """One check: what was looked at, and what was found."""

    name: str
    ok: bool
    detail: str


Judge = Callable[[int, int, int], tuple[bool, str]]

LAWS: tuple[tuple[str, str, Judge], ...] = (
    (
        "positions are gapless",
        "SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM events",
        lambda count, first, last: (first == 1 and last == count, f"{count} events at positions {first} to {last}"),
    ),
    (
        "streams are contiguous",
        (
            "SELECT count(*), coalesce(sum(CASE WHEN n = last AND first = 1 THEN 0 ELSE 1 END), 0), 0 FROM "
            "(SELECT count(*) AS n, min(version) AS first, max(version) AS last FROM events "
            "WHERE event_key IS NOT NULL GROUP BY stream) s"
        ),
        lambda count, bad, _: (bad == 0, f"{count} streams, {bad} with a gap"),
    ),
    (
        "stream heads are right",
        (
            "SELECT count(*), coalesce(sum(CASE WHEN s.version = coalesce(e.last, 0) THEN 0 ELSE 1 END), 0), 0 "
            "FROM streams s LEFT JOIN (SELECT stream, max(version) AS last FROM events GROUP BY stream) e "
            "ON e.stream = s.stream"
        ),
        lambda count, bad, _: (bad == 0, f"{count} heads, {bad} that are not their stream's last version"),
    ),
    (
        "events have a stream and a source",
        (
            "SELECT count(*), coalesce(sum(CASE WHEN s.stream IS NULL OR (e.source IS NOT NULL AND n.id IS NULL) "
            "THEN 1 ELSE 0 END), 0), 0 FROM events e LEFT JOIN streams s ON s.stream = e.stream "
            "LEFT JOIN sources n ON n.id = e.source"
        ),
        lambda count, bad, _: (bad == 0, f"{count} events, {bad} of an unknown stream or source"),
    ),
    (
        "the log's head is right",
        "SELECT position, (SELECT coalesce(max(position), 0) FROM events), 0 FROM log_head",
        lambda head, last, _: (head == last, f"the head says {head}, the last event is at {last}"),
    ),
    (
        "recorded_at never goes back",
        (
            "SELECT count(*), coalesce(sum(CASE WHEN recorded_at < before THEN 1 ELSE 0 END), 0), 0 FROM "
            "(SELECT recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before FROM events) t"
        ),
        lambda count, bad, _: (bad == 0, f"{count} events, {bad} recorded before the one ahead of them"),
    ),
    (
        "merges and unmerges are indexed",
        (
            "SELECT (SELECT count(*) FROM events WHERE type IN ('customer.merged', 'customer.unmerged')), "
            "(SELECT count(*) FROM merges) + (SELECT count(*) FROM unmerges), "
            "(SELECT count(*) FROM merges m LEFT JOIN events e ON e.position = m.position "
            "AND e.type = 'customer.merged' AND e.source = m.source AND e.event_key = m.event_key "
            "AND e.recorded_at = m.recorded_at WHERE e.position IS NULL) + "
            "(SELECT count(*) FROM unmerges u LEFT JOIN events e ON e.position = u.position "
            "AND e.type = 'customer.unmerged' AND e.recorded_at = u.recorded_at WHERE e.position IS NULL)"
        ),
        lambda told, kept, bad: (
            told == kept and bad == 0,
            f"the log tells of {told}, the index holds {kept}" + (f", {bad} of them wrong" if bad else ""),
        ),
    ),
)


def check_tables(connection: Connection) -> list[Check]:
    """Return the outcome of every law."""
    checks = []
    for name, statement, judge in LAWS:
        first, second, third = connection.execute(text(statement)).one()
        ok, detail = judge(first, second, third)
        checks.append(Check(name, ok, detail))
    return checks


def check_readable(connection: Connection, unreadable: Sequence[int]) -> Check:
    """Say who is parked, or else which of the positions looked at hold an event that cannot be read."""
    name = "every event can be read"
    count = 0 if live_model(connection) is None else count_parked(connection)
    if count:
        stream, reason = connection.execute(text("SELECT customer, reason FROM parked ORDER BY position LIMIT 1")).one()
        who = "1 customer is parked" if count == 1 else f"{count} customers are parked, the first"
        return Check(name, False, f"{who}: {customer_ids(connection, [stream]).get(stream, stream)}, because {reason}")
    if unreadable:
        return Check(name, False, f"{len(unreadable)} cannot be read, the first at position {min(unreadable)}")
    return Check(name, True, "none is parked")


Links = tuple[str | None, str | None, str | None, bytes | None, str | None, str | None]

NO_LINKS: Links = (None,) * 6


class Stored(NamedTuple):
    """An event as its columns hold it, the source and the customer by name (None where it has none).

    `links` is what is kept beside it: the customers of a merge (from, into), the source and key of the merge that
    an unmerge undoes, the namespace and value of an identifier; None where there is none.
    """

    position: int
    customer_id: str | None
    source: str | None
    event_key: bytes | None
    type: str
    type_version: int
    occurred_at: int | None
    received_at: int | None
    header: bytes
    sealed: bytes | None
    digest: bytes | None
    links: Links


def stored_events(connection: Connection, streams: Sequence[int]) -> Iterator[Stored]:
    """Yield the events of some streams that were appended with a key of ours."""
    statement = (
        "SELECT e.position, s.customer_id, o.name, e.event_key, e.type, e.type_version, e.occurred_at, "
        "e.received_at, e.header, e.sealed, e.digest, f.customer_id, t.customer_id, p.name, u.event_key, "
        "i.namespace, i.value "
        "FROM events e JOIN streams s ON s.stream = e.stream LEFT JOIN sources o ON o.id = e.source "
        "LEFT JOIN merges m ON m.position = e.position "
        "LEFT JOIN streams f ON f.stream = m.from_stream LEFT JOIN streams t ON t.stream = m.into_stream "
        "LEFT JOIN unmerges u ON u.position = e.position LEFT JOIN sources p ON p.id = u.source "
        "LEFT JOIN identifiers i ON i.position = e.position "
        "WHERE e.event_key IS NOT NULL AND e.stream IN ({})"
    )
    for numbers in number_lists(streams):
        for row in connection.exec_driver_sql(statement.format(numbers)):
            yield Stored._make((*row[:11], tuple(row[11:])))


def count_events(connection: Connection) -> int:
    """Return how many events are recorded."""
    return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


def named_streams(connection: Connection) -> list[int]:
    """Return the streams that have an event: one for each customer_id, merged or not."""
    return list(connection.execute(text("SELECT stream FROM streams WHERE version > 0")).scalars())
