"""Interactions: every two-way contact from its first event to its last."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.event import Actor
from tests.journey.histories import Event, entering, event
from tests.projections.histories import Told, only, told

AGENT, SYSTEM, CUSTOMER = Actor(type="agent"), Actor(type="system"), Actor(type="customer")


def of(type_: str, at: int, **more: Any) -> Event:
    return event(type_, at, interaction_id="i1", **more)


def interaction(*events: Event) -> Told:
    return only("interactions", *events)


def started(at: int = 1, **more: Any) -> Event:
    return of("interaction.started", at, **more)


def completed(at: int = 9, **more: Any) -> Event:
    return of("interaction.completed", at, **more)


def message(at: int, **more: Any) -> Event:
    return of("interaction.message_sent", at, **more)


def test_an_interaction_runs_from_its_first_event_to_its_last() -> None:
    row = interaction(started(2), message(3, direction="inbound"), message(5, direction="outbound"), completed(8))
    assert (row["first_at"], row["started_at"], row["responded_at"], row["ended_at"], row["last_at"]) == (2, 2, 5, 8, 8)
    assert (row["interaction_id"], row["ending"], row["messages"], row["events"]) == ("i1", "completed", 2, 4)


def test_it_stands_where_its_first_event_stood() -> None:
    row = interaction(
        entering("use", 0),
        event("customer.segment_assigned", 0, data_scheme="tier", data_segment="gold"),
        started(1, department="service"),
        event("customer.segment_assigned", 2, data_scheme="tier", data_segment="basic"),
        entering("renewal", 3),
        completed(department="sales"),
    )
    assert (row["stage"], row["cycle"], row["segments"]) == ("use", 1, {"tier": "gold"})
    assert row["department"] == "service"


def test_what_nobody_said_is_empty_and_what_was_said_late_holds() -> None:
    row = interaction(started())
    assert [row[name] for name in ("channel", "assistance", "direction", "case_id", "reason", "ending")] == [""] * 6
    assert (row["ended_at"], row["responded_at"], row["achieved"], row["repeated"]) == (None,) * 4
    late = interaction(started(), message(2, case_id="c", reason="billing", channel="web"), message(3, case_id="d"))
    assert (late["case_id"], late["reason"], late["channel"], late["assistance"]) == (
        "c",
        "billing",
        "web",
        "unassisted",
    )


def test_its_direction_is_that_of_its_start() -> None:
    scheduled = of("interaction.scheduled", 0, direction="outbound")
    assert interaction(scheduled)["direction"] == "outbound"
    assert interaction(scheduled, started(direction="inbound"))["direction"] == "inbound"
    assert interaction(scheduled, started())["direction"] == "outbound"


def test_it_is_entered_on_the_first_channel_known_and_switches_to_each_other() -> None:
    row = interaction(
        started(), *(message(at, channel=name) for at, name in enumerate(("web", "app", "app", "web"), 2))
    )
    assert (row["channel"], row["last_channel"], row["switches"]) == ("web", "web", 2)


@pytest.mark.parametrize(
    ("steps", "human"),
    [
        ([message(2, actor=SYSTEM), message(3, actor=CUSTOMER)], 0),
        ([message(2, actor=AGENT)], 1),
        ([message(2, actor=Actor(type="partner"))], 1),
        ([message(2, channel="phone")], 1),
        ([message(2, channel="nowhere")], 0),
        ([of("question.asked", 2, data_topic="price", channel="store")], 1),
    ],
)
def test_a_human_takes_part_by_acting_or_on_an_assisted_channel(steps: list[Event], human: int) -> None:
    assert interaction(started(channel="web"), *steps, completed(channel="web"))["human"] == human


def test_a_survey_about_it_brings_in_neither_its_channel_nor_a_human() -> None:
    asked = of("survey.sent", 20, channel="email", direction="outbound", data_metric="csat")
    row = interaction(started(channel="web"), completed(channel="web"), asked)
    assert (row["last_channel"], row["switches"], row["human"]) == ("web", 0, 0)
    assert (row["events"], row["last_at"]) == (3, 20)


def test_the_last_end_is_the_one_it_had() -> None:
    given_up = of("interaction.abandoned", 12)
    row = interaction(started(), completed(9, data_objective_achieved=True, outcome="answered"), given_up)
    assert (row["ending"], row["ended_at"], row["achieved"], row["outcome"]) == ("abandoned", 12, 1, "answered")


def test_what_it_says_of_its_objective_and_of_repetition_is_kept() -> None:
    row = interaction(completed(data_objective_achieved=False, data_repeated_information=True, data_outcome="left"))
    assert (row["achieved"], row["repeated"], row["outcome"]) == (0, 1, "left")
    assert (row["started_at"], row["human"]) == (None, 0)
    assert interaction(completed(data_outcome="left", outcome="answered"))["outcome"] == "answered"


def test_handovers_and_unsupported_opportunities_are_counted() -> None:
    steps = [of("interaction.handed_over", at) for at in (2, 3)]
    row = interaction(started(), *steps, of("opportunity.unsupported", 4))
    assert (row["handed_over"], row["unsupported"]) == (2, 1)


def test_without_an_id_only_an_end_is_an_interaction_of_its_own() -> None:
    rows = told(
        "interactions",
        event("interaction.started", 1),
        event("interaction.completed", 2, "done", source="web"),
        event("interaction.abandoned", 3, "left", source="web"),
        event("question.asked", 4, data_topic="price"),
    )
    assert [(row["interaction_id"], row["ending"]) for row in rows] == [
        ("web/done", "completed"),
        ("web/left", "abandoned"),
    ]
