"""The definitions of the feedback loop: listen, dispatch, solve, communicate back."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_DIMENSIONS = ("kind", "theme", "channel", "department", "stage", "segment", "month", "dispatched_to")

_NOT_RECEIVED = {"not_received": "it was dispatched, resolved or communicated back, but never received"}

_IMMATURE = {"immature": "its window was not over at the as-of time"}

_DATED = (
    "A loop is all feedback with one case_id (without one, each event is its own). The kind is that of the feedback.",
    "A loop counts when and where it was received (its first event where no receipt is recorded).",
)


LOOP_LEGS = Metric(
    name="loop_legs",
    topic="feedback_loop",
    title="How long each leg of the feedback loop takes",
    n="loops that began the leg (completed: that ended it too)",
    source="cases of kind feedback",
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="kaplan_meier: the first time by which half of those that began the leg have ended it, None when "
            "they have not; completed: the median of those that ended it, linear",
            interval="kaplan_meier: Greenwood on the log(−log) scale, 95 % (Brookmeyer and Crowley)",
        ),
        Statistic(
            name="p90", unit="days", formula="the same for nine tenths of the loops", interval="as for the median"
        ),
        Statistic(name="mean", unit="days", formula="completed only: the mean of those that ended the leg"),
    ),
    excluded={
        **_NOT_RECEIVED,
        "skipped": "the loop went on without the step that begins or ends the leg",
        "not_begun": "the step that begins the leg has not come yet, nor any later one",
        "open": "completed only: the leg had not ended at the as-of time",
    },
    parts={
        "leg": "dispatch (received → dispatched), solve (dispatched → resolved), communicate (resolved → communicated "
        "back) or whole (received → communicated back)",
        "method": "kaplan_meier (an open leg is right-censored at the as-of time) or completed",
    },
    dimensions=_DIMENSIONS,
    negatives=True,
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982)",
    notes=(
        "A step is the first of its type: the first dispatch, the first resolution, the first communication.",
        "The numerator of kaplan_meier is the loops that ended the leg. A day is 24 hours.",
        *_DATED,
    ),
)

CLOSED_LOOP = Metric(
    name="closed_loop",
    topic="feedback_loop",
    title="Loops closed: communicated back to the customer in time",
    n="loops that were received and whose window is over",
    source="cases of kind feedback: opened_at, communicated_at",
    statistics=(
        share_statistic("loops communicated back at most the window after they were received / loops received"),
    ),
    excluded={**_NOT_RECEIVED, **_IMMATURE},
    dimensions=_DIMENSIONS,
    options=("within",),
    window="30d",
    notes=(
        "What was communicated later than the window is not closed here, so that old loops are judged as new ones.",
        "What was communicated before it was received (clocks differ) counts as closed.",
        *_DATED,
    ),
)

WRONG_DISPATCH = Metric(
    name="wrong_dispatch",
    topic="feedback_loop",
    title="Feedback dispatched to the wrong department first",
    n="loops that were received and dispatched",
    source="cases of kind feedback: dispatches, redispatched",
    statistics=(share_statistic("loops dispatched again, to another department than before / loops dispatched"),),
    excluded={
        **_NOT_RECEIVED,
        "not_dispatched": "it was never dispatched",
        "unknown_department": "it was dispatched more than once, and a department is not known",
    },
    dimensions=_DIMENSIONS,
    notes=(
        "The department is the one in the data of feedback.dispatched, the envelope's where there is none.",
        "dispatched_to is the first department that is known.",
        *_DATED,
    ),
)

NEVER_ANSWERED = Metric(
    name="never_answered",
    topic="feedback_loop",
    title="Feedback that nobody ever answered",
    n="loops that were received and whose window is over",
    source="cases of kind feedback",
    statistics=(
        Statistic(name="count", unit="loops", formula="loops never answered by the as-of time"),
        share_statistic("loops never answered by the as-of time / loops received"),
    ),
    excluded={**_NOT_RECEIVED, **_IMMATURE},
    dimensions=_DIMENSIONS,
    options=("within",),
    window="30d",
    notes=(
        "An answer is a dispatch, a resolution, a communication, or an outbound message of an agent or a partner.",
        "The window only keeps out the new; an answer after it is one.",
        *_DATED,
    ),
)

DEFINITIONS: tuple[Metric, ...] = (CLOSED_LOOP, LOOP_LEGS, WRONG_DISPATCH, NEVER_ANSWERED)
