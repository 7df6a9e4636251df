"""The definitions of what happens to cases: durations, steps and handovers."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic


def _durations(what: str) -> tuple[Statistic, ...]:
    return (
        Statistic(name="median", unit="hours", formula=f"median of {what}, linear"),
        Statistic(name="p90", unit="hours", formula=f"90th percentile of {what}, linear"),
        Statistic(name="mean", unit="hours", formula=f"mean of {what}"),
    )


_DIMENSIONS = ("stage", "channel", "department", "segment", "month", "reason", "kind")

_DATED = (
    "Kinds are case, feedback, order and application; cases alone unless another is asked for or it is split by kind.",
    "A case counts when it was opened (its first event where no opening is recorded), where its first event stood.",
)

_BY_KIND = ("It is always told by kind: case, feedback, order, application. A case_id may be of several.", _DATED[1])

_STEPS = (
    "A step is the event's touchpoint_id, its type where there is none (or always its type, if asked for).",
    "Sequences are of cases, or of interactions or customers if asked for; each counts where its first event stood.",
)


def _censored(what: str, so_far: str) -> tuple[Statistic, ...]:
    by = f"kaplan_meier: the first time by which {{}} of the cases have it, {so_far} being right-censored; completed: "
    greenwood = "kaplan_meier: Greenwood on the log(−log) scale, 95 % (Brookmeyer and Crowley)"
    return (
        Statistic(
            name="median",
            unit="hours",
            formula=f"{by.format('half')}the median of {what}, linear",
            interval=greenwood,
        ),
        Statistic(
            name="p90",
            unit="hours",
            formula=f"{by.format('nine tenths')}the 90th percentile of {what}, linear",
            interval=greenwood,
        ),
        Statistic(name="mean", unit="hours", formula=f"completed only: the mean of {what}"),
    )


_CLOCK = (
    "calendar, or without_customer: minus the time the case stood awaiting the customer, up to the end that is looked "
    "at; a wait runs to the next step of the case (or to that end) and counts while the case is not resolved or closed"
)

_METHOD = "kaplan_meier (what has no end is censored at the as-of time) or completed (what ended, alone)"

_CENSORING = (
    "The numerator of kaplan_meier is the cases with an end; what is open must not be left out, or slow cases vanish.",
    "A case that stands closed without that end will not come to it: kaplan_meier leaves it out and counts it.",
)

TIME_TO_FIRST_RESPONSE = Metric(
    name="time_to_first_response",
    version=2,
    topic="cases",
    title="Time to first response (FRT)",
    n="cases that were opened (completed: and answered)",
    source="cases",
    statistics=_censored("first response − opening", "what is unanswered"),
    excluded={
        "not_opened": "no opening is recorded",
        "unanswered": "completed only: no response is recorded",
        "closed": "kaplan_meier only: it was closed without a response",
    },
    parts={"clock": _CLOCK, "method": _METHOD},
    dimensions=_DIMENSIONS,
    options=("kind",),
    negatives=True,
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982)",
    notes=(
        "A case is answered when it is triaged, assigned, in progress, escalated or resolved.",
        "Feedback is answered when it is dispatched, resolved or communicated back.",
        "Either is answered by an outbound message of an agent or a partner too, if it is in the file.",
        *_CENSORING,
        *_DATED,
    ),
)

TIME_TO_RESOLUTION = Metric(
    name="time_to_resolution",
    version=2,
    topic="cases",
    title="Time to resolution (TTR)",
    n="cases that were opened (completed: and resolved)",
    source="cases",
    statistics=_censored("resolution − opening", "what is unresolved"),
    excluded={
        "not_opened": "no opening is recorded",
        "unresolved": "completed only: no resolution is recorded",
        "closed": "kaplan_meier only: it was closed without a resolution",
    },
    parts={
        "resolution": "first or last (they differ where a case was reopened)",
        "clock": _CLOCK,
        "method": _METHOD,
    },
    dimensions=_DIMENSIONS,
    options=("kind",),
    negatives=True,
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982)",
    notes=(
        "A case that stands reopened is open to kaplan_meier of its last resolution; completed takes its last so far.",
        "An order is resolved when it is delivered.",
        *_CENSORING,
        *_DATED,
    ),
)

TIME_BETWEEN = Metric(
    name="time_between",
    topic="cases",
    title="Time between two types of event",
    n="cases (or interactions, or customers) with both",
    source="the events",
    statistics=_durations("first event of the one type − first of the other, in the same case"),
    excluded={"no_start": "the first type did not happen", "no_end": "the first type happened, the second did not"},
    parts={"from_type": "the type it starts from", "to_type": "the type it ends with"},
    dimensions=("channel", "department", "segment", "month"),
    options=("from_type", "to_type", "per"),
    negatives=True,
    notes=(
        "It counts when, and where, the event it starts from occurred (the one it ends by where that did not happen).",
        "Retracted events are left out. The segment is the customer's own, as of the time of the figure.",
        "From interaction.started to interaction.completed per interaction it is the handling time (AHT is its mean).",
    ),
)

THROUGHPUT = Metric(
    name="throughput",
    topic="cases",
    title="Throughput time of a case",
    n="cases",
    source="cases: first_at, last_at",
    statistics=_durations("last event − first event of the case"),
    dimensions=_DIMENSIONS,
    options=("kind",),
    notes=_BY_KIND,
)

HANDOVERS = Metric(
    name="handovers",
    topic="cases",
    title="Handovers between departments",
    n="cases",
    source="cases: handovers",
    statistics=(
        Statistic(
            name="mean",
            unit="handovers per case",
            formula="consecutive events of a case in different departments / cases",
            interval="Student's t, 95 %",
        ),
        Statistic(name="sum", unit="handovers", formula="consecutive events of a case in different departments"),
    ),
    dimensions=_DIMENSIONS,
    options=("kind",),
    notes=_BY_KIND,
)

TRANSITIONS = Metric(
    name="transitions",
    topic="cases",
    title="Which step follows which",
    n="pairs of consecutive steps of a case",
    source="the events of cases, in the order of the fold",
    statistics=(Statistic(name="count", unit="transitions", formula="cases' steps followed directly by that step"),),
    parts={"from_step": "the step before", "to_step": "the step after"},
    dimensions=("channel", "department", "segment", "month"),
    options=("per", "step"),
    notes=_STEPS,
)

VARIANTS = Metric(
    name="variants",
    topic="cases",
    title="Distinct sequences of steps",
    n="cases",
    source="the events of cases, in the order of the fold",
    statistics=(
        Statistic(name="count", unit="variants", formula="distinct sequences of steps from first to last"),
        share_statistic("cases of one variant / cases, for the most common; the numerator is the cases of it"),
    ),
    parts={"rank": "share only: 1 is the most common", "variant": "share only: the steps, joined by →"},
    dimensions=("channel", "department", "segment", "month"),
    options=("per", "step", "top"),
    notes=_STEPS,
)

DEFINITIONS = (
    TIME_TO_FIRST_RESPONSE,
    TIME_TO_RESOLUTION,
    TIME_BETWEEN,
    THROUGHPUT,
    HANDOVERS,
    TRANSITIONS,
    VARIANTS,
)
