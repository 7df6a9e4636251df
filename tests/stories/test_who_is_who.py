"""Silos that know the same people by other keys: what a decision about them changes, and what its undoing leaves."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from ledger.commands import Merger, merge, unmerge
from ledger.queries.identities import clusters, suggest
from ledger.queries.quality import quality
from ledger.sample import Truth, simulate
from tests.ledgers import sqlite_copy
from tests.properties.ledgers import tables

PEOPLE, SEED = 150, 4


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger of some people, its projections built."""
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        _append(ledger, simulate(PEOPLE, SEED))
        ledger.rebuild(workers=1)
        yield ledger


def _append(ledger: Ledger, events: Any) -> None:
    for outcome in ledger.append_many(events):
        assert not isinstance(outcome, Exception), outcome


def _two() -> tuple[str, str]:
    """Return the two customers with the longest lives."""
    known = Counter(event["customer_id"] for event in simulate(PEOPLE, SEED) if event["customer_id"].startswith("C"))
    (first, _), (second, _) = known.most_common(2)
    return first, second


def test_only_the_customers_of_a_decision_are_computed_again(simulated: Ledger) -> None:
    first, second = _two()
    numbers = {_number(simulated, first), _number(simulated, second)}
    watch(simulated)
    [made] = merge(simulated.store, [Merger(from_=second, into=first, evidence="one household card")])
    caught = simulated.catch_up()
    assert (caught.events, caught.customers) == (1, 1)
    assert written(simulated) == numbers
    unmerge(simulated.store, made.source, made.event_id)
    caught = simulated.catch_up()
    assert (caught.events, caught.customers) == (1, 2)
    assert written(simulated) == numbers


def test_a_decision_that_is_undone_leaves_every_row_as_it_was(simulated: Ledger) -> None:
    before, report = tables(simulated), _report(simulated)
    first, second = _two()
    [made] = merge(simulated.store, [Merger(from_=second, into=first, evidence="they look alike")])
    simulated.catch_up()
    assert tables(simulated) != before
    unmerge(simulated.store, made.source, made.event_id, why="they only look alike")
    simulated.catch_up()
    assert tables(simulated) == before
    assert _report(simulated) == report


def _report(ledger: Ledger) -> list[Any]:
    return [row.figure for row in quality(ledger.store)]


def test_a_rule_finds_again_the_people_whom_the_company_linked_by_hand(tmp_path: Path) -> None:
    truth = Truth(keep_customers=True)
    events = list(simulate(500, SEED, truth=truth))
    by_card = {event["customer_id"] for event in events if event["source"] == "store" and "namespace" in event["data"]}
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        _append(ledger, (event for event in events if not _links_a_card(event)))
        found = clusters(ledger.store, ["email"])
        assert truth.customers is not None
        linked = {(person.customer_id, key) for person in truth.customers for key in person.keys if key in by_card}
        assert {(one.into, key) for one in found for key in one.from_} == linked
        assert len(linked) >= 2
        written = merge(
            ledger.store,
            [Merger(from_=key, into=one.into, evidence=one.evidence) for one in found for key in one.from_],
        )
        assert len(written) == len(linked)
        assert [one for one in suggest(ledger.store, ["email"]) if one.verdict == "proposed"] == []


def _links_a_card(event: dict[str, Any]) -> bool:
    return event["type"] == "customer.merged" and str(event["data"]["from"]).startswith("card:")


def _connected(ledger: Ledger) -> sqlite3.Connection:
    return sqlite3.connect(ledger.store.engine.url.database or "", isolation_level=None)


def watch(ledger: Ledger) -> None:
    """Have the database itself note whose rows are written, whichever table they are in."""
    connection = _connected(ledger)
    connection.execute("CREATE TABLE noted (customer INTEGER)")
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%customer %'"
    ).fetchall()
    watched = [name for (name,) in found if name != "noted" and "customer" in _columns(connection, name)]
    assert len(watched) > 5
    for name in watched:
        for verb, which in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
            connection.execute(
                f'CREATE TRIGGER "note_{name}_{verb}" AFTER {verb} ON "{name}" '
                f"BEGIN INSERT INTO noted VALUES ({which}.customer); END"
            )
    connection.close()


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}


def written(ledger: Ledger) -> set[int]:
    """Return the customers whose rows were written since the last look."""
    connection = _connected(ledger)
    found = {row[0] for row in connection.execute("SELECT customer FROM noted")}
    connection.execute("DELETE FROM noted")
    connection.close()
    return found


def _number(ledger: Ledger, customer_id: str) -> int:
    connection = _connected(ledger)
    [(number,)] = connection.execute("SELECT stream FROM streams WHERE customer_id = ?", (customer_id,)).fetchall()
    connection.close()
    return int(number)
