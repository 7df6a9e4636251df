"""However events arrive, and whoever folds them, the read model comes out the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ledger import Ledger, LedgerError
from ledger.events.instants import instant
from ledger.projecting.catch_up import catch_up, catch_up_batch
from ledger.projecting.rebuild import rebuild
from ledger.runners.scratch import scratch
from ledger.store.engine import reading
from ledger.store.log import KNOWN_CONTROL, Until
from tests.properties.ledgers import Tables, fresh_ledger, tables
from tests.properties.logs import Wire, logs


def recorded(ledger: Ledger, events: list[Wire]) -> None:
    for outcome in ledger.append_many(events):
        assert not isinstance(outcome, LedgerError), outcome


def built(events: list[Wire]) -> Tables:
    with fresh_ledger() as ledger:
        recorded(ledger, events)
        rebuild(ledger.store)
        return tables(ledger)


@given(log=logs(), data=st.data())
def test_any_order_of_arrival_in_any_batches_with_duplicates_gives_the_tables_of_a_rebuild(
    log: list[Wire], data: st.DataObject
) -> None:
    arrival = data.draw(st.permutations(log + data.draw(st.lists(st.sampled_from(log), max_size=4))))
    expected = built(log)
    with fresh_ledger() as ledger:
        rebuild(ledger.store)
        while arrival:
            size = data.draw(st.integers(1, len(arrival)))
            recorded(ledger, arrival[:size])
            arrival = arrival[size:]
            if data.draw(st.booleans()):
                catch_up_batch(ledger.store, limit=data.draw(st.integers(1, 8)))
        catch_up(ledger.store)
        assert tables(ledger) == expected
        rebuild(ledger.store)
        assert tables(ledger) == expected


@given(log=logs(links=False))
def test_merging_two_customers_and_unmerging_them_changes_nothing(log: list[Wire]) -> None:
    merge: dict[str, Any] = {
        "event_id": "merge",
        "source": "crm",
        "type": "customer.merged",
        "customer_id": "cy",
        "occurred_at": "2024-03-28T00:00:00Z",
        "data": {"from": "bo", "into": "cy"},
    }
    unmerge = merge | {"event_id": "u", "type": "customer.unmerged", "data": {"source": "crm", "event_id": "merge"}}
    with fresh_ledger() as ledger:
        recorded(ledger, log)
        rebuild(ledger.store)
        before = tables(ledger)
        recorded(ledger, [merge])
        catch_up(ledger.store)
        recorded(ledger, [unmerge])
        catch_up(ledger.store)
        assert tables(ledger) == before


@given(log=logs(), data=st.data())
def test_as_of_a_time_is_the_ledger_that_recorded_only_what_had_happened_by_then(
    log: list[Wire], data: st.DataObject
) -> None:
    as_of = instant(data.draw(st.sampled_from(log))["occurred_at"])
    happened = [wire for wire in log if wire["type"] in KNOWN_CONTROL or instant(wire["occurred_at"]) <= as_of]
    with fresh_ledger() as ledger:
        recorded(ledger, log)
        with scratch(ledger.store, Until(as_of=as_of), ledger.store.definitions) as connection:
            assert tables(ledger, connection) == built(happened)


@given(log=logs(), data=st.data())
def test_as_known_at_a_time_is_the_ledger_that_had_recorded_only_so_much(log: list[Wire], data: st.DataObject) -> None:
    arrival = data.draw(st.permutations(log))
    known = data.draw(st.integers(0, len(arrival)))
    with fresh_ledger() as ledger:
        for wire in arrival:
            ledger.append(wire)
        with reading(ledger.store.engine) as connection:
            recorded_at = list(connection.execute(text("SELECT recorded_at FROM events ORDER BY position")).scalars())
        until = Until(known_at=recorded_at[known - 1] if known else 0)
        with scratch(ledger.store, until, ledger.store.definitions) as connection:
            assert tables(ledger, connection) == built(arrival[:known])
