"""What must be true of the tables of any sound ledger, each as one statement and the judgement of its answer."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import Connection, text


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
            "(SELECT count(*) FROM merges) + (SELECT count(*) FROM unmerges), 0"
        ),
        lambda told, kept, _: (told == kept, f"the log tells of {told}, the index holds {kept}"),
    ),
    (
        "every event can be read",
        "SELECT count(*), coalesce(min(position), 0), 0 FROM parked",
        lambda parked, first, _: (
            parked == 0,
            f"{parked} customers are parked, the first by the event at position {first}"
            if parked
            else "none is parked",
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


def count_events(connection: Connection) -> int:
    """Return how many events are recorded."""
    return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


def count_customers(connection: Connection) -> int:
    """Return how many customers have a stream with an event, merged ones counted each."""
    return int(connection.execute(text("SELECT count(*) FROM streams WHERE version > 0")).scalar_one())
