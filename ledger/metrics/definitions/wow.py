"""The definitions of the experiences that stand out, and of what follows them."""

from __future__ import annotations

from ledger.metrics.metric import WILSON, Metric, Statistic, share_statistic

_WINDOWS = (
    (
        "The windows are the time strictly before and strictly after the experience: what has its very instant is in "
        "neither. --within replaces their length."
    ),
    (
        "It is described, not claimed as cause: customers differ before and after for other reasons too, and who had "
        "just bought, renewed or praised had more to be delighted by."
    ),
    "Windows around several experiences of one customer may overlap, so the interval is somewhat too narrow for them.",
    "Who is delighted is still there: leaving comes after it more often than before it by that alone.",
)

_PAIRED = {
    "immature": "the window after was not over by the end of observation",
    "not_observed": "the customer's first event (but for segments) came after the window before had begun",
}

_DIMENSIONS = ("stage", "channel", "department", "segment", "month")

WOW_RATE = Metric(
    name="wow_rate",
    topic="wow",
    title="Experiences that stand out",
    grain="month",
    n="touchpoints, or customers who met one",
    source="highlights; touchpoint_history",
    statistics=(
        share_statistic(
            "touchpoints: experience.highlighted / touchpoints, itself one; customers: those with one or more "
            "/ customers with a touchpoint"
        ),
        Statistic(
            name="mean",
            unit="per 1,000 touchpoints",
            formula="1,000 · experience.highlighted / touchpoints",
            interval=f"1,000 times {WILSON}",
        ),
    ),
    parts={"of": "touchpoints or customers"},
    dimensions=_DIMENSIONS,
    notes=("Counted by month: a window is rounded out to whole months.",),
)

WOW_FOLLOW_UPS = Metric(
    name="wow_follow_ups",
    version=2,
    topic="wow",
    title="What follows an experience that stood out",
    n="experiences that stood out, each with the window before and the window after",
    source="highlights",
    statistics=(
        share_statistic("experiences with such an act of their customer in the window / experiences"),
        Statistic(
            name="difference",
            unit="difference of shares",
            formula="share after − share before; the numerator is experiences with the act after only − before only",
            interval="Newcombe's interval for paired shares (method 10), 95 %",
        ),
    ),
    excluded=_PAIRED,
    parts={
        "act": "order: an order placed; advocacy: a referral made or a review published; renewal: a contract renewed "
        "or upgraded; leaving: a termination requested, a contract terminated or lapsed; nps_answer: an answer "
        "to the NPS question on 0–10, whatever it was",
        "time": "before, after, or difference: after − before",
    },
    dimensions=_DIMENSIONS,
    options=("within",),
    window="90d",
    notes=_WINDOWS,
    reference="Newcombe, R. G. (1998), Improved confidence intervals for the difference between binomial proportions "
    "based on paired data",
)

WOW_NPS = Metric(
    name="wow_nps",
    topic="wow",
    title="The answer to the NPS question before and after an experience that stood out",
    n="experiences that stood out with an answer in the window before and one in the window after",
    source="highlights: score_before, score_after",
    statistics=(
        Statistic(
            name="mean",
            unit="points on 0–10",
            formula="mean of the last score before, of the first after; difference: mean of after − before",
            interval="Student's t, 95 %; of the difference, paired",
        ),
    ),
    excluded={**_PAIRED, "unanswered": "no answer in the window before, or none in the window after"},
    parts={"time": "before, after, or difference: after − before"},
    dimensions=_DIMENSIONS,
    options=("within",),
    window="90d",
    notes=_WINDOWS,
)

DEFINITIONS = (WOW_RATE, WOW_FOLLOW_UPS, WOW_NPS)
