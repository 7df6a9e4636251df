"""The definitions of how much happens, and on which channels."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_BY_MONTH = "Counted by month: a window is rounded out to whole months."

CONTACTS = Metric(
    name="contacts",
    topic="activity",
    grain="month",
    title="Contacts by direction",
    n="contacts of any direction",
    source="touchpoint_history",
    statistics=(Statistic(name="count", unit="contacts", formula="contacts of that direction"),),
    parts={"direction": "inbound, outbound or undirected (unknown)"},
    dimensions=("stage", "channel", "department", "segment", "month"),
    notes=(_BY_MONTH,),
)

CHANNEL_SWITCHING = Metric(
    name="channel_switching",
    topic="activity",
    grain="month",
    title="Channel switching",
    n="pairs of consecutive contacts of one customer, at most 7 days apart or of the same case",
    source="experience_metrics, measure switching",
    statistics=(share_statistic("pairs on different channels / pairs"),),
    excluded={"unknown_channel": "contacts on an unknown channel: they neither start a pair nor break one"},
    dimensions=("stage", "channel", "department", "segment", "month"),
    window="7d",
    notes=(
        "Contacts are the touchpoints that docs/reference/events.md counts as contacts.",
        "What goes on with an interaction on the same channel is no second contact.",
        "Split by a key, a pair counts where its second contact does.",
        _BY_MONTH,
    ),
)

VOLUME = Metric(
    name="volume",
    topic="activity",
    title="How much there is",
    n="what is counted, or the things summed over",
    source="the events and the read model",
    statistics=(
        Statistic(name="count", unit="count", formula="how many there are of what the measure names"),
        Statistic(name="sum", unit="the measure's own", formula="the sum of what the measure names"),
    ),
    parts={
        "measure": "what is counted or summed: events, customers, touchpoints, cases, orders, quantity, payments, "
        "payments_failed, surveys_sent, feedback, interactions, work, minutes",
        "currency": "sums of money only; currencies are never added",
    },
    dimensions=("type", "stage", "channel", "department", "segment", "month", "kind", "outcome", "touchpoint"),
    options=("measure", "kind", "currency"),
    notes=(
        "A measure that cannot be split as asked is not told.",
        "Events are those that stand; retractions, corrections, merges and unmerges, which act on others, are none.",
        "A window is rounded out to whole days for orders and surveys_sent.",
        "It is rounded out to whole months for touchpoints, quantity, payments, feedback, interactions, work, minutes.",
        "Cases are always told by kind: case, feedback, order or application. An order is priced or free.",
        "Payments are those that settled and those that failed; their sum is of those that settled.",
        "The kind of a payment is its method, that of a survey its metric. Quantity is of orders that tell it.",
    ),
)

DEFINITIONS = (CONTACTS, CHANNEL_SWITCHING, VOLUME)
