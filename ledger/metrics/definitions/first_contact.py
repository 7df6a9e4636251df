"""The definitions of first contact resolution."""

from __future__ import annotations

from ledger.metrics.metric import Metric, share_statistic

FIRST_CONTACT_RESOLUTION = Metric(
    name="first_contact_resolution",
    topic="first_contact",
    title="First contact resolution (FCR)",
    n="cases with a resolution (no_repeat_contact…: whose window is over)",
    source="cases; interactions: started_at, direction, case_id, reason",
    statistics=(share_statistic("cases that the rule calls solved at once / cases"),),
    excluded={
        "unresolved": "no resolution is recorded",
        "immature": "no_repeat_contact…: the window after the first resolution was not over at the as-of time",
        "no_reason": "no_repeat_contact_same_reason: the case has no known reason",
    },
    parts={
        "rule": "no_reopen: never reopened; no_reassignment_no_reopen: nor ever reassigned; no_repeat_contact: "
        "no further contact of the customer within the window after the first resolution; "
        "no_repeat_contact_same_reason: none for the same reason",
    },
    dimensions=("stage", "channel", "department", "segment", "month", "reason"),
    options=("within",),
    window="7d",
    notes=(
        "The four differ widely on the same cases, so a figure without its rule says nothing.",
        "A further contact is the opening of another case, or the start of an inbound interaction not of this case.",
        "It is later than the first resolution: interaction.started or case.opened of the same customer.",
        "It counts up to the end of the window, that instant included; within the same instant nothing is later.",
        "What goes on within the case itself (a reopening, a call about it) is for the first two definitions.",
        "The reason is the case's and the contact's own, compared as text; a contact without one is of no reason.",
        "no_reopen and no_reassignment_no_reopen look at the whole case up to the as-of time, however young it is.",
        "A case counts when and where it was opened (its first event where no opening is recorded).",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (FIRST_CONTACT_RESOLUTION,)
