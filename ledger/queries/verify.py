"""Checking that all is well: positions, streams, heads, links, and the projections against a fold of the log."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ledger.errors import LedgerError
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.runners.inline import fold_unit
from ledger.store.engine import Connection, reading
from ledger.store.integrity import Check, check_tables, count_customers, count_events
from ledger.store.links import Units, all_units
from ledger.store.log import Until, last_position, recorded_streams, stream_rows
from ledger.store.read_model import rows_of
from ledger.store.serving import require_serving
from ledger.store.store import Store

SAMPLE = 200
PAGE = 500


class Verified(Struct, frozen=True, kw_only=True):
    """The outcome of all checks; `ok` only when every one is."""

    ok: bool
    events: int
    customers: int
    position: int
    checks: list[Check]


def verify(store: Store, *, whole: bool = False) -> Verified:
    """Check the ledger; the projections for some SAMPLE customers spread over the log, or for all with `whole`."""
    with reading(store.engine) as connection:
        checks = [*check_tables(connection), _projections(store, connection, whole)]
        return Verified(
            ok=all(check.ok for check in checks),
            events=count_events(connection),
            customers=count_customers(connection),
            position=last_position(connection),
            checks=checks,
        )


def _projections(store: Store, connection: Connection, whole: bool) -> Check:
    name = "projections equal a fold of the log"
    try:
        position = require_serving(connection, store.context)
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
    survivors = sorted({units.survivor(stream) for stream in recorded_streams(connection, position)})
    step = 1 if whole else max(1, len(survivors) // SAMPLE)
    return survivors[::step]


def _differing(
    store: Store, connection: Connection, folds: Folds, units: Units, customers: list[int], until: Until
) -> Iterable[int]:
    kept = {projection.name: rows_of(connection, projection, customers) for projection in PROJECTIONS}
    for customer in customers:
        try:
            folded = fold_unit(folds, store.mapper, stream_rows(connection, units.streams(customer), until))
        except LedgerError:
            folded = {}  # a parked customer has no rows, and the check of what can be read names it
        if any(
            sorted(map(repr, folded.get(name, ()))) != sorted(map(repr, rows.get(customer, ())))
            for name, rows in kept.items()
        ):
            yield customer
