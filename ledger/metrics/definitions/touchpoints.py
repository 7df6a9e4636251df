"""The definitions of the touchpoint map: the catalogue against what customers met."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_SOURCE = "touchpoint_history and the catalogue file"
_DIMENSIONS = ("stage", "channel", "department", "segment", "month")
_COMMAND = "touchpoints"

_NAMED = (
    "A touchpoint is named by the event's touchpoint_id, an obstacle without one by its step, else by its type.",
    "What the catalogue lists under `also` is the touchpoint it is listed for.",
)
_NOBODY = {"nobody": "nobody met any touchpoint there, so it cannot be told"}
_BY_MONTH = "Counted by month: a window is rounded out to whole months."
_PLACED = (
    "Split by stage or channel, a touchpoint is catalogued where it names that one or none, and where it is unknown."
)

COVERAGE = Metric(
    name="touchpoint_coverage",
    topic="touchpoints",
    command=_COMMAND,
    grain="month",
    title="Catalogued touchpoints that were met",
    n="touchpoints of the layer in the catalogue",
    source=_SOURCE,
    statistics=(
        share_statistic("touchpoints of the layer that a customer met at least once / touchpoints of the layer"),
    ),
    excluded=_NOBODY,
    parts={"layer": "what_is (exists), must_be (customers expect it), should_be (wished or planned), or all"},
    dimensions=_DIMENSIONS,
    notes=(*_NAMED, _PLACED, _BY_MONTH, "It is told only against a catalogue."),
)

GAPS = Metric(
    name="touchpoint_gaps",
    topic="touchpoints",
    command=_COMMAND,
    grain="month",
    title="Where catalogue and customers differ, and where its layers do",
    n="count: the touchpoints that could have the gap; sum: the customers that met this one",
    source=_SOURCE,
    statistics=(
        Statistic(name="count", unit="touchpoints", formula="touchpoints that have the gap"),
        Statistic(name="sum", unit="encounters", formula="encounters at one touchpoint that has it"),
    ),
    excluded=_NOBODY,
    parts={
        "gap": "missing: in what_is or must_be, never met; uncatalogued: met, not in the catalogue; "
        "unexpected: met, in the catalogue but not in what_is; to_build: in must_be, not in what_is; "
        "planned: in should_be, not in what_is; unasked: in what_is alone, so nobody expects or wishes it; "
        "misplaced (split by or kept to a stage or channel): met there, catalogued for others only",
        "touchpoint": "sum only: which one",
        "layers": "sum only: the layers it is catalogued in",
    },
    dimensions=_DIMENSIONS,
    notes=(*_NAMED, _PLACED, _BY_MONTH, "It is told only against a catalogue."),
)

ENCOUNTERS = Metric(
    name="touchpoint_encounters",
    topic="touchpoints",
    command=_COMMAND,
    grain="month",
    title="How often each touchpoint is met, and by how many",
    n="count: encounters at any touchpoint; share: customers that met any",
    source="touchpoint_history",
    statistics=(
        Statistic(name="count", unit="encounters", formula="encounters at the touchpoint"),
        share_statistic("customers that met the touchpoint / customers that met any"),
    ),
    parts={"touchpoint": "which one", "layers": "the layers it is catalogued in, uncatalogued, or nothing"},
    dimensions=_DIMENSIONS,
    notes=(
        *_NAMED,
        (
            "An encounter is an event that docs/reference/events.md counts as a touchpoint, or that carries a "
            "touchpoint_id and is about the customer's experience (not of the families identity and control)."
        ),
        _BY_MONTH,
    ),
)

TROUBLE = Metric(
    name="touchpoint_trouble",
    topic="touchpoints",
    command=_COMMAND,
    grain="month",
    title="Broken touchpoints: what goes wrong there, and why",
    n="encounters at the touchpoint",
    source="touchpoint_history",
    statistics=(share_statistic("encounters that went wrong in that way by that cause / encounters"),),
    parts={
        "touchpoint": "which one",
        "trouble": "obstacle (obstacle.hit), abandoned (interaction.abandoned), not_achieved (interaction.completed "
        "with objective_achieved = false), payment_failed (payment.failed), unsupported (opportunity.unsupported), "
        "negative_feedback (feedback.received of kind complaint or with a sentiment below 0), low_rating "
        "(survey.responded: NPS 0–6 of 0–10, CSAT 1–2 of 1–5, CES 1–3 of 1–7), or any of them",
        "cause": "people, process or technology, as the obstacle says; unknown: nobody said; or any",
    },
    dimensions=_DIMENSIONS,
    notes=(
        *_NAMED,
        "Feedback and ratings count at a touchpoint only where they carry its touchpoint_id.",
        "One event is one encounter and goes wrong in one way at most: the ways add up to any, and so do the causes.",
        (
            "Encounters of one customer are taken as independent, so the interval is too narrow where few customers "
            "account for most of them."
        ),
        "Where only obstacles carry a name, as a step that no other event names, the share is 1: read the count.",
        "A way or a cause that did not occur is not told; a touchpoint without trouble is told as any.",
        _BY_MONTH,
    ),
)

_ASSOCIATION = (
    (
        "An association, never an effect: who stays longer in a stage has more time to meet a touchpoint, and who "
        "wants to go on looks for some of them. Of a hundred intervals, five miss by chance."
    ),
    "The n of the difference is that of the smaller group; the groups stand beside it, those under 30 last.",
    "It is always told by stage. A touchpoint that everybody there met, or nobody, has no difference and is left out.",
)

CONVERSION = Metric(
    name="touchpoint_conversion_association",
    version=2,
    topic="touchpoints",
    command=_COMMAND,
    title="Association of a touchpoint with going on to a later stage",
    n="customers that left their first visit to the stage (difference: of the smaller group)",
    source="stage_visits, touchpoint_history",
    statistics=(
        share_statistic("customers of the group whose next stage is a later one / customers of the group"),
        Statistic(
            name="difference",
            unit="difference of shares",
            formula="share of those who met it − share of those who did not",
            interval="Newcombe's hybrid score interval (his method 10), 95 %",
        ),
    ),
    excluded={
        "open": "the visit had not ended at the as-of time (without --within)",
        "immature": "with --within W: the visit began less than W before the as-of time",
        "alike": "all of them went on, or none: nothing to compare, said once for the stage, of any touchpoint",
    },
    parts={
        "touchpoint": "which one",
        "group": "met: met it in the first visit to the stage, before leaving it; not_met; or difference",
    },
    dimensions=_DIMENSIONS,
    options=("within",),
    reference="Newcombe (1998), Interval estimation for the difference between independent proportions, "
    "Statistics in Medicine 17",
    notes=(
        *_ASSOCIATION,
        (
            "A customer counts once for each stage: by their first visit to it, when, where and in the segments in "
            "which it began. Later is what stands further on in the journey and is no end, nor a return but from an "
            "end; a stage without any is left out."
        ),
        (
            "With --within W only what happened in the first W of the visit counts, meeting as well as going on, and a "
            "visit that is still open counts as not gone on."
        ),
        "Where a stage can only be left forwards, all who left it went on, alike: there only --within tells anything.",
    ),
)

RATING = Metric(
    name="touchpoint_rating_association",
    topic="touchpoints",
    command=_COMMAND,
    title="Association of a touchpoint with satisfaction",
    n="customers that rated their satisfaction in the stage (difference: of the smaller group)",
    source="answers (metric csat, scale 1-5), touchpoint_history",
    statistics=(
        Statistic(
            name="mean",
            unit="score",
            formula="mean of each customer's first CSAT score (1–5) given in the stage",
            interval="Student's t, 95 %",
        ),
        Statistic(
            name="difference",
            unit="difference of means",
            formula="mean of those who met it before they answered − mean of those who had not",
            interval="Welch's t with Satterthwaite's degrees of freedom, rounded down, 95 %",
        ),
    ),
    parts={
        "touchpoint": "which one",
        "group": "met: met it in the stage earlier than they answered; not_met; or difference",
    },
    dimensions=_DIMENSIONS,
    reference="Welch (1947), The generalization of Student's problem when several different population variances "
    "are involved, Biometrika 34",
    notes=(
        *_ASSOCIATION,
        (
            "A customer counts once for each stage: by the first answer they gave while in it (within the window, "
            "where there is one), when, where and in the segments in which it was given."
        ),
        "Met at the instant of the answer is not met before it. A window bounds the answers, not the meetings.",
    ),
)

DEFINITIONS = (COVERAGE, GAPS, ENCOUNTERS, TROUBLE, CONVERSION, RATING)
