"""The definitions of how often the journey is made, how long it takes, and what it uses up."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_STUDENT = "Student's t, 95 %"
_CYCLE = "A cycle begins with the first visit, then with each restart (a new order after the purchase) and win-back."
_PLACED = "A cycle counts when it began, where the event stood that began it; its segments are as of then."
_WINDOWED = "A day is 24 hours. What begins after the as-of time is left out."

CYCLES_PER_CUSTOMER = Metric(
    name="cycles_per_customer",
    topic="cycles",
    title="Cycles of a customer",
    n="customers that ever entered a stage",
    source="stage_visits, primary track",
    statistics=(
        Statistic(name="mean", unit="cycles per customer", formula="cycles begun / customers", interval=_STUDENT),
        Statistic(name="median", unit="cycles per customer", formula="median of the cycles begun, linear"),
        share_statistic("customers with two cycles or more / customers", called="two or more"),
        Statistic(name="count", unit="customers", formula="customers with so many cycles"),
    ),
    parts={"cycles": "count only: how many"},
    dimensions=("channel", "department", "segment", "month"),
    notes=(
        _CYCLE,
        "A customer counts when, and where, their first visit began; their segments are as of then.",
        "Who came later has had less time for a second cycle: split by month to see it.",
    ),
)

CYCLE_LENGTH = Metric(
    name="cycle_length",
    topic="cycles",
    title="Length of a cycle",
    n="cycles (completed: those after which another began)",
    source="stage_visits, primary track",
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="kaplan_meier: the first time by which half of the cycles were followed by another; "
            "completed: the median of those that were, linear",
            interval="kaplan_meier: Greenwood on the log(−log) scale, 95 % (Brookmeyer and Crowley)",
        ),
        Statistic(name="p90", unit="days", formula="the same for nine tenths", interval="as for the median"),
        Statistic(name="mean", unit="days", formula="completed only: the mean of the cycles that were followed"),
    ),
    excluded={"open": "completed only: no other cycle began by the as-of time"},
    parts={"method": "kaplan_meier (a customer's last cycle is right-censored at the as-of time) or completed"},
    dimensions=("channel", "department", "segment", "month", "cycle"),
    reference="Kaplan and Meier (1958); Brookmeyer and Crowley (1982)",
    notes=(
        "From the first entry of the cycle to the first entry of the next one.",
        "The numerator of kaplan_meier is the number of cycles that were followed by another.",
        _CYCLE,
        _PLACED,
        _WINDOWED,
    ),
)

TIME_BETWEEN_CYCLES = Metric(
    name="time_between_cycles",
    topic="cycles",
    title="Time between cycles",
    n="pairs of consecutive cycles of a customer with both ends",
    source="stage_visits, primary track",
    statistics=(
        Statistic(name="median", unit="days", formula="median, linear"),
        Statistic(name="p90", unit="days", formula="90th percentile, linear"),
        Statistic(name="mean", unit="days", formula="mean"),
    ),
    excluded={
        "last": "no other cycle began by the as-of time",
        "no_use": "pause: neither purchase nor use was visited in the cycle",
        "no_purchase": "purchases: the purchase was not visited in the one cycle or in the other",
    },
    parts={
        "between": "pause: from the end of the cycle's last visit to purchase or use to the beginning of the next "
        "cycle, 0 where one led to the other; purchases: from the first entry into purchase to that of the next cycle"
    },
    dimensions=("channel", "department", "segment", "month", "cycle"),
    notes=(
        "Only cycles that were followed are told, so it is shorter than it will be: see cycle_length for all.",
        _PLACED.replace("A cycle counts", "A pair counts as the earlier cycle:"),
        _WINDOWED,
    ),
)

STAGE_RESOURCES = Metric(
    name="stage_resources",
    topic="cycles",
    title="What a stage uses up",
    n="visits to the stage (per customer: customers with one)",
    source="stage_visits: touchpoints, minutes, cost",
    statistics=(
        Statistic(name="sum", unit="touchpoints, minutes or the currency", formula="sum over visits"),
        Statistic(name="mean", unit="touchpoints, minutes or the currency", formula="sum / visits, or sum / customers"),
    ),
    parts={
        "resource": "touchpoints, minutes (of completed work) or cost (of completed work)",
        "per": "mean only: visit or customer",
        "currency": "cost only: ISO 4217; currencies are never added",
    },
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("currency",),
    notes=(
        "It is always told by stage. A visit counts when it was entered, with the segments as of that entry.",
        "Channel and department are those of the event that entered it.",
        "What happens in an overlay (support, advocacy) is told there, and again in the primary stage beside it.",
        "So the sum over the primary stages is the whole, but for what came before the first stage.",
        "An open visit has what it used so far. Work without minutes or cost adds none.",
    ),
)

CYCLE_RESOURCES = Metric(
    name="cycle_resources",
    topic="cycles",
    title="What a cycle uses up",
    n="cycles (cost: cycles with a cost in that currency)",
    source="stage_visits, primary track: touchpoints, minutes, cost",
    statistics=(
        Statistic(name="sum", unit="touchpoints, minutes or the currency", formula="sum over cycles"),
        Statistic(
            name="mean", unit="touchpoints, minutes or the currency", formula="mean over cycles", interval=_STUDENT
        ),
        Statistic(name="median", unit="touchpoints, minutes or the currency", formula="median over cycles, linear"),
        Statistic(name="p90", unit="touchpoints, minutes or the currency", formula="90th percentile, linear"),
    ),
    excluded={"open": "completed only: no other cycle began by the as-of time"},
    parts={
        "resource": "touchpoints, minutes (of completed work) or cost (of completed work)",
        "cycles": "completed, or all (open ones with what they used so far)",
        "currency": "cost only: ISO 4217; currencies are never added",
    },
    dimensions=("channel", "department", "segment", "month", "cycle"),
    options=("currency",),
    notes=(_CYCLE, _PLACED, "What happened before the first stage belongs to no cycle."),
)

DEFINITIONS: tuple[Metric, ...] = (
    CYCLES_PER_CUSTOMER,
    CYCLE_LENGTH,
    TIME_BETWEEN_CYCLES,
    STAGE_RESOURCES,
    CYCLE_RESOURCES,
)
