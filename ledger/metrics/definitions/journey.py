"""The definitions of how customers move through the stages: conversion and dwell."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic

CONVERSION = Metric(
    name="conversion",
    topic="journey",
    title="Stage conversion",
    n="customers that reached from_stage",
    source="stage_visits",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="customers that reached to_stage / customers that reached from_stage",
            interval="Wilson's score interval, 95 %; none for the open funnel, which may exceed 1",
        ),
        Statistic(name="count", unit="customers", formula="customers that ever entered to_stage; n is all customers"),
    ),
    excluded={"immature": "the customer's maturity window was not over at the as-of time"},
    parts={
        "from_stage": "the stage it starts from",
        "to_stage": "the stage it looks for",
        "funnel": "closed: entered from_stage, and to_stage then or later; open: to_stage reached on any way",
    },
    dimensions=("channel", "department", "segment", "month"),
    options=("from_type", "to_type", "within"),
    notes=(
        "A maturity window W begins with a customer's first entry of from_stage (open: of either stage).",
        "With one, only customers whose W was over by the as-of time count.",
        "Of those customers, only what they entered within W counts.",
        "A customer counts when, and where, their first visit began; the segment is their own.",
    ),
)

DWELL = Metric(
    name="dwell",
    topic="journey",
    title="Time spent in a stage",
    n="visits to the stage (completed: those that were left)",
    source="stage_visits, primary track",
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="kaplan_meier: the first time by which half of the visits have ended, None when they have not; "
            "completed: the median of the visits that ended, linear",
            interval="kaplan_meier: Greenwood on the log(−log) scale, 95 % (Brookmeyer and Crowley)",
        ),
        Statistic(
            name="p90",
            unit="days",
            formula="the same for nine tenths of the visits",
            interval="as for the median",
        ),
        Statistic(name="mean", unit="days", formula="completed only: the mean of the visits that ended"),
    ),
    excluded={
        "open": "completed only: the visit was still open at the as-of time",
        "later": "the visit began after the as-of time",
    },
    parts={"method": "kaplan_meier (open visits are right-censored at the as-of time) or completed"},
    dimensions=("stage", "channel", "department", "segment", "month"),
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982)",
    notes=(
        "The numerator of kaplan_meier is the number of visits that ended. A day is 24 hours.",
        "It is always told by stage. A visit counts when it was entered, where the event stood that entered it.",
    ),
)

DEFINITIONS = (CONVERSION, DWELL)
