"""The definitions of how far the log itself can be trusted."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

COMMAND = "quality"

_SOURCE = {"source": "the source of the events; figures without it are of all sources together"}

_STANDING = (
    "Events are those that stand: what is retracted is left out, and so are retractions, corrections, merges and "
    "unmerges, which act on others."
)

_ARRIVAL = (
    "An event arrives when its producer says it was received; where none says so, when the ledger took it in.",
    "So a log that is imported long after is late throughout.",
    "An event known only by its date, or whose time is unknown, is left out: how late it was cannot be told.",
)

_BEGUN = "A case counts when it was opened (its first event where no opening is recorded)."


def _share(formula: str) -> tuple[Statistic, ...]:
    return (share_statistic(formula),)


UNKNOWN_FIELDS = Metric(
    name="unknown_fields",
    topic="quality",
    command=COMMAND,
    title="What events do not say",
    n="events of the types of which the field is expected",
    source="the events",
    statistics=_share("events without the field / events of types that should have it"),
    parts={"field": "channel, direction, actor (its type) or department", **_SOURCE},
    notes=(
        "The channel is expected of touchpoints, the direction and the actor of contacts.",
        "The department is expected of contacts and of all events of the family support.",
        "Which types are touchpoints and contacts stands in docs/reference/events.md.",
        _STANDING,
    ),
)

LATE_EVENTS = Metric(
    name="late_events",
    topic="quality",
    command=COMMAND,
    title="Events that arrived late",
    n="events whose time of day is known",
    source="the events",
    statistics=_share("events received more than the allowed time after they occurred / events"),
    excluded={"rough_time": "known only by their date, or at an unknown time"},
    parts={"after": "the allowed time, as in 1d", **_SOURCE},
    window="1d",
    notes=(*_ARRIVAL, _STANDING),
)

DELAY = Metric(
    name="delay",
    topic="quality",
    command=COMMAND,
    title="How long events are on their way",
    n="events whose time of day is known",
    source="the events",
    statistics=(
        Statistic(name="median", unit="hours", formula="median of received − occurred, linear"),
        Statistic(name="p90", unit="hours", formula="90th percentile of received − occurred, linear"),
    ),
    excluded={"rough_time": "known only by their date, or at an unknown time"},
    parts=_SOURCE,
    negatives=True,
    notes=(*_ARRIVAL, "Below zero are those received before they occurred: a clock is wrong.", _STANDING),
)

ROUGH_TIMES = Metric(
    name="rough_times",
    topic="quality",
    command=COMMAND,
    title="Times that are not told to the instant",
    n="events",
    source="the events: time_precision",
    statistics=_share("events of that precision / events"),
    parts={"precision": "date, minute, or unknown", **_SOURCE},
    notes=(_STANDING,),
)

OUT_OF_ORDER_EVENTS = Metric(
    name="out_of_order_events",
    topic="quality",
    command=COMMAND,
    title="Events that arrived after a later one",
    n="events",
    source="the events: position and occurred_at",
    statistics=_share("events recorded after one of the same customer that occurred later / events"),
    parts=_SOURCE,
    notes=("Customers who are merged are one. Order of arrival makes no difference to the folds.", _STANDING),
)

REPEATED_CONTENT = Metric(
    name="repeated_content",
    topic="quality",
    command=COMMAND,
    title="Suspected duplicates: another event with the same content",
    n="events",
    source="the events",
    statistics=_share("events that equal an earlier one in all but their name / events"),
    parts=_SOURCE,
    notes=(
        "Equal are the customer, the type, occurred_at and every other field but event_id and source_sequence.",
        "A source's are those within it; those of all sources together are equal whatever their source.",
        "They are suspected and stay: two equal purchases on one day may be two purchases. Retract those that are not.",
        "What is delivered again with the same source and event_id is no second event, so it is not in the log at all.",
        "It cannot be counted here: `append` and `import` count what they meet that was recorded already.",
        _STANDING,
    ),
)

NEGATIVE_DURATIONS = Metric(
    name="negative_durations",
    topic="quality",
    command=COMMAND,
    title="Durations below zero",
    n="cases that have both steps",
    source="cases; for the steps of an order the events",
    statistics=_share("cases whose later step occurred before the earlier one / cases with both"),
    parts={"kind": "case, feedback, order or application", "from_step": "the earlier step", "to_step": "the later one"},
    notes=(
        "They are counted and never clamped: every median has them in it.",
        "order_placed, _approved, _shipped and _delivered are a customer's first events of that type with one case_id.",
        "All other steps are the columns of cases.",
        _BEGUN,
    ),
)

OUT_OF_ORDER_CASES = Metric(
    name="out_of_order_cases",
    topic="quality",
    command=COMMAND,
    title="Cases that were answered before they were opened",
    n="cases",
    source="cases: out_of_order",
    statistics=_share("cases resolved, dispatched or communicated before their opening, or without one / cases"),
    parts={"kind": "case, feedback, order or application"},
    notes=(_BEGUN,),
)

UNOPENED_CASES = Metric(
    name="unopened_cases",
    topic="quality",
    command=COMMAND,
    title="Cases without an opening",
    n="cases",
    source="cases: opened_at",
    statistics=_share("cases of which no opening is recorded / cases"),
    parts={"kind": "case, feedback, order or application"},
    notes=(_BEGUN,),
)

RETRACTED_EVENTS = Metric(
    name="retracted_events",
    topic="quality",
    command=COMMAND,
    title="Events that were taken back",
    n="events, those that were retracted too",
    source="the events",
    statistics=_share("retracted events / events"),
    parts=_SOURCE,
    notes=("Retractions, corrections, merges and unmerges are no events here.",),
)

TYPES_WITHOUT_STAGE = Metric(
    name="types_without_stage",
    topic="quality",
    command=COMMAND,
    title="Types that indicate no stage",
    n="events",
    source="the events, and the journey in force",
    statistics=(Statistic(name="count", unit="events", formula="events of that type"),),
    parts={"type": "a type in no rule of the journey", "declared": "by the company, or by the ledger itself"},
    notes=(
        "A type that names no stage and is in no condition of any rule moves nobody; for many that is right.",
        "Types of the families identity and control are never listed: they tell of the record, not of the journey.",
        _STANDING,
    ),
)

UNREGISTERED_CHANNELS = Metric(
    name="unregistered_channels",
    topic="quality",
    command=COMMAND,
    title="Channels that the registry does not know",
    n="events on any channel",
    source="the events, and the channel registry in force",
    statistics=(Statistic(name="count", unit="events", formula="events on that channel"),),
    parts={"channel": "a channel that is not in the registry"},
    notes=(
        "Nobody knows whether it is physical or digital, assisted or not: `init --channels` registers it.",
        _STANDING,
    ),
)

PARKED_CUSTOMERS = Metric(
    name="parked_customers",
    topic="quality",
    command=COMMAND,
    title="Customers who are in no figure",
    n="customers, the parked ones too",
    source="journey_position and the quarantine",
    statistics=_share("customers of whom an event cannot be read / customers"),
    notes=("`quarantine` says who they are and what cures it.",),
)

UNKNOWN_VISITORS = Metric(
    name="unknown_visitors",
    topic="quality",
    command=COMMAND,
    title="Visitors who never became known",
    n="customers who were a visitor: one of their keys begins with anonymous:",
    source="the events and the merges",
    statistics=_share("those with no other key, who were never registered or identified / visitors"),
    notes=("Merged with a known customer they are that customer. `identities suggest` looks for such.",),
)

DEFINITIONS: tuple[Metric, ...] = (
    UNKNOWN_FIELDS,
    ROUGH_TIMES,
    LATE_EVENTS,
    DELAY,
    OUT_OF_ORDER_EVENTS,
    REPEATED_CONTENT,
    RETRACTED_EVENTS,
    NEGATIVE_DURATIONS,
    OUT_OF_ORDER_CASES,
    UNOPENED_CASES,
    TYPES_WITHOUT_STAGE,
    UNREGISTERED_CHANNELS,
    UNKNOWN_VISITORS,
    PARKED_CUSTOMERS,
)
