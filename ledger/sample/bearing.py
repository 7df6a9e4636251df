"""What an event's type says of the stage under the default journey, and so where an event may be told in passing.

The simulator means to tell the journey it intends and no other. This is its own statement of the default
rules, and the tests hold it against the tracker.
"""

from __future__ import annotations

ORDER = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back")
"""The primary stages; a type's lowest stage is a place in this order."""

PLACE = {stage: place for place, stage in enumerate(ORDER)} | {"": -1}

LOWEST = {
    # From its stage on such a type says nothing new: the rules never go back for it.
    "page.viewed": 0,
    "touchpoint.occurred": 0,
    "campaign.contacted": 0,
    "campaign.responded": 0,
    "lead.qualified": 1,
    "need.expressed": 1,
    "need.met": 1,
    "need.unmet": 1,
    "question.asked": 1,
    "offer.created": 1,
    "offer.made": 1,
    "offer.responded": 1,
    "offer.accepted": 1,
    "offer.declined": 1,
    "offer.withdrawn": 1,
    "application.progressed": 1,
    "application.declined": 1,
    "application.cancelled": 1,
    "order.approved": 2,
    "order.shipped": 2,
    "payment.settled": 2,
    "payment.failed": 2,
    "contract.registered": 2,
    "onboarding.started": 3,
    "order.delivered": 4,
    "contract.activated": 4,
    "onboarding.completed": 4,
    "renewal.offered": 5,
}

ONLY = {
    # Elsewhere such a type would move the customer, backwards too.
    "order.placed": 2,
    "contract.started": 2,
    "usage.recorded": 4,
    "contract.renewed": 5,
    "contract.upgraded": 5,
    "contract.downgraded": 5,
    "termination.requested": 6,
    "contract.terminated": 6,
    "contract.lapsed": 6,
    "winback.succeeded": 7,
}

LOOKING = frozenset({"page.viewed", "touchpoint.occurred", "campaign.responded", "interaction.started"})
"""Ways of looking around; two of them within two weeks, or more, are read as consideration."""

MOVING = frozenset(LOWEST) | frozenset(ONLY)
"""Every type that can move a customer by itself."""


def silent(kind: str, stage: str) -> bool:
    """Say whether an event of type `kind` leaves a customer in `stage` where they are."""
    place = PLACE[stage]
    if kind in ONLY:
        return place == ONLY[kind]
    # From win_back every stage is a step on, so there even a page viewed would move the customer.
    return kind not in LOWEST or (LOWEST[kind] <= place and stage != "win_back")


def passed(here: str, there: str) -> tuple[str, ...]:
    """Return the stages skipped on the way from `here` ("" before the first) to the later stage `there`."""
    if here == "win_back":
        return ()
    return tuple(stage for stage in ORDER[PLACE[here] + 1 : PLACE[there]] if stage not in ("termination", "win_back"))
