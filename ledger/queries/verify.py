"""Checking that all is well: positions, streams, heads, links, and the projections against a fold of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select, text

from ledger.errors import LedgerError
from ledger.projecting.status import require_current
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.runners.inline import fold_unit
from ledger.store.engine import reading
from ledger.store.links import Units, all_units
from ledger.store.log import Until, last_position, stream_rows
from ledger.store.read_model import table_of
from ledger.store.store import Store

SAMPLE = 200
PAGE = 500


class Check(Struct, frozen=True):
    """One check: what was looked at, and what was found."""

    name: str
    ok: bool
    detail: str


class Verified(Struct, frozen=True, kw_only=True):
    """The outcome of all checks; `ok` only when every one is."""

    ok: bool
    events: int
    customers: int
    position: int
    checks: list[Check]


COUNTED = (
    (
        "positions are gapless",
        "SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM events",
        lambda count, first, last: (first == 1 and last == count, f"{count} events at positions {first} to {last}"),
    ),
    (
        "streams are contiguous",
        "SELECT count(*), count(*) - coalesce(sum(CASE WHEN n = last AND first = 1 THEN 1 ELSE 0 END), 0), 0 FROM "
        "(SELECT count(*) AS n, min(version) AS first, max(version) AS last FROM events "
        "WHERE event_key IS NOT NULL GROUP BY stream) s",
        lambda count, bad, _: (bad == 0, f"{count} streams, {bad} with a gap"),
    ),
    (
        "stream heads are right",
        "SELECT count(*), coalesce(sum(CASE WHEN s.version <> coalesce(e.last, 0) THEN 1 ELSE 0 END), 0), 0 "
        "FROM streams s LEFT JOIN (SELECT stream, max(version) AS last FROM events GROUP BY stream) e "
        "ON e.stream = s.stream",
        lambda count, bad, _: (bad == 0, f"{count} heads, {bad} that are not their stream's last version"),
    ),
    (
        "the log's head is right",
        "SELECT position, (SELECT coalesce(max(position), 0) FROM events), 0 FROM log_head",
        lambda head, last, _: (head == last, f"the head says {head}, the last event is at {last}"),
    ),
    (
        "recorded_at never goes back",
        "SELECT count(*), coalesce(sum(CASE WHEN recorded_at < before THEN 1 ELSE 0 END), 0), 0 FROM "
        "(SELECT recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before FROM events) t",
        lambda count, bad, _: (bad == 0, f"{count} events, {bad} recorded before the one ahead of them"),
    ),
    (
        "merges and unmerges are indexed",
        "SELECT (SELECT count(*) FROM events WHERE type IN ('customer.merged', 'customer.unmerged')), "
        "(SELECT count(*) FROM merges) + (SELECT count(*) FROM unmerges), 0",
        lambda told, kept, _: (told == kept, f"the log tells of {told}, the index holds {kept}"),
    ),
)


def verify(store: Store, *, whole: bool = False) -> Verified:
    """Check the ledger; the projections for SAMPLE customers spread over the log, or for all with `whole`."""
    with reading(store.engine) as connection:
        checks = [_counted(connection, name, statement, judge) for name, statement, judge in COUNTED]
        checks.append(_every_event_reads(store, connection, whole))
        checks.append(_projections(store, connection, whole))
        position = last_position(connection)
        events = int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())
        customers = int(connection.execute(text("SELECT count(*) FROM streams WHERE version > 0")).scalar_one())
    return Verified(
        ok=all(check.ok for check in checks), events=events, customers=customers, position=position, checks=checks
    )


def _counted(
    connection: Connection, name: str, statement: str, judge: Callable[[Any, Any, Any], tuple[bool, str]]
) -> Check:
    ok, detail = judge(*connection.execute(text(statement)).one())
    return Check(name, ok, detail)


def _every_event_reads(store: Store, connection: Connection, whole: bool) -> Check:
    parked = connection.execute(text("SELECT count(*), min(position) FROM parked")).one()
    name = "every event can be read"
    if parked[0]:
        return Check(name, False, f"{parked[0]} customers are parked, the first by the event at {parked[1]}")
    return Check(name, True, "no customer is parked")


def _projections(store: Store, connection: Connection, whole: bool) -> Check:
    name = "projections equal a fold of the log"
    try:
        position = require_current(store, connection)
    except LedgerError as error:
        return Check(name, last_position(connection) == 0, str(error))
    until = Until(position=position)
    units = all_units(connection, until)
    customers = _customers(connection, units, position, whole)
    folds = Folds(store.context)
    different = [
        customer
        for start in range(0, len(customers), PAGE)
        for customer in _differing(store, connection, folds, units, customers[start : start + PAGE], until)
    ]
    of = f"{len(customers)} customers folded at position {position}"
    if different:
        return Check(name, False, f"{of}, {len(different)} differ (stream {different[0]} first): run `rebuild`")
    return Check(name, True, of)


def _customers(connection: Connection, units: Units, position: int, whole: bool) -> list[int]:
    found = connection.execute(
        text("SELECT DISTINCT stream FROM events WHERE position <= :position ORDER BY stream"), {"position": position}
    ).scalars()
    survivors = sorted({units.survivor(stream) for stream in found})
    step = 1 if whole else max(1, len(survivors) // SAMPLE)
    return survivors[::step]


def _differing(
    store: Store, connection: Connection, folds: Folds, units: Units, customers: list[int], until: Until
) -> Iterable[int]:
    kept: dict[int, dict[str, list[Any]]] = {customer: {} for customer in customers}
    for projection in PROJECTIONS:
        table = table_of(projection)
        for row in connection.execute(select(table).where(table.c.customer.in_(customers))):
            kept[row[0]].setdefault(projection.name, []).append(tuple(row[1:]))
    for customer in customers:
        try:
            folded = fold_unit(folds, store.mapper, stream_rows(connection, units.streams(customer), until))
        except LedgerError:
            folded = {}
        its = kept[customer]
        if any(sorted(map(repr, folded.get(p.name, ()))) != sorted(map(repr, its.get(p.name, ()))) for p in PROJECTIONS):
            yield customer
