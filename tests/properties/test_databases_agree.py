"""SQLite and PostgreSQL are two places for one ledger: the same log gives the same export and the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger import Ledger
from ledger.projecting.catch_up import catch_up_batch
from ledger.queries.history import export
from ledger.sample.simulate import simulate
from ledger.store.plan import Recorded
from tests.ledgers import empty
from tests.properties.ledgers import fresh_ledger, tables

CUSTOMERS = 100
SEED = 17


@pytest.fixture(scope="module")
def simulated() -> list[Any]:
    """Give the life of a hundred people: every event type, duplicates, late arrivals, merges, erasures."""
    return list(simulate(CUSTOMERS, SEED, shuffle=True))


@pytest.fixture(scope="module")
def on_sqlite(simulated: list[Any]) -> Iterator[Ledger]:
    """Give a SQLite ledger that holds it."""
    with fresh_ledger() as ledger:
        told(ledger, simulated)
        yield ledger


def told(ledger: Ledger, wires: list[Any]) -> list[Recorded]:
    outcomes = []
    for outcome in ledger.append_many(wires):
        assert isinstance(outcome, Recorded), outcome
        outcomes.append(outcome)
    return outcomes


def places(outcomes: list[Recorded]) -> list[tuple[int, int]]:
    return [(place.position, place.version) for place in outcomes]


def test_both_databases_export_the_same_and_project_the_same(
    simulated: list[Any], on_sqlite: Ledger, kept_postgres: str
) -> None:
    on_sqlite.rebuild()
    made = tables(on_sqlite)
    assert all(made.values())
    empty(kept_postgres)
    with Ledger.open(kept_postgres, clock=on_sqlite.store.clock) as on_postgres:
        assert places(told(on_postgres, simulated)) == places(told(on_sqlite, simulated))
        assert without_arrival(on_postgres) == without_arrival(on_sqlite)
        on_postgres.rebuild()
        assert tables(on_postgres) == made
        assert on_postgres.verify(whole=True).ok


def without_arrival(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the export without the time of receipt, which each ledger's own clock gave where the producer did not."""
    return [{name: value for name, value in wire.items() if name != "received_at"} for wire in export(ledger.store)]


def test_an_export_appended_elsewhere_is_exported_again_the_same(on_sqlite: Ledger, kept_postgres: str) -> None:
    exported = list(export(on_sqlite.store))
    with fresh_ledger() as copy:
        told(copy, exported)
        assert list(export(copy.store)) == exported
        copy.rebuild()
        on_sqlite.rebuild()
        assert tables(copy) == tables(on_sqlite)
    empty(kept_postgres)
    with Ledger.open(kept_postgres) as copy:
        told(copy, exported)
        assert list(export(copy.store)) == exported


def test_catching_up_in_small_batches_on_postgresql_gives_the_tables_of_a_rebuild_on_sqlite(
    simulated: list[Any], on_sqlite: Ledger, kept_postgres: str
) -> None:
    on_sqlite.rebuild()
    empty(kept_postgres)
    with Ledger.open(kept_postgres) as on_postgres:
        on_postgres.rebuild()
        told(on_postgres, simulated)
        while catch_up_batch(on_postgres.store, limit=1_500).events:
            pass
        assert tables(on_postgres) == tables(on_sqlite)
