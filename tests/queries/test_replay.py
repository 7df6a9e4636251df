"""Replaying a customer: the state after each event, what it changed, and why."""

from __future__ import annotations

import pytest

from ledger import Ledger
from ledger.errors import CustomerNotFound, InvalidArgument
from ledger.events.instants import instant
from ledger.queries.replay import Step, replay
from ledger.store.log import Until
from tests.ledgers import SetClock
from tests.store.events import about, fact, merge, order

SECOND = 1_000_000


def at(day: int) -> str:
    return f"2024-05-{day:02}T10:00:00+00:00"


VIEWED = fact("v1", "page.viewed", occurred_at=at(1), channel="web")
BOUGHT = order("o1", occurred_at=at(3), channel="shop")
OPENED = fact("k1", "case.opened", occurred_at=at(4), channel="phone", case_id="k")
CLOSED = fact("k2", "case.closed", occurred_at=at(6), channel="phone", case_id="k")


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger in which the first event arrived last but one."""
    ledger.append([BOUGHT, OPENED, VIEWED, CLOSED])
    return ledger


def events(steps: list[Step]) -> list[str]:
    return [step.event.event_id for step in steps]


def stages(steps: list[Step]) -> list[str | None]:
    return [step.customer.stage for step in steps]


def test_by_time_each_event_finds_the_customer_that_the_one_before_left(told: Ledger) -> None:
    steps = replay(told.store, "ada")
    assert events(steps) == ["v1", "o1", "k1", "k2"]
    assert stages(steps) == ["awareness", "purchase", "purchase", "purchase"]
    assert [step.customer.events for step in steps] == [1, 2, 3, 4]
    assert [step.customer.open_cases for step in steps] == [(), (), ("k",), ()]
    assert [step.refolded for step in steps] == [False] * 4
    assert steps[1].changes == {"stage": ("awareness", "purchase"), "last_channel": ("web", "shop")}
    assert [(entry.stage, [*entry.evidence]) for entry in steps[1].entries] == [("purchase", [("shop", "o1")])]


def test_by_version_events_come_as_they_arrived_and_a_late_one_changes_the_past(told: Ledger) -> None:
    steps = replay(told.store, "ada", version=4)
    assert events(steps) == ["o1", "k1", "v1", "k2"]
    assert [step.refolded for step in steps] == [False, False, True, False]
    assert [step.customer.events for step in steps] == [1, 2, 3, 4]
    assert steps[2].customer.first_at == instant(at(1))
    assert steps[-1].customer == replay(told.store, "ada")[-1].customer


def test_the_state_at_a_version_is_that_of_a_ledger_that_heard_no_more(told: Ledger) -> None:
    whole = replay(told.store, "ada", version=4)
    for version in range(5):
        assert replay(told.store, "ada", version=version) == whole[:version]
    assert replay(told.store, "ada", version=99) == whole
    with pytest.raises(InvalidArgument, match="0 or more"):
        replay(told.store, "ada", version=-1)


def test_a_retraction_takes_back_what_its_event_did(told: Ledger) -> None:
    told.append(about("x1", "event.retracted", BOUGHT))
    assert events(replay(told.store, "ada")) == ["v1", "k1", "k2"]
    last = replay(told.store, "ada", version=5)[-1]
    assert (last.event.event_id, last.refolded) == ("x1", True)
    assert last.changes["stage"] == ("purchase", "awareness")
    assert last.customer.events == 3


def test_a_retraction_that_waits_makes_its_event_do_nothing(ledger: Ledger) -> None:
    ledger.append([VIEWED, about("x1", "event.retracted", BOUGHT), BOUGHT])
    steps = replay(ledger.store, "ada", version=3)
    assert stages(steps) == ["awareness"] * 3
    assert (steps[-1].refolded, steps[-1].changes) == (True, {})


def test_a_correction_shows_the_stage_it_corrected_to(told: Ledger) -> None:
    told.append(about("x1", "stage.corrected", CLOSED, stage="renewal"))
    assert stages(replay(told.store, "ada"))[-1] == "renewal"
    assert replay(told.store, "ada", version=5)[-1].changes["stage"] == ("purchase", "renewal")


def test_as_of_a_time_nothing_later_has_happened(told: Ledger) -> None:
    assert events(replay(told.store, "ada", until=Until(as_of=instant(at(4))))) == ["v1", "o1", "k1"]
    assert replay(told.store, "ada", until=Until(as_of=0)) == []
    assert events(told.replay("ada", as_of="2024-05-03T10:00:00+00:00")) == ["v1", "o1"]


def test_as_known_at_a_time_nothing_recorded_later_is_known(clocked: Ledger, clock: SetClock) -> None:
    start = clock.now
    for event in (BOUGHT, VIEWED, about("x1", "event.retracted", BOUGHT)):
        clocked.append(event)
        clock.now += SECOND

    def known(seconds: int) -> list[str]:
        return events(replay(clocked.store, "ada", until=Until(known_at=start + seconds * SECOND)))

    assert [known(seconds) for seconds in range(-1, 3)] == [[], ["o1"], ["v1", "o1"], ["v1"]]


def test_by_time_merged_customers_live_one_life_and_by_version_each_their_own(told: Ledger) -> None:
    told.append(
        [fact("u1", "usage.recorded", "bo", {"feature": "search"}, occurred_at=at(5)), merge("m1", "bo", "ada")]
    )
    for name in ("ada", "bo"):
        steps = replay(told.store, name)
        assert events(steps) == ["v1", "o1", "k1", "u1", "k2"]
        assert [step.customer_id for step in steps] == ["ada", "ada", "ada", "bo", "ada"]
        assert stages(steps)[-1] == "use"
    assert events(replay(told.store, "bo", version=1)) == ["u1"]
    assert events(replay(told.store, "ada", version=5)) == ["o1", "k1", "v1", "k2", "m1"]


def test_consent_preference_segments_and_erasure_are_part_of_the_customer(ledger: Ledger) -> None:
    ledger.append(
        [
            fact("c1", "consent.granted", data={"purpose": "news"}, occurred_at=at(1)),
            fact("p1", "preference.set", data={"preferred_channel": "post"}, occurred_at=at(2)),
            fact("g1", "customer.segment_assigned", data={"scheme": "tier", "segment": "gold"}, occurred_at=at(3)),
            fact("i1", "customer.identified", data={"namespace": "email", "value": "a@b"}, occurred_at=at(4)),
            fact("c2", "consent.withdrawn", data={"purpose": "news"}, occurred_at=at(5)),
            fact("e1", "customer.erased", occurred_at=at(6)),
            fact("c3", "consent.granted", data={"purpose": "service"}, occurred_at=at(7)),
        ]
    )
    steps = {step.event.event_id: step for step in replay(ledger.store, "ada")}
    assert steps["c1"].changes["consents"] == ((), ("news",))
    assert steps["p1"].changes["preferred_channel"] == (None, "post")
    assert steps["g1"].changes["segments"] == ({}, {"tier": "gold"})
    assert steps["i1"].customer.identified_by == ("email",)
    assert steps["c2"].customer.consents == ()
    assert steps["e1"].changes["erased"] == (False, True)
    assert (steps["c3"].customer.erased, steps["c3"].customer.consents) == (False, ("service",))


def test_nobody_is_replayed_of_whom_nothing_is_recorded(ledger: Ledger) -> None:
    with pytest.raises(CustomerNotFound):
        replay(ledger.store, "nobody")
