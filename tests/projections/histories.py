"""Given a history, the rows a projection makes of it; and histories of any kind for hypothesis."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ledger.events.event import Actor
from ledger.journey.reading import effective
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.projections.shape import Projection
from tests.journey.histories import DAY, HOUR, Event, context, event

FOLDS = Folds(context())
BY_NAME: dict[str, Projection[Any]] = {projection.name: projection for projection in PROJECTIONS}

Told = dict[str, Any]


def told(name: str, *events: Event, folds: Folds = FOLDS) -> list[Told]:
    """Return the rows that one projection makes of a customer's events, as dicts; JSON columns are read."""
    state = folds.initial()
    folds.feed(state, effective(events))
    return [_named(BY_NAME[name], row) for row in folds.rows(state)[name]]


def _named(projection: Projection[Any], row: tuple[Any, ...]) -> Told:
    return {
        column.name: json.loads(value) if column.kind == "json" else value
        for column, value in zip(projection.columns, row, strict=True)
    }


def only(name: str, *events: Event) -> Told:
    """Return the one row that a projection makes of a customer's events."""
    (row,) = told(name, *events)
    return row


TYPES: dict[str, list[Told]] = {
    "customer.registered": [{}],
    "customer.segment_assigned": [{"scheme": "tier", "segment": "gold"}, {"scheme": "tier", "segment": "basic"}],
    "preference.set": [{"preferred_channel": "phone"}],
    "page.viewed": [{}],
    "question.asked": [{"topic": "price"}],
    "need.expressed": [{"need": "price", "manner": "stated"}, {"need": "price"}, {"need": "speed"}],
    "need.met": [{"need": "price"}],
    "need.unmet": [{"need": "price"}, {"need": "speed"}],
    "opportunity.unsupported": [{"channel": "phone", "reason": "closed"}, {}],
    "information.requested": [
        {"fields": ["income", "phone"], "lifecycle": "started"},
        {"fields": ["phone"], "lifecycle": "completed"},
        {"fields": ["income"], "already_held": ["income"]},
    ],
    "order.placed": [{"value": "12.5", "currency": "EUR"}, {"value": "0.0001", "currency": "NOK"}, {}],
    "order.shipped": [{}],
    "order.delivered": [{"promised_at": "1970-01-03T00:00:00Z"}, {}],
    "order.cancelled": [{}],
    "payment.settled": [{"amount": "12.5", "currency": "EUR", "due_at": "1970-01-02T00:00:00Z"}, {}],
    "payment.failed": [{"method": "card"}, {}],
    "onboarding.started": [{}],
    "usage.recorded": [{"feature": "search"}],
    "interaction.started": [{}],
    "interaction.message_sent": [{}],
    "interaction.completed": [{"outcome": "answered"}, {}],
    "interaction.abandoned": [{}],
    "interaction.handed_over": [{"from_": "service", "to": "second line"}, {"to": "sales"}, {}],
    "case.opened": [{}],
    "case.triaged": [{}],
    "case.awaiting_customer": [{}],
    "case.resolved": [{}],
    "case.reopened": [{}],
    "case.closed": [{}],
    "work.completed": [{"minutes": 7.5, "cost": "3.25", "currency": "EUR"}, {"minutes": 2}, {}],
    "survey.sent": [{"metric": "nps"}, {}],
    "survey.responded": [
        {"metric": "nps", "score": 9, "scale_min": 0, "scale_max": 10},
        {"metric": "csat", "score": 4.5, "scale_min": 1, "scale_max": 5},
    ],
    "feedback.received": [{"kind": "complaint"}, {"kind": "compliment"}],
    "feedback.dispatched": [{}],
    "feedback.communicated": [{}],
    "campaign.contacted": [{"campaign": "spring", "proactive": True}, {"campaign": "winter"}],
    "campaign.responded": [{"campaign": "spring"}, {}],
    "experience.highlighted": [{}],
    "contract.renewed": [{}],
    "termination.requested": [{"reason": "price", "voluntary": True}, {}],
    "retention.attempted": [{}],
    "contract.terminated": [{}, {"reason": "moved", "category": "market", "voluntary": False}],
    "winback.attempted": [{}],
    "winback.succeeded": [{}],
    "referral.made": [{}],
    "stage.entered": [{"stage": "use"}, {"stage": "support"}, {"stage": "nowhere"}],
    "note.added": [{"text": "called back"}],
}

_GAPS = st.sampled_from([0, 0, 1, HOUR, DAY, 8 * DAY, 40 * DAY])


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Event]:
    """Draw a customer's effective events, in order, with many of the same instant."""
    at, events = 0, []
    for number in range(draw(st.integers(0, most))):
        at += draw(_GAPS)
        name = draw(st.sampled_from(sorted(TYPES)))
        own = {f"data_{key}": value for key, value in draw(st.sampled_from(TYPES[name])).items()}
        actor = draw(st.sampled_from([None, Actor(type="agent"), Actor(type="customer")]))
        events.append(
            event(
                name,
                at,
                f"e{number}",
                source=draw(st.sampled_from(["crm", "web"])),
                channel=draw(st.sampled_from([None, "web", "phone", "nowhere"])),
                direction=draw(st.sampled_from([None, "inbound", "outbound"])),
                actor=actor,
                department=draw(st.sampled_from([None, "service", "second line"])),
                case_id=draw(st.sampled_from([None, None, "c1", "c2"])),
                interaction_id=draw(st.sampled_from([None, "i1"])),
                outcome=draw(st.sampled_from([None, None, "won"])),
                reason=draw(st.sampled_from([None, "billing"])),
                stage_hint=draw(st.sampled_from([None, None, None, "renewal"])),
                **own,
            )
        )
    return effective(events)
