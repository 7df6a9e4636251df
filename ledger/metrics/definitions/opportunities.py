"""The definitions of unsupported opportunities: what customers tried that no channel supports."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_PLACE = ("stage", "channel", "department", "segment", "month")
_SOURCE = "opportunities: opportunity.unsupported"
_BOTH = "interactions, direction inbound; opportunities: opportunity.unsupported"
_TRIED = "The channel is the one that was tried: the event's own field, else the envelope's; likewise the reason."
_ATTEMPTS = (
    (
        "An attempt is an inbound interaction, or an opportunity.unsupported that belongs to no inbound interaction of "
        "the customer. It is unsupported where it is such an opportunity, or an interaction in which there was any."
    ),
    (
        "An interaction counts when it began, with its first known channel and department; an opportunity on its own "
        "where it stands, with the channel that was tried."
    ),
)

UNSUPPORTED = Metric(
    name="unsupported",
    topic="opportunities",
    title="Unsupported opportunities",
    n="opportunity.unsupported",
    source=_SOURCE,
    statistics=(
        Statistic(name="count", unit="opportunities", formula="opportunities that the channel did not support"),
    ),
    dimensions=("reason", *_PLACE),
    notes=(_TRIED,),
)

UNSUPPORTED_DEMAND = Metric(
    name="unsupported_demand",
    topic="opportunities",
    title="Unsupported demand",
    n="attempts",
    source=_BOTH,
    statistics=(share_statistic("unsupported attempts / attempts"),),
    dimensions=_PLACE,
    notes=_ATTEMPTS,
)

CHANNEL_COVERAGE = Metric(
    name="channel_coverage",
    topic="opportunities",
    title="What a channel covers of what is tried on it",
    n="attempts",
    source=_BOTH,
    statistics=(share_statistic("1 − unsupported attempts / attempts"),),
    dimensions=_PLACE,
    notes=("It is always told by channel. The numerator is the attempts that were supported.", *_ATTEMPTS),
)

UNSUPPORTED_REASONS = Metric(
    name="unsupported_reasons",
    topic="opportunities",
    title="Why channels did not support what was tried",
    n="unsupported opportunities with a reason",
    source=_SOURCE,
    statistics=(
        Statistic(name="count", unit="opportunities", formula="opportunities with that reason"),
        share_statistic("opportunities with that reason / n"),
    ),
    excluded={"no_reason": "no reason was told"},
    parts={"rank": "1 is the most frequent", "reason": "the reason, as it was told"},
    dimensions=_PLACE,
    options=("top",),
    notes=("The most frequent 10 unless `--top` says otherwise; n is of all of them.", _TRIED),
)

UNSUPPORTED_CUSTOMERS = Metric(
    name="unsupported_customers",
    topic="opportunities",
    title="Customers who tried what no channel supports",
    n="customers with an attempt",
    source=_BOTH,
    statistics=(
        Statistic(name="count", unit="customers", formula="distinct customers with an unsupported attempt"),
        share_statistic("customers with an unsupported attempt / customers with an attempt"),
    ),
    dimensions=_PLACE,
    notes=(*_ATTEMPTS, "Split by a key, a customer counts in every group in which they made an attempt."),
)

OUT_OF_HOURS = Metric(
    name="out_of_hours",
    topic="opportunities",
    title="Unsupported opportunities outside opening hours",
    n="unsupported opportunities of which it is known whether the channel was open",
    source=_SOURCE + "; the channel registry's `hours`",
    statistics=(share_statistic("opportunities outside the opening hours of the channel that was tried / n"),),
    excluded={"unknown_hours": "the registry tells no opening hours of the channel, or the time of day is not known"},
    dimensions=("reason", *_PLACE),
    notes=(
        (
            "Hours are by the local clock of the zone that days are counted in, summer time included; closing time is "
            "outside."
        ),
        (
            "It says when customers came, not why they were not served: a reason such as `out of hours` is the "
            "producer's own word, and is told by `unsupported_reasons`."
        ),
    ),
)

DEFINITIONS: tuple[Metric, ...] = (
    UNSUPPORTED,
    UNSUPPORTED_DEMAND,
    CHANNEL_COVERAGE,
    UNSUPPORTED_REASONS,
    UNSUPPORTED_CUSTOMERS,
    OUT_OF_HOURS,
)
