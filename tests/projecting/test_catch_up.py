"""Catching up when the past changes: whatever arrives, the read model is the one that a rebuild makes."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.projecting.catch_up import BATCH, catch_up_batch
from ledger.projecting.status import status
from ledger.store.plan import Recorded
from tests.ledgers import SetClock
from tests.projecting.deciding import expect_the_tables_of_a_rebuild
from tests.properties.ledgers import tables
from tests.store.asking import ask, column
from tests.store.events import Wire, about, fact, merge, order

SECOND = 1_000_000


def at(day: int, hour: int = 10) -> str:
    return f"2024-05-{day:02}T{hour:02}:00:00+00:00"


VIEWED = fact("v1", "page.viewed", occurred_at=at(1), channel="web")
BOUGHT = order("o1", occurred_at=at(3), channel="web")
USED = fact("u1", "usage.recorded", data={"feature": "search"}, occurred_at=at(8), channel="app")
OF_BO = order("o2", "bo", occurred_at=at(5), channel="phone")
MERGED = merge("m1", "bo", "ada") | {"occurred_at": at(9)}

STORY = [VIEWED, BOUGHT, USED, OF_BO]


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger whose story was caught up with event by event, so that every state is stored."""
    ledger.rebuild()
    for event in STORY:
        ledger.append(event)
        ledger.catch_up()
    return ledger


def stages(ledger: Ledger, customer_id: str = "ada") -> list[str]:
    return column(
        ledger,
        "SELECT v.stage FROM stage_visits v JOIN streams s ON s.stream = v.customer "
        "WHERE s.customer_id = :customer_id AND track = 'primary' ORDER BY number",
        customer_id=customer_id,
    )


def caught_up(ledger: Ledger, *events: Wire) -> None:
    """Take in events one by one, and expect the tables that a rebuild makes."""
    for event in events:
        ledger.append(event)
        ledger.catch_up()
    expect_the_tables_of_a_rebuild(ledger)


def test_what_comes_later_goes_on_from_the_stored_state(told: Ledger) -> None:
    caught_up(told, fact("r1", "contract.renewed", occurred_at=at(20)))
    assert stages(told) == ["awareness", "purchase", "use", "renewal"]


def test_a_late_event_moves_the_visit_it_belongs_to(told: Ledger) -> None:
    caught_up(told, fact("q1", "question.asked", data={"topic": "price"}, occurred_at=at(2)))
    assert stages(told) == ["awareness", "consideration", "purchase", "use"]


def test_an_event_of_the_same_instant_counts_as_late(told: Ledger) -> None:
    caught_up(told, fact("s1", "stage.entered", data={"stage": "renewal"}, occurred_at=at(8)))
    assert stages(told) == ["awareness", "purchase", "renewal"]


def test_a_retracted_event_leaves_no_trace(told: Ledger) -> None:
    caught_up(told, about("x1", "event.retracted", USED))
    assert stages(told) == ["awareness", "purchase"]
    assert "app" not in column(told, "SELECT channel FROM channel_history")


def test_a_correction_moves_the_customer_to_the_corrected_stage(told: Ledger) -> None:
    caught_up(told, about("x1", "stage.corrected", USED, stage="renewal"))
    assert stages(told) == ["awareness", "purchase", "renewal"]


def test_two_corrections_of_one_event_follow_their_own_time_not_their_arrival(told: Ledger) -> None:
    later = about("x1", "stage.corrected", USED, stage="renewal") | {"occurred_at": at(12)}
    earlier = about("x2", "stage.corrected", USED, stage="onboarding") | {"occurred_at": at(11)}
    caught_up(told, later, earlier)
    assert stages(told)[-1] == "renewal"


def test_a_segment_that_was_valid_before_is_assigned_in_the_past(told: Ledger) -> None:
    gold = {"scheme": "tier", "segment": "gold", "valid_from": at(2)}
    caught_up(told, fact("g1", "customer.segment_assigned", data=gold, occurred_at=at(30)))
    found = ask(told, "SELECT stage, segments FROM stage_visits ORDER BY entered_at")
    assert found == [
        ("awareness", "{}"), ("purchase", '{"tier":"gold"}'), ("purchase", "{}"), ("use", '{"tier":"gold"}'),
    ]  # fmt: skip


