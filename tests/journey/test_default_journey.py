"""The journey a ledger starts with."""

from __future__ import annotations

from typing import Any

from ledger.events import VOCABULARY
from ledger.schemas.journey import default_journey
from tests.journey.histories import DAY, entering, event, moments, path

SILENT = {
    "customer.registered", "customer.identified", "customer.merged", "customer.unmerged", "customer.segment_assigned",
    "value.assessed", "preference.set", "consent.granted", "consent.withdrawn", "customer.erased",
    "order.cancelled", "information.requested", "obstacle.hit", "experience.highlighted",
    "interaction.scheduled", "interaction.message_sent", "interaction.handed_over", "interaction.completed",
    "interaction.abandoned", "opportunity.unsupported",
    "case.triaged", "case.assigned", "case.reassigned", "case.in_progress", "case.awaiting_customer",
    "case.awaiting_third_party", "case.awaiting_internal", "case.escalated", "case.progressed",
    "work.scheduled", "work.started", "work.completed",
    "survey.sent", "survey.responded", "feedback.received", "feedback.dispatched", "feedback.resolved",
    "feedback.communicated", "retention.attempted", "winback.attempted",
    "stage.entered", "stage.corrected", "event.retracted", "note.added",
}  # fmt: skip


def test_every_type_of_the_vocabulary_indicates_a_stage_or_is_meant_not_to() -> None:
    indicating = {condition.type for rule in default_journey().rules for condition in rule.conditions}
    assert indicating & SILENT == set()
    assert indicating | SILENT == set(VOCABULARY)


def test_its_stages_are_those_of_the_domain_in_order() -> None:
    journey = default_journey()
    assert journey.primary == (
        "awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back",
    )  # fmt: skip
    assert journey.overlays == ("support", "advocacy")


def test_a_whole_life_of_a_customer() -> None:
    names = [
        "page.viewed", "question.asked", "order.placed", "onboarding.started", "onboarding.completed",
        "renewal.offered", "contract.terminated", "winback.attempted", "winback.succeeded", "order.placed",
    ]  # fmt: skip
    own: dict[str, Any] = {"question.asked": {"data_topic": "price"}}
    assert path([event(name, day * DAY, **own.get(name, {})) for day, name in enumerate(names)]) == [
        ("awareness", "advance", 1),
        ("consideration", "advance", 1),
        ("purchase", "advance", 1),
        ("onboarding", "advance", 1),
        ("use", "advance", 1),
        ("renewal", "advance", 1),
        ("termination", "terminal", 1),
        ("win_back", "win_back", 2),
        ("purchase", "advance", 2),
    ]


def test_looking_around_and_asking_in_person_together_are_consideration() -> None:
    pages = [event("page.viewed", day * DAY) for day in (1, 3, 5)]
    asked = event("interaction.started", 6 * DAY, "i", direction="inbound")
    assert path([*pages, event("interaction.started", 6 * DAY, direction="outbound")]) == [("awareness", "advance", 1)]
    found = moments([*pages, asked])[-1].entered
    assert found is not None
    assert (found.stage, found.rule) == ("consideration", "looking and asking")
    assert [event_id for _, event_id in found.evidence] == [*(page.event_id for page in pages), "i"]


def test_the_shop_of_a_real_log_goes_from_purchase_to_use_and_round_again() -> None:
    order = ["order.placed", "order.approved", "order.shipped", "order.delivered", "survey.responded"]
    own: dict[str, Any] = {
        "survey.responded": {"data_metric": "csat", "data_score": 5, "data_scale_min": 1, "data_scale_max": 5}
    }
    events = [event(name, day, **own.get(name, {})) for day, name in enumerate([*order, *order])]
    assert path(events) == [
        ("purchase", "skip", 1),
        ("use", "skip", 1),
        ("purchase", "restart", 2),
        ("use", "skip", 2),
    ]


def test_an_order_shipped_late_does_not_take_the_customer_back() -> None:
    assert path([event("order.delivered", 1), event("order.shipped", 2), event("payment.settled", 3)]) == [
        ("use", "skip", 1)
    ]


def test_a_permit_application_is_considered_from_its_first_step_on() -> None:
    steps = [event("application.progressed", day, data_step=str(day)) for day in range(5)]
    assert path(steps) == [("consideration", "skip", 1)]


def test_an_explicit_stage_may_always_go_back() -> None:
    assert path([entering("use", 1), entering("awareness", 2)])[-1] == ("awareness", "regress", 1)
