"""Requests: what customers are asked for, and what of it was held already."""

from __future__ import annotations

from typing import Any

from tests.journey.histories import DAY, Event, entering, event
from tests.projections.histories import only, told


def request(at: int, step: str | None, *fields: str, held: list[str] | None = None, **more: Any) -> Event:
    own: dict[str, Any] = {"data_fields": list(fields), "data_already_held": held, "data_lifecycle": step}
    return event("information.requested", at, f"r{at}", **own, **more)


def asked(*events: Event) -> list[tuple[int, list[str], list[str]]]:
    """Return when each asking was, the fields asked for, and those asked for again."""
    return [(row["at"], row["fields"], row["fields_again"]) for row in told("information_requests", *events)]


def test_an_asking_keeps_where_it_stood_and_what_it_asked_for() -> None:
    row = only(
        "information_requests",
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold"),
        entering("onboarding", 2),
        request(
            3, "started", "phone", "address", held=["phone", "income"],
            channel="web", department="sales", interaction_id="i1",
        ),
    )  # fmt: skip
    assert row == {
        "source": "crm",
        "event_id": "r3",
        "at": 3,
        "lifecycle": "started",
        "interaction_id": "i1",
        "stage": "onboarding",
        "cycle": 1,
        "channel": "web",
        "department": "sales",
        "segments": {"tier": "gold"},
        "fields": ["address", "phone"],
        "fields_again": ["phone"],
        "asked": 2,
        "again": 1,
        "declared": 1,
        "compared": 0,
    }


def test_the_steps_of_a_request_ask_once() -> None:
    steps = request(1, "scheduled", "a"), request(2, "started", "a"), request(3, "completed", "a")
    assert asked(*steps) == [(1, ["a"], [])]
    assert asked(*steps, request(4, "scheduled", "a"), request(5, "completed", "a")) == [
        (1, ["a"], []),
        (4, ["a"], ["a"]),
    ]


def test_a_completed_step_whose_asking_was_lost_asks_and_gives_at_once() -> None:
    assert asked(request(1, "completed", "a", "b"), request(2, "started", "b", "c")) == [
        (1, ["a", "b"], []),
        (2, ["b", "c"], ["b"]),
    ]


def test_what_was_asked_for_but_never_given_is_not_held() -> None:
    assert asked(request(1, "scheduled", "a"), request(2, "scheduled", "a"), request(3, None, "a")) == [
        (1, ["a"], []),
        (2, ["a"], []),
        (3, ["a"], []),
    ]


def test_a_step_that_does_not_come_later_begins_another_request() -> None:
    assert asked(request(1, "started", "a"), request(2, "scheduled", "a"), request(3, "started", "a")) == [
        (1, ["a"], []),
        (2, ["a"], []),
    ]


def test_a_request_that_names_no_step_always_asks() -> None:
    assert asked(request(1, None, "a"), request(2, "completed", "a"), request(3, None, "a")) == [
        (1, ["a"], []),
        (3, ["a"], ["a"]),
    ]


def test_a_further_field_of_a_running_request_is_asked_for_where_it_first_stands() -> None:
    assert asked(request(1, "scheduled", "a"), request(2, "started", "a", "b"), request(3, "completed", "a", "b")) == [
        (1, ["a"], []),
        (2, ["b"], []),
    ]


def test_declared_and_compared_are_counted_apart_and_each_field_once() -> None:
    given = request(1, "completed", "a", "b")
    row = told("information_requests", given, request(2, None, "a", "b", "c", "c", held=["b", "c"]))[1]
    assert (row["asked"], row["again"], row["declared"], row["compared"]) == (3, 3, 2, 2)


def test_within_one_instant_the_steps_of_a_request_may_stand_in_any_order() -> None:
    def at_once(*steps: str | None) -> list[Event]:
        own: dict[str, Any] = {"data_fields": ["a"]}
        return [
            event("information.requested", DAY, f"{place}", data_lifecycle=step, **own)
            for place, step in enumerate(steps)
        ]

    for order in (("scheduled", "completed"), ("completed", "scheduled"), ("completed", None, "started")):
        (first,) = asked(*at_once(*order))
        assert first == (DAY, ["a"], [])
        assert asked(*at_once(*order), request(DAY + 1, "scheduled", "a"))[1:] == [(DAY + 1, ["a"], ["a"])]


def test_a_request_that_names_no_field_asks_for_nothing_that_is_known() -> None:
    assert asked(request(1, "scheduled")) == []
