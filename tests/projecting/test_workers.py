"""Whoever runs the folds, the tables are the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from ledger import Ledger, ProjectionError
from ledger.projecting.rebuild import rebuild
from ledger.runners import tasks, whole
from ledger.runners.run import Run
from ledger.runners.source import Source
from ledger.runners.workers import fold_all
from ledger.sample.simulate import simulate
from ledger.store.engine import writing
from ledger.store.log import Until
from ledger.store.plan import Recorded
from tests.properties.ledgers import tables
from tests.store.asking import ask


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the customers into ranges of three, and think workers worth it for any log."""
    monkeypatch.setattr(whole, "WORTH_WORKERS", 0)
    monkeypatch.setattr(tasks, "STREAMS_A_CUT", 3)


def told(ledger: Ledger) -> Ledger:
    for outcome in ledger.append_many(simulate(30, 5)):
        assert isinstance(outcome, Recorded), outcome
    return ledger


def parked(ledger: Ledger) -> list[tuple[Any, ...]]:
    return ask(ledger, "SELECT customer, position, reason FROM parked ORDER BY customer")


def test_worker_processes_make_the_tables_that_the_caller_makes(ledger: Ledger, small_ranges: None) -> None:
    told(ledger)
    with writing(ledger.store.engine) as connection:
        connection.execute(
            text("INSERT INTO streams (id, customer_id, version) VALUES (:id, 'future', 1)"), {"id": b"f"}
        )
        connection.execute(text(FUTURE))
        connection.execute(text("UPDATE log_head SET position = position + 1"))
    by_caller = rebuild(ledger.store, run=Run(workers=1))
    made, aside = tables(ledger), parked(ledger)
    by_workers = rebuild(ledger.store, run=Run(workers=2))
    assert tables(ledger) == made
    assert parked(ledger) == aside
    assert len(aside) == by_workers.parked == 1
    assert by_workers.projections == by_caller.projections
    assert (by_workers.events, by_workers.customers) == (by_caller.events, by_caller.customers)


FUTURE = (
    "INSERT INTO events (position, stream, version, source, event_key, type, type_version, occurred_at, received_at, "
    "recorded_at, header) SELECT h.position + 1, (SELECT max(stream) FROM streams), 1, 1, digest, 'order.beamed', 1, "
    "0, 0, e.recorded_at, header FROM events e, log_head h WHERE e.position = h.position"
)


def test_workers_that_cannot_start_say_so(quick_ledger: Ledger, small_ranges: None) -> None:
    told(quick_ledger)
    nowhere = "sqlite:////no/such/ledger.db"
    source = Source(url=nowhere, definitions=quick_ledger.store.definitions, until=Until(position=1))
    with pytest.raises(ProjectionError, match="a worker process failed"):
        list(fold_all(source, [[(1, 9)]], 2))
