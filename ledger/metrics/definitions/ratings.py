"""The definitions of what customers answer: NPS, CSAT, CES 2.0, and the counts of scores."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_SOURCE = "experience_metrics, measure {}; survey.responded"
_DIMENSIONS = ("stage", "channel", "department", "segment", "month", "punctuality")
_OTHER_SCALE = {"other_scale": "the rating was given on another scale than the score is defined on"}
_BY_DAY = "Counted by day: a window is rounded out to whole days."
NPS = Metric(
    name="nps",
    topic="surveys",
    grain="day",
    title="Net Promoter Score",
    n="ratings on 0–10",
    source=_SOURCE.format("nps"),
    statistics=(
        Statistic(
            name="score",
            unit="points",
            formula="100·(P − D) / n; P are the scores of 9 and 10, D those of 0 to 6",
            interval="adjusted Wald, 95 %: n + 3, P + ¾, D + ¾, variance p + d − (p − d)², within ±100",
        ),
    ),
    excluded=_OTHER_SCALE,
    dimensions=_DIMENSIONS,
    reference="Rocks (2016), Interval estimation for the Net Promoter Score, The American Statistician 70(4)",
    notes=(
        "The numerator is P − D.",
        "Of one single answer of 9 and more, or 6 and less, the interval ends inside.",
        _BY_DAY,
    ),
)

CSAT = Metric(
    name="csat",
    topic="surveys",
    grain="day",
    title="Customer satisfaction",
    n="ratings on 1–5",
    source=_SOURCE.format("csat"),
    statistics=(
        share_statistic("ratings of 4 and 5 / n (top two boxes)"),
        Statistic(name="mean", unit="score", formula="sum of the scores / n", interval="Student's t, 95 %"),
    ),
    excluded=_OTHER_SCALE,
    dimensions=_DIMENSIONS,
    reference="Wilson (1927), Probable inference, the law of succession, and statistical inference",
    notes=(_BY_DAY,),
)

CES = Metric(
    name="ces",
    topic="surveys",
    grain="day",
    title="Customer effort score 2.0",
    n="ratings on 1–7, where 7 is easy",
    source=_SOURCE.format("ces"),
    statistics=(
        Statistic(name="mean", unit="score", formula="sum of the scores / n", interval="Student's t, 95 %, n − 1 df"),
    ),
    excluded=_OTHER_SCALE,
    dimensions=_DIMENSIONS,
    notes=("The interval needs two ratings, and may pass the ends of the scale.", _BY_DAY),
)

RATINGS = Metric(
    name="ratings",
    topic="surveys",
    grain="day",
    title="Ratings by score",
    n="ratings of that survey on that scale",
    source=_SOURCE.format("nps, csat or ces"),
    statistics=(Statistic(name="count", unit="ratings", formula="ratings of that score"),),
    parts={"survey": "nps, csat or ces", "scale": "as in 1-5", "score": "the score"},
    dimensions=_DIMENSIONS,
    notes=(_BY_DAY,),
)

DEFINITIONS = (NPS, CSAT, CES, RATINGS)
