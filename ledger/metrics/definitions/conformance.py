"""The definitions of the planned journey against the actual one."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_SOURCE = "stage_visits (steps that are stages), else the events of the log; and the plan file"
_DIMENSIONS = ("channel", "department", "segment", "month", "cycle")
_COMMAND = "conformance"
_N = "journeys (a customer's, a cycle's or a case's, as the plan says) that are over"
_UNDER_WAY = {"under_way": "the journey may still go on as planned at the as-of time"}
_REFERENCE = (
    "van der Aalst (2016), Process Mining: Data Science in Action, 2nd edition, chapter 8 (conformance checking)"
)

_JOURNEYS = (
    "Without a file the plan is the journey's primary stages in order, up to the last that is neither an end nor a "
    "win-back, each once in a cycle."
)
_OVER = (
    "A journey is over when its last step that is not optional was taken, when a terminal stage was entered or the "
    "next cycle began, when the time for the whole plan (`within`, --within) has run out, or when the time for the "
    "next step has. The time for the whole plan runs from the journey's first step; what comes after it does not count."
)
_FIRST = (
    "A step is taken when it first happens. Steps of one instant are taken in the order of the plan, because within "
    "an instant nothing is known of their order."
)
_PLACED = (
    "A customer, cycle or case without any step of the plan's sort is no journey (of an open plan, without any planned "
    "one). A journey counts when, and where, its first step happened; the segment is the one of then for "
    "stages, the customer's own as of the time of the figure for events."
)
_NOTES = (_JOURNEYS, _OVER, _FIRST, _PLACED)

CONFORMANCE = Metric(
    name="plan_conformance",
    topic="conformance",
    command=_COMMAND,
    title="Journeys that go as planned",
    n=_N,
    source=_SOURCE,
    statistics=(share_statistic("journeys that are so / journeys that are over"),),
    excluded=_UNDER_WAY,
    parts={
        "what": "completed: the last step that is not optional was taken; conforming: completed, and no step skipped, "
        "repeated, out of order or too late, and (where the plan is closed) none extra"
    },
    dimensions=_DIMENSIONS,
    options=("within",),
    reference=_REFERENCE,
    notes=_NOTES,
)

FITNESS = Metric(
    name="plan_fitness",
    topic="conformance",
    command=_COMMAND,
    title="How much of the plan is done in order",
    n=_N,
    source=_SOURCE,
    statistics=(
        Statistic(
            name="mean",
            unit="share of steps",
            formula="mean over journeys of: steps that are not optional and were taken in order / steps not optional",
            interval="Student's t, 95 %",
        ),
    ),
    excluded=_UNDER_WAY,
    dimensions=_DIMENSIONS,
    options=("within",),
    reference=_REFERENCE,
    notes=(
        (
            "In order is a longest common subsequence of the plan and the first time each step was taken: moving the "
            "fewest steps would make the order the plan's. These are the synchronous moves of an optimal alignment; a "
            "plan is one sequence, so that token replay, which needs a net, would add nothing."
        ),
        *_NOTES,
    ),
)

STEPS = Metric(
    name="plan_steps",
    topic="conformance",
    command=_COMMAND,
    title="What becomes of each planned step",
    n=f"{_N}; too_late: those of them in which the time for the step ran",
    source=_SOURCE,
    statistics=(share_statistic("journeys in which it is so / journeys"),),
    excluded=_UNDER_WAY,
    parts={
        "place": "the step's number in the plan",
        "step": "the step",
        "what": "reached: taken at all; skipped: not optional, not taken, though a later one was; repeated: taken "
        "again, though not repeatable; out_of_order: outside a longest common subsequence with the plan (of several, "
        "the one whose steps came first); too_late: taken in order, but later after the step before it (the nearest "
        "in order) than the plan allows, or not taken by the end of that time",
    },
    dimensions=_DIMENSIONS,
    options=("within",),
    reference=_REFERENCE,
    notes=("Skipped and repeated are told of steps that can be, too_late of those with a time.", *_NOTES),
)

EXTRA = Metric(
    name="plan_extra_steps",
    topic="conformance",
    command=_COMMAND,
    title="Steps that the plan does not name",
    n=_N,
    source=_SOURCE,
    statistics=(share_statistic("journeys in which it happened / journeys"),),
    excluded=_UNDER_WAY,
    parts={"step": "which one; without this key: any of them"},
    dimensions=_DIMENSIONS,
    options=("within",),
    reference=_REFERENCE,
    notes=(
        (
            "Only steps of the plan's own sort: stages; touchpoint_ids; or types that count as touchpoints. They are "
            "looked for only where the plan is closed: of stages it is unless it says otherwise, of events only if it "
            "says so."
        ),
        "A terminal or win-back stage that is not planned ends or begins a journey, and is no extra step.",
        *_NOTES,
    ),
)

DROP_OFF = Metric(
    name="plan_drop_off",
    topic="conformance",
    command=_COMMAND,
    title="Where those leave who do not complete the plan",
    n="journeys that are over and not completed",
    source=_SOURCE,
    statistics=(share_statistic("those whose furthest step was this one / those that are over and not completed"),),
    excluded=_UNDER_WAY,
    parts={
        "place": "the step's number in the plan, 0 for none",
        "step": "the furthest step, none where none was taken",
    },
    dimensions=_DIMENSIONS,
    options=("within",),
    reference=_REFERENCE,
    notes=_NOTES,
)

DEFINITIONS = (CONFORMANCE, FITNESS, STEPS, EXTRA, DROP_OFF)
