"""Journey position: where the customer stands, since when, and what was last heard of them."""

from __future__ import annotations

from tests.journey.histories import Event, entering, event
from tests.projections.histories import only


def test_a_customer_stands_in_the_stage_last_entered() -> None:
    row = only("journey_position", event("page.viewed", 1), event("order.placed", 5, "o1"), event("note.added", 9))
    assert (row["stage"], row["entered_at"], row["transition"]) == ("purchase", 5, "skip")
    assert row["evidence"] == [["crm", "o1"]]
    assert row["cycle"] == 1


def test_a_stage_said_outright_has_no_rule_and_an_inferred_one_names_it() -> None:
    assert only("journey_position", entering("use", 1))["rule"] is None
    assert only("journey_position", event("order.placed", 1))["rule"] == "buying"


def test_a_customer_without_a_stage_has_nulls_and_is_still_counted() -> None:
    row = only("journey_position", event("customer.registered", 3), event("note.added", 4))
    assert (row["stage"], row["entered_at"], row["transition"], row["rule"]) == (None, None, None, None)
    assert (row["evidence"], row["overlays"]) == ([], [])
    assert (row["first_at"], row["last_at"], row["events"], row["touchpoints"]) == (3, 4, 2, 0)


def test_the_last_event_is_the_last_in_the_order_of_the_fold() -> None:
    row = only(
        "journey_position",
        event("page.viewed", 7, "b", source="web", channel="web"),
        event("note.added", 7, "a", source="web"),
    )
    assert (row["last_source"], row["last_event_id"], row["last_type"]) == ("web", "b", "page.viewed")
    assert row["last_channel"] == "web"


def test_an_unknown_channel_of_the_last_event_is_empty() -> None:
    assert only("journey_position", event("page.viewed", 1))["last_channel"] == ""


def test_open_overlays_stand_beside_the_stage_with_their_evidence() -> None:
    opened = event("case.opened", 2, "c1-opened", case_id="c1")
    row = only("journey_position", event("order.placed", 1), opened)
    assert row["stage"] == "purchase"
    assert row["overlays"] == [{"stage": "support", "entered_at": 2, "evidence": [["crm", "c1-opened"]]}]


def test_an_overlay_that_is_left_is_gone() -> None:
    opened = event("case.opened", 2, case_id="c1")
    assert only("journey_position", opened, event("case.resolved", 3, case_id="c1"))["overlays"] == []


def test_winning_a_customer_back_begins_another_cycle() -> None:
    row = only("journey_position", event("contract.terminated", 1), event("winback.succeeded", 2))
    assert (row["stage"], row["transition"], row["cycle"]) == ("win_back", "win_back", 2)


def test_the_latest_segment_of_each_scheme_is_kept() -> None:
    row = only(
        "journey_position",
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="basic"),
        event("customer.segment_assigned", 2, data_scheme="region", data_segment="north"),
        event("customer.segment_assigned", 3, data_scheme="tier", data_segment="gold"),
    )
    assert row["segments"] == {"region": "north", "tier": "gold"}


def test_a_segment_assigned_late_counts_from_when_it_is_valid() -> None:
    row = only(
        "journey_position",
        event("customer.segment_assigned", 5_000_000, data_scheme="tier", data_segment="gold"),
        event(
            "customer.segment_assigned", 9_000_000, data_scheme="tier", data_segment="basic",
            data_valid_from="1970-01-01T00:00:01Z", occurred_at="1970-01-01T00:00:09Z",
        ),
    )  # fmt: skip
    assert row["segments"] == {"tier": "gold"}


def test_a_segment_that_is_valid_later_or_from_before_does_not_move_when_the_customer_was_first_and_last_heard_of() -> (
    None
):
    def gold(valid_from: str) -> Event:
        placed = {"data_scheme": "tier", "data_segment": "gold", "data_valid_from": valid_from}
        return event("customer.segment_assigned", 5_000_000, **placed, occurred_at="1970-01-01T00:00:05Z")

    met = event("page.viewed", 4_000_000)
    later, before = only("journey_position", met, gold("2030-01-01T00:00:00Z")), gold("1969-01-01T00:00:00Z")
    assert (later["first_at"], later["last_at"], later["last_type"]) == (
        4_000_000,
        5_000_000,
        "customer.segment_assigned",
    )
    row = only("journey_position", met, before, event("note.added", 6_000_000))
    assert (row["first_at"], row["last_at"], row["last_type"]) == (4_000_000, 6_000_000, "note.added")
