"""The definition of how a stay in a stage ends, where it can end in several ways."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic

STAGE_OUTCOME = Metric(
    name="stage_outcome",
    topic="outcomes",
    title="How a stay in a stage ends",
    n="visits to the stage",
    source="stage_visits, primary track",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="Aalen–Johansen: the cumulative incidence Σ S(t−)·dⱼ/n over the times t up to the horizon, with S "
            "Kaplan–Meier over all exits, dⱼ the exits of this kind and n the visits at risk at t; "
            "exit none: S itself, the share still there",
            interval="on the log(−log) scale, 95 %: by Collett's variance, for none by Greenwood's; "
            "none where the share is 0 or 1",
        ),
        Statistic(name="count", unit="visits", formula="visits still observed after the horizon, and visits cut off"),
    ),
    excluded={"later": "the visit began after the as-of time"},
    parts={
        "within": "the horizon, from the entry on: 30d, 90d, 180d and 365d, or the one length asked for",
        "exit": "share only: the stage the visit was left for, none for still there",
        "counted": "count only: at_risk (observed longer than the horizon), cut_off (open, and observed no longer)",
    },
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("within",),
    window="30d, 90d, 180d, 365d",
    reference="Aalen and Johansen (1978); Collett (2003), Modelling Survival Data in Medical Research",
    notes=(
        "A visit that is open is cut off (right-censored) at the as-of time; at a tie exits come before cuts.",
        "At each horizon the shares of all exits, and of none, are 1 together.",
        "The numerator of an exit is the visits seen to take it by then, of none those observed longer.",
        "A share is None where no visit was observed up to the horizon and some were cut off before: nobody knows.",
        "1 − Kaplan–Meier of one exit with the others cut off asks what would be if there were no other exit.",
        "It never says less, and often far more: in one real log 48.4 % instead of 16.2 % by day 30.",
        "It is always told by stage. A visit counts when it was entered, where the event stood that entered it.",
        "The segments are those as of that entry. A day is 24 hours.",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (STAGE_OUTCOME,)