def test_merged_customers_are_one_and_their_stories_interleave(told: Ledger) -> None:
    caught_up(told, MERGED)
    assert column(told, "SELECT count(*) FROM journey_position") == [1]
    assert stages(told) == ["awareness", "purchase", "use"]
    assert column(told, "SELECT events FROM journey_position") == [4]
    caught_up(told, order("o3", "bo", occurred_at=at(25)))
    assert column(told, "SELECT events FROM journey_position") == [5]


def test_parted_customers_are_two_again_with_what_each_was_told_of_since(told: Ledger) -> None:
    before = tables(told)
    caught_up(told, MERGED, order("o3", "bo", occurred_at=at(25)))
    caught_up(told, about("p1", "customer.unmerged", MERGED))
    assert column(told, "SELECT events FROM journey_position ORDER BY events") == [2, 3]
    assert [row for row in tables(told)["stage_visits"] if row[0] == "ada"] == [
        row for row in before["stage_visits"] if row[0] == "ada"
    ]


def test_a_chain_of_merges_is_one_customer_and_parts_where_it_is_cut(told: Ledger) -> None:
    caught_up(told, order("o3", "cy", occurred_at=at(6)), merge("m2", "cy", "bo"), MERGED)
    assert column(told, "SELECT count(*) FROM journey_position") == [1]
    caught_up(told, about("p1", "customer.unmerged", MERGED))
    assert column(told, "SELECT events FROM journey_position ORDER BY events") == [2, 3]


def test_a_customer_who_is_said_to_be_two_others_makes_all_three_one(told: Ledger) -> None:
    """Who lives on is then the first by name, who had no part in the earlier merge."""
    caught_up(told, order("o3", "cy", occurred_at=at(6)), merge("m2", "cy", "bo"))
    caught_up(told, merge("m3", "cy", "ada"))
    assert column(told, "SELECT events FROM journey_position") == [5]
    assert stages(told, "bo") == []


def test_a_merge_with_somebody_nobody_told_anything_of_changes_nothing_but_the_name(told: Ledger) -> None:
    caught_up(told, merge("m2", "ada", "new"))
    assert stages(told, "new") == ["awareness", "purchase", "use"]
    assert stages(told, "ada") == []


def test_in_one_batch_a_story_and_its_changes_come_out_the_same(ledger: Ledger) -> None:
    ledger.rebuild()
    ledger.append([*STORY, about("x1", "event.retracted", BOUGHT), MERGED, about("x2", "event.retracted", OF_BO)])
    assert ledger.catch_up().customers == 1
    assert stages(ledger) == ["awareness", "use"]
    expect_the_tables_of_a_rebuild(ledger)


def test_the_checkpoint_moves_where_nothing_is_to_be_seen(told: Ledger) -> None:
    before = tables(told)
    told.append(about("x1", "event.retracted", fact("never", "page.viewed")))
    assert told.catch_up().position == 5
    assert tables(told) == before
    assert column(told, "SELECT DISTINCT position FROM checkpoints") == [5]


def test_a_batch_takes_no_more_than_it_may_and_the_next_goes_on(ledger: Ledger) -> None:
    ledger.rebuild()
    ledger.append([order(f"o{number}", f"c{number}") for number in range(5)])
    positions = [catch_up_batch(ledger.store, limit=2).position for _ in range(4)]
    assert positions == [2, 4, 5, 5]
    assert BATCH > 2


def test_the_lag_is_told_in_events_and_in_seconds(clocked: Ledger, clock: SetClock) -> None:
    clocked.append(order("o1"))
    clocked.rebuild()
    clock.now += 60 * SECOND
    clocked.append([order("o2"), order("o3")])
    clock.now += 90 * SECOND
    clocked.append(order("o4"))
    assert {(row.position, row.lag_events, row.lag_seconds, row.current) for row in status(clocked.store)} == {
        (1, 3, 90.0, True)
    }
    clocked.catch_up()
    assert {(row.position, row.lag_events, row.lag_seconds) for row in status(clocked.store)} == {(4, 0, 0.0)}


def test_many_customers_are_caught_up_with_in_batches(quick_ledger: Ledger) -> None:
    quick_ledger.rebuild()
    wires = (order(f"o{number}", f"c{number % 700}", occurred_at=at(1 + number % 28)) for number in range(2_100))
    assert all(isinstance(outcome, Recorded) for outcome in quick_ledger.append_many(wires))
    made: Any = None
    while made is None or made.events:
        made = catch_up_batch(quick_ledger.store, limit=800)
    assert quick_ledger.verify(whole=True).ok
