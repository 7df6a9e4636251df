"""The definitions of needs: expressed, met, unmet, stated and revealed."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_PLACE = ("stage", "channel", "department", "segment", "month")
_DIMENSIONS = ("need", "manner", *_PLACE)
_SOURCE = "needs: need.expressed, need.met, need.unmet"
_NOT_EXPRESSED = {
    "not_expressed": "a need.met or need.unmet that finds no need of that name waiting for it: never expressed, "
    "or concluded before"
}
_LATER = {"later": "the need was expressed after the as-of time"}
_DATED = "A need counts when it was expressed, with the stage, channel, department and segments of then."
_PAIRED = (
    "A conclusion is of the need that its causation_id names, else of the oldest that has none; a need.met "
    "where all have one is of the oldest that stayed unmet: met after all. Without causation_ids a need that is never "
    "concluded takes the conclusion of the next one, and times come out too long."
)
_MANNER_UNKNOWN = "not told whether it was stated or revealed"

NEEDS_EXPRESSED = Metric(
    name="needs_expressed",
    topic="needs",
    title="Needs expressed",
    n="needs expressed",
    source=_SOURCE,
    statistics=(Statistic(name="count", unit="needs", formula="needs expressed"),),
    excluded=_NOT_EXPRESSED,
    dimensions=_DIMENSIONS,
    notes=(_DATED, "What was not expressed counts where its conclusion stands."),
)

NEED_OUTCOME = Metric(
    name="need_outcome",
    topic="needs",
    title="Needs met, unmet and open",
    n="needs expressed whose window was over at the as-of time",
    source=_SOURCE,
    statistics=(share_statistic("needs with that outcome within the window after they were expressed / n"),),
    excluded={
        **_NOT_EXPRESSED,
        "immature": "the window after the need was expressed was not over at the as-of time",
    },
    parts={"outcome": "met; unmet (and not met after all); open: neither within the window"},
    dimensions=_DIMENSIONS,
    options=("within",),
    window="30d",
    notes=(_PAIRED, _DATED),
)

TIME_TO_MET = Metric(
    name="time_to_met",
    topic="needs",
    title="Time until a need is met",
    n="needs expressed (met: those that were met)",
    source=_SOURCE,
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="all: the first time by which half of the needs are met, None when they are not; "
            "met: the median of those that were met, linear",
            interval="all: Greenwood on the log(−log) scale, 95 % (Brookmeyer and Crowley)",
        ),
        Statistic(
            name="p90", unit="days", formula="the same for nine tenths of the needs", interval="as for the median"
        ),
    ),
    excluded={**_NOT_EXPRESSED, **_LATER, "not_met": "met only: the need was not met by the as-of time"},
    parts={
        "method": "all: Kaplan–Meier over all needs, those not met by the as-of time censored there; "
        "met: of those that were met alone, which hides how many were not"
    },
    dimensions=_DIMENSIONS,
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982); Fine and Gray (1999)",
    notes=(
        (
            "A need that stays unmet is kept as not met until the as-of time: to censor it where it was found unmet "
            "would take it for one that may still be met. What is estimated is the cumulative incidence of being met."
        ),
        "The numerator of all is the number of needs that were met. A day is 24 hours.",
        _PAIRED,
        _DATED,
    ),
)

STATED_AND_REVEALED = Metric(
    name="stated_and_revealed",
    topic="needs",
    title="Needs that customers state, and needs that their behaviour reveals",
    n="needs expressed of which it is told whether they were stated or revealed",
    source=_SOURCE,
    statistics=(
        Statistic(name="count", unit="needs", formula="needs expressed in that manner"),
        share_statistic("needs expressed in that manner / n of that need"),
    ),
    excluded={"no_manner": _MANNER_UNKNOWN},
    parts={"manner": "stated: the customer said it; revealed: their behaviour showed it"},
    dimensions=("need", *_PLACE),
    notes=(
        "It is always told by need. `need_outcome --by manner` tells which of the two are met more often.",
        _DATED,
    ),
)

NEED_AGREEMENT = Metric(
    name="need_agreement",
    topic="needs",
    title="Whether customers reveal the needs that they state",
    n="customers with a need of known manner (mean: with needs of both manners)",
    source=_SOURCE,
    statistics=(
        share_statistic("customers of that overlap / customers"),
        Statistic(
            name="mean",
            unit="Jaccard index",
            formula="mean over customers of |stated ∩ revealed| / |stated ∪ revealed|, the sets of distinct needs",
            interval="Student's t, 95 %",
        ),
    ),
    excluded={
        "no_manner": "customers whose needs are all " + _MANNER_UNKNOWN,
        "one_manner": "mean only: customers whose needs are only stated or only revealed",
    },
    parts={
        "overlap": "share only: only_stated, only_revealed; of customers with both: same (the sets are equal), "
        "some (they share a need) or none"
    },
    dimensions=_PLACE,
    reference="Jaccard (1912)",
    notes=("Split by a key, the sets are of the needs expressed there, so a customer may count in several groups.",),
)

NEED_MIX = Metric(
    name="need_mix",
    topic="needs",
    title="Which needs a stage has",
    n="needs expressed in the stage",
    source=_SOURCE,
    statistics=(share_statistic("needs of that name / needs, in the stage"),),
    parts={"need": "the need"},
    dimensions=("manner", *_PLACE),
    notes=("It is always told by stage, the most frequent need first.", _DATED),
)

NEED_SHIFT = Metric(
    name="need_shift",
    topic="needs",
    title="How far the mix of needs shifts from stage to stage",
    n="needs expressed in that of the two stages which has fewer",
    source=_SOURCE,
    statistics=(
        Statistic(
            name="distance",
            unit="share",
            formula="total variation distance, ½·Σ |share in to_stage − share in from_stage| over all needs: the "
            "part of the mix that is another; 0 is the same, 1 has nothing in common",
        ),
    ),
    parts={
        "from_stage": "a stage of the primary track",
        "to_stage": "the next one",
        "from_n": "needs expressed in from_stage",
        "to_n": "needs expressed in to_stage",
    },
    dimensions=("manner", "channel", "department", "segment", "month"),
    notes=(
        (
            "Told only where both stages have needs. Small samples differ by chance: of few needs the distance is "
            "large without meaning much, and `need_change` has the intervals."
        ),
        _DATED,
    ),
)

NEED_CHANGE = Metric(
    name="need_change",
    topic="needs",
    title="How the share of each need changes from stage to stage",
    n="needs expressed in that of the two stages which has fewer",
    source=_SOURCE,
    statistics=(
        Statistic(
            name="difference",
            unit="difference of shares",
            called="change",
            formula="share of the need in to_stage − share of it in from_stage",
            interval="Newcombe's hybrid score interval, 95 %",
        ),
    ),
    parts={
        "from_stage": "a stage of the primary track",
        "to_stage": "the next one",
        "need": "the need",
        "from_n": "needs expressed in from_stage",
        "to_n": "needs expressed in to_stage",
    },
    dimensions=("manner", "channel", "department", "segment", "month"),
    reference="Newcombe (1998), Interval estimation for the difference between independent proportions, method 10",
    notes=(
        "Told only where both stages have needs.",
        "A customer may express several needs: the interval takes them as independent.",
        _DATED,
    ),
)

DEFINITIONS: tuple[Metric, ...] = (
    NEEDS_EXPRESSED,
    NEED_OUTCOME,
    TIME_TO_MET,
    STATED_AND_REVEALED,
    NEED_AGREEMENT,
    NEED_MIX,
    NEED_SHIFT,
    NEED_CHANGE,
)
