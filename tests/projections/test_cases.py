"""Cases: problem files, feedback loops and orders, from opening to end, in whatever order silos deliver them."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.event import Actor
from tests.journey.histories import Event, event
from tests.projections.histories import Told, told


def case(*events: Event, kind: str = "case") -> Told:
    (row,) = [row for row in told("cases", *events) if row["kind"] == kind]
    return row


def of(type_: str, at: int, **more: Any) -> Event:
    return event(type_, at, case_id="c1", **more)


AGENT, CUSTOMER, SYSTEM = Actor(type="agent"), Actor(type="customer"), Actor(type="system")


def test_a_case_has_its_opening_response_first_and_last_resolution_and_closing() -> None:
    row = case(
        of("case.opened", 1),
        of("case.triaged", 3),
        of("case.resolved", 5),
        of("case.reopened", 6),
        of("case.resolved", 9),
        of("case.closed", 12),
    )
    assert row["case_id"] == "c1"
    assert (row["opened_at"], row["first_response_at"], row["closed_at"]) == (1, 3, 12)
    assert (row["resolved_first_at"], row["resolved_last_at"], row["reopened"]) == (5, 9, 1)
    assert (row["first_at"], row["last_at"], row["events"], row["out_of_order"]) == (1, 12, 6, 0)


def test_a_case_counts_reassignments_and_escalations() -> None:
    row = case(of("case.opened", 1), of("case.reassigned", 2), of("case.reassigned", 3), of("case.escalated", 4))
    assert (row["reassigned"], row["escalated"]) == (2, 1)


@pytest.mark.parametrize(
    "type_", ["case.triaged", "case.assigned", "case.in_progress", "case.escalated", "case.resolved"]
)
def test_these_steps_are_a_first_response(type_: str) -> None:
    assert case(of("case.opened", 1), of(type_, 4), of(type_, 6))["first_response_at"] == 4


@pytest.mark.parametrize("type_", ["case.reassigned", "case.progressed", "case.closed", "case.awaiting_internal"])
def test_other_steps_are_none(type_: str) -> None:
    assert case(of("case.opened", 1), of(type_, 4))["first_response_at"] is None


def test_an_outbound_message_by_an_agent_in_the_case_is_a_first_response() -> None:
    opened, message = of("case.opened", 1), "interaction.message_sent"
    assert case(opened, of(message, 4, direction="outbound", actor=AGENT))["first_response_at"] == 4
    for unanswering in (
        of(message, 4, direction="inbound", actor=AGENT),
        of(message, 4, direction="outbound", actor=SYSTEM),
        of(message, 4, direction="outbound", actor=CUSTOMER),
        of(message, 4, direction="outbound"),
        event(message, 4, direction="outbound", actor=AGENT),
    ):
        assert case(opened, unanswering)["first_response_at"] is None


def test_what_came_before_the_opening_is_no_response_to_it() -> None:
    assert case(of("case.triaged", 1), of("case.opened", 2))["first_response_at"] is None


def test_within_one_instant_a_response_may_stand_before_its_opening() -> None:
    row = case(of("case.triaged", 1, event_id="a"), of("case.opened", 1, event_id="b"))
    assert row["first_response_at"] == 1


def test_within_one_instant_a_message_may_stand_before_everything_else_of_its_case() -> None:
    message = of("interaction.message_sent", 1, event_id="a", direction="outbound", actor=AGENT)
    assert case(message, of("case.opened", 1, event_id="b"))["first_response_at"] == 1
    assert case(message, of("case.opened", 2, event_id="b"))["first_response_at"] is None
    row = case(message, of("feedback.received", 1, event_id="b", data_kind="complaint"), kind="feedback")
    assert row["first_response_at"] == 1
    assert case(message, of("order.placed", 1, event_id="b"), kind="order")["first_response_at"] is None


def test_a_case_resolved_but_never_opened_keeps_nulls_and_is_out_of_order() -> None:
    row = case(of("case.resolved", 5))
    assert (row["opened_at"], row["first_response_at"], row["resolved_first_at"]) == (None, None, 5)
    assert row["out_of_order"] == 1


def test_a_resolution_before_the_opening_is_out_of_order_and_its_negative_duration_is_kept() -> None:
    row = case(of("case.resolved", 5), of("case.opened", 8))
    assert (row["opened_at"], row["resolved_first_at"], row["out_of_order"]) == (8, 5, 1)


def test_within_one_instant_nothing_is_out_of_order() -> None:
    assert case(of("case.resolved", 5, event_id="a"), of("case.opened", 5, event_id="b"))["out_of_order"] == 0


def test_a_case_that_was_only_worked_on_is_not_out_of_order() -> None:
    row = case(of("case.in_progress", 5))
    assert (row["opened_at"], row["out_of_order"]) == (None, 0)


def test_a_late_opening_puts_the_case_in_order() -> None:
    resolved, opened = of("case.resolved", 5), of("case.opened", 2)
    assert case(resolved, opened)["out_of_order"] == 0


def test_time_awaiting_the_customer_ends_with_the_next_step_of_the_case() -> None:
    row = case(
        of("case.opened", 1),
        of("case.awaiting_customer", 10),
        of("interaction.message_sent", 12),
        of("case.in_progress", 15),
        of("case.awaiting_customer", 20),
        of("case.awaiting_customer", 22),
        of("case.resolved", 25),
    )
    assert row["awaiting_customer"] == 10


def test_waiting_after_the_resolution_is_no_part_of_its_time_unless_reopened() -> None:
    resolved = [of("case.opened", 1), of("case.resolved", 5), of("case.awaiting_customer", 6)]
    assert case(*resolved, of("case.closed", 16))["awaiting_customer"] == 0
    again = [of("case.reopened", 20), of("case.awaiting_customer", 21), of("case.resolved", 24)]
    assert case(*resolved, *again)["awaiting_customer"] == 3


def test_a_wait_that_has_not_ended_is_not_counted_yet() -> None:
    assert case(of("case.opened", 1), of("case.awaiting_customer", 6))["awaiting_customer"] == 0


def test_a_handover_is_another_department_than_the_last_known_one() -> None:
    departments = [None, "service", None, "service", "service", "second line", None]
    row = case(*(of("case.progressed", at, department=name) for at, name in enumerate(departments)))
    assert row["handovers"] == 1


def test_a_case_keeps_where_it_began_and_its_first_known_reason() -> None:
    row = case(
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold"),
        event("order.placed", 2),
        of("case.opened", 3, channel="phone", department="service"),
        event("customer.segment_assigned", 4, data_scheme="tier", data_segment="basic"),
        of("case.progressed", 5, channel="email", department="second line", reason="billing"),
        of("case.closed", 6, reason="fixed"),
    )
    assert (row["channel"], row["department"], row["stage"]) == ("phone", "service", "purchase")
    assert (row["segments"], row["reason"], row["subject"]) == ({"tier": "gold"}, "billing", "")


def test_every_event_that_carries_the_case_is_part_of_it() -> None:
    row = case(of("page.viewed", 1, channel="web"), of("case.opened", 2), of("survey.responded", 3, **RATED))
    assert (row["events"], row["first_at"], row["last_at"], row["channel"]) == (3, 1, 3, "web")


RATED = {"data_metric": "csat", "data_score": 4, "data_scale_min": 1, "data_scale_max": 5}


def test_a_case_id_that_no_case_feedback_or_order_carries_is_no_row() -> None:
    assert told("cases", of("interaction.started", 1), of("work.completed", 2), of("payment.settled", 3)) == []


def test_feedback_is_dispatched_resolved_and_communicated_back() -> None:
    row = case(
        of("feedback.received", 1, data_kind="complaint"),
        of("feedback.dispatched", 2, data_department="quality"),
        of("feedback.resolved", 5),
        of("feedback.communicated", 7),
        of("feedback.communicated", 8),
        kind="feedback",
    )
    assert (row["opened_at"], row["dispatched_at"], row["resolved_first_at"], row["communicated_at"]) == (1, 2, 5, 7)
    assert (row["first_response_at"], row["subject"], row["out_of_order"]) == (2, "complaint", 0)


@pytest.mark.parametrize("type_", ["feedback.dispatched", "feedback.resolved", "feedback.communicated"])
def test_feedback_acted_on_but_never_received_is_out_of_order(type_: str) -> None:
    assert case(of(type_, 2), kind="feedback")["out_of_order"] == 1
    assert case(of(type_, 2), of("feedback.received", 3, data_kind="complaint"), kind="feedback")["out_of_order"] == 1


def test_an_order_is_resolved_when_delivered_and_closed_when_cancelled() -> None:
    row = case(
        of("order.placed", 1),
        of("order.approved", 2),
        of("order.shipped", 3),
        of("order.delivered", 9_000_000, data_promised_at="1970-01-01T00:00:07Z"),
        kind="order",
    )
    assert (row["opened_at"], row["resolved_first_at"], row["promised_at"]) == (1, 9_000_000, 7_000_000)
    assert (row["closed_at"], row["first_response_at"], row["dispatched_at"]) == (None, None, None)
    assert case(of("order.placed", 1), of("order.cancelled", 4), kind="order")["closed_at"] == 4


def test_the_promise_is_that_of_the_first_delivery() -> None:
    first = of("order.delivered", 8_000_000, data_promised_at="1970-01-01T00:00:07Z")
    second = of("order.delivered", 9_000_000, data_promised_at="1970-01-01T00:00:20Z")
    row = case(first, second, kind="order")
    assert (row["resolved_first_at"], row["promised_at"]) == (8_000_000, 7_000_000)
    row = case(of("order.delivered", 8_000_000), second, kind="order")
    assert (row["resolved_first_at"], row["promised_at"]) == (8_000_000, None)


def test_a_case_closed_again_was_closed_the_last_time() -> None:
    steps = of("case.opened", 1), of("case.closed", 2), of("case.reopened", 3), of("case.closed", 4)
    assert case(*steps)["closed_at"] == 4


def test_a_message_to_a_buyer_is_no_response_to_an_order() -> None:
    message = of("interaction.message_sent", 4, direction="outbound", actor=AGENT)
    assert case(of("order.placed", 1), message, kind="order")["first_response_at"] is None


def test_one_file_may_be_an_order_and_a_case_and_feedback() -> None:
    rows = told("cases", of("order.placed", 1), of("case.opened", 2), of("feedback.received", 3, data_kind="complaint"))
    assert [(row["kind"], row["opened_at"], row["events"]) for row in rows] == [
        ("order", 1, 3),
        ("case", 2, 3),
        ("feedback", 3, 3),
    ]


def test_what_opens_without_a_case_id_is_a_file_named_by_its_event() -> None:
    rows = told("cases", event("order.placed", 1, "o1", source="shop"), event("case.opened", 2, "k1", source="crm"))
    assert [(row["kind"], row["case_id"], row["events"]) for row in rows] == [
        ("order", "shop/o1", 1),
        ("case", "crm/k1", 1),
    ]


def test_what_ends_without_a_case_id_is_kept_out_of_order_and_other_steps_belong_nowhere() -> None:
    (row,) = told("cases", event("case.resolved", 2, "r1"), event("case.triaged", 3), event("order.shipped", 4))
    assert (row["case_id"], row["out_of_order"]) == ("crm/r1", 1)


def test_an_application_is_a_file_that_nobody_answers() -> None:
    message = of("interaction.message_sent", 2, direction="outbound", actor=AGENT)
    row = case(of("application.progressed", 1), message, of("application.declined", 4), kind="application")
    assert (row["first_at"], row["last_at"], row["closed_at"], row["events"]) == (1, 4, 4, 3)
    assert row["first_response_at"] is None


def test_a_wait_is_told_up_to_the_first_response_and_up_to_each_resolution() -> None:
    row = case(
        of("case.opened", 1),
        of("case.awaiting_customer", 10),
        of("interaction.message_sent", 14, direction="outbound", actor=AGENT),
        of("case.in_progress", 20),
        of("case.resolved", 30),
        of("case.reopened", 40),
        of("case.awaiting_customer", 41),
        of("case.resolved", 46),
        of("case.reopened", 50),
        of("case.awaiting_customer", 51),
        of("case.progressed", 58),
    )
    assert (row["first_response_at"], row["awaited_response"]) == (14, 4)
    assert (row["awaited_first"], row["awaited_last"], row["awaiting_customer"]) == (10, 15, 22)


def test_a_case_tells_since_when_it_waits_and_whether_it_stands_settled() -> None:
    opened, waiting = of("case.opened", 1), of("case.awaiting_customer", 6)
    assert (case(opened)["waiting_since"], case(opened)["settled"]) == (None, 0)
    assert case(opened, waiting)["waiting_since"] == 6
    assert case(opened, waiting, of("case.progressed", 8))["waiting_since"] is None
    resolved = of("case.resolved", 9)
    assert case(opened, resolved)["settled"] == 1
    assert case(opened, resolved, of("case.reopened", 10))["settled"] == 0
    assert case(opened, of("case.closed", 10))["settled"] == 1


def sent(at: int, to: str | None, **more: Any) -> Event:
    return of("feedback.dispatched", at, data_department=to, **more)


def test_feedback_dispatched_to_another_department_was_dispatched_wrongly_at_first() -> None:
    row = case(sent(1, "quality"), sent(2, "quality"), sent(3, "billing"), sent(4, "quality"), kind="feedback")
    assert (row["dispatches"], row["redispatched"], row["dispatched_to"]) == (4, 2, "quality")
    once = case(sent(1, None), kind="feedback")
    assert (once["dispatches"], once["redispatched"], once["dispatched_to"]) == (1, 0, "")
    assert case(sent(1, None, department="billing"), sent(2, "quality"), kind="feedback")["redispatched"] == 1


def test_nobody_can_tell_where_an_unknown_department_took_the_feedback_from() -> None:
    assert case(sent(1, "quality"), sent(2, None), kind="feedback")["redispatched"] is None
    assert case(sent(1, "quality"), sent(2, None), sent(3, "billing"), kind="feedback")["redispatched"] == 1


def test_feedback_keeps_its_first_known_theme() -> None:
    received = [of("feedback.received", at, data_kind="complaint", data_theme=theme) for at, theme in enumerate(THEMES)]
    assert case(*received, kind="feedback")["theme"] == "billing"


THEMES = (None, "billing", "delivery")


def test_contacts_of_one_interaction_are_one_and_what_is_no_contact_is_none() -> None:
    row = case(
        of("case.opened", 1),
        of("interaction.scheduled", 2, interaction_id="i1"),
        of("interaction.started", 3, interaction_id="i1"),
        of("interaction.started", 4, interaction_id="i2"),
        of("interaction.completed", 5, interaction_id="i1"),
        of("interaction.message_sent", 6),
        of("case.triaged", 7),
        of("case.reopened", 8),
    )
    assert row["contacts"] == 5


def test_a_file_counts_the_switches_between_the_channels_of_its_contacts() -> None:
    channels = ["web", None, "web", "phone", None, "phone", "web"]
    row = case(
        of("case.opened", 0),
        of("survey.sent", 1, channel="post"),
        *(of("interaction.started", 2 + at, channel=channel) for at, channel in enumerate(channels)),
    )
    assert row["switches"] == 2


def test_what_is_asked_for_again_within_the_file_is_counted() -> None:
    row = case(
        of("case.opened", 0),
        of("interaction.completed", 1, data_repeated_information=True),
        of("interaction.completed", 2, data_repeated_information=False),
        of("interaction.completed", 3),
        of("information.requested", 4, data_fields=["iban"], data_already_held=["iban"]),
        of("information.requested", 5, data_fields=["iban"]),
        event("information.requested", 6, data_fields=["iban"], data_already_held=["iban"]),
    )
    assert row["repeated"] == 2


def test_the_further_steps_of_a_request_repeat_nothing() -> None:
    def step(at: int, lifecycle: str) -> Event:
        held = {"data_fields": ["iban"], "data_already_held": ["iban"]}
        return of("information.requested", at, data_lifecycle=lifecycle, **held)

    steps = [step(1, "scheduled"), step(2, "started"), step(3, "completed")]
    assert case(of("case.opened", 0), *steps)["repeated"] == 1
    assert case(of("case.opened", 0), *steps, step(4, "scheduled"), step(5, "completed"))["repeated"] == 2
    assert case(of("case.opened", 0), *(step(1, name) for name in ("completed", "scheduled")))["repeated"] == 1
