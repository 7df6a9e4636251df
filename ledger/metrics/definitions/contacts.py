"""The definitions of how much happens, and on which channels."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic

CONTACTS = Metric(
    name="contacts",
    title="Contacts by direction",
    n="contacts of any direction",
    source="experience_metrics, measure touchpoint",
    statistics=(Statistic(name="count", unit="contacts", formula="contacts of that direction"),),
    parts={"direction": "inbound, outbound or undirected (unknown)"},
    dimensions=("stage", "channel", "department", "segment", "month"),
)

CHANNEL_SWITCHING = Metric(
    name="channel_switching",
    title="Channel switching",
    n="pairs of consecutive contacts of one customer, at most 7 days apart or of the same case",
    source="experience_metrics, measure switching",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="pairs on different channels / pairs",
            interval="Wilson's score interval, 95 %",
        ),
    ),
    dimensions=("stage", "channel", "department", "segment", "month"),
    window="7d",
    notes=("Split by a key, a pair counts where its second contact does.",),
)

VOLUME = Metric(
    name="volume",
    title="How much there is",
    n="what is counted, or the things summed over",
    source="the events and the read model",
    statistics=(
        Statistic(name="count", unit="count", formula="how many there are of what the measure names"),
        Statistic(name="sum", unit="the measure's own", formula="the sum of what the measure names"),
    ),
    parts={
        "measure": "what is counted or summed: events, customers, cases, orders, items, quantity, payments, …",
        "currency": "sums of money only; currencies are never added",
    },
    dimensions=("type", "stage", "channel", "department", "segment", "month", "kind", "outcome"),
)

DEFINITIONS = (CONTACTS, CHANNEL_SWITCHING, VOLUME)
