"""Which event types count as a touchpoint, and which of those as a contact: the one place that says so."""

from __future__ import annotations

from typing import Protocol

from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType

TOUCHPOINTS = frozenset(
    {
        # A customer sees, hears, reads or does something at a channel.
        "touchpoint.occurred", "page.viewed", "campaign.contacted", "campaign.responded",
        "need.expressed", "question.asked",
        "offer.made", "offer.responded", "offer.accepted", "offer.declined", "offer.withdrawn",
        "application.declined", "application.cancelled",
        "order.placed", "order.shipped", "order.delivered", "order.cancelled",
        "payment.settled", "payment.failed", "contract.activated",
        "onboarding.started", "onboarding.completed", "information.requested",
        "usage.recorded", "obstacle.hit", "experience.highlighted",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "interaction.completed", "interaction.abandoned", "opportunity.unsupported",
        "case.opened", "case.awaiting_customer", "case.resolved", "case.reopened",
        "survey.sent", "survey.responded", "feedback.received", "feedback.communicated",
        "renewal.offered", "contract.renewed", "contract.upgraded", "contract.downgraded",
        "referral.made", "review.published",
        "termination.requested", "retention.attempted", "contract.terminated",
        "winback.attempted",
    }
)  # fmt: skip
"""Types that a customer or a channel experiences.

Left out: identity and control (facts about the record), and the back office's own steps, which no customer
meets: a lead qualified, an offer drawn up, an order approved, a contract registered, a case sorted or passed
on, work done behind the counter, feedback dispatched, a conclusion such as a need met or a win-back succeeded.
"""

CONTACTS = frozenset(
    {
        "touchpoint.occurred", "campaign.responded", "question.asked", "offer.responded",
        "information.requested",
        "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "interaction.completed", "interaction.abandoned", "opportunity.unsupported",
        "case.opened", "case.reopened",
        "feedback.received", "feedback.communicated",
        "termination.requested", "retention.attempted",
    }
)  # fmt: skip
"""Touchpoints in which someone addresses someone and may be answered; channel switching looks at these.

Left out: mass mail and surveys (the company picks their channel, so following them is no switch of the
customer's), and acts nobody answers, such as a page viewed, a feature used or an order's way to the door.
"""

_NEVER_TOUCHPOINTS = frozenset({"identity", "control"})


def is_touchpoint(event_type: EventType) -> bool:
    """Say whether events of this type count as touchpoints; a company's own type does unless its family forbids it."""
    return event_type.name in TOUCHPOINTS or (event_type.company and event_type.family not in _NEVER_TOUCHPOINTS)


def is_contact(event_type: EventType) -> bool:
    """Say whether events of this type count as contacts; a company's own type does in the interaction family."""
    return event_type.name in CONTACTS or (event_type.company and event_type.family == "interaction")


class Met(Protocol):
    """What must be known of an earlier contact: the channel it was on and the interaction it belonged to."""

    @property
    def channel(self) -> str | None: ...

    @property
    def interaction_id(self) -> str | None: ...


def continues(previous: Met, event: RecordedEvent[Data]) -> bool:
    """Say whether `event` goes on with the contact of `previous`: the same interaction on the same channel."""
    return (
        event.interaction_id is not None
        and event.interaction_id == previous.interaction_id
        and event.channel == previous.channel
    )
