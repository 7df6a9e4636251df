"""The definitions of who stays, who returns and who is gone."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_LAST_DAY = (
    "The day of the as-of time counts as a whole, because a log may know only dates: a month is over on its last day."
)
_ACTIVITY = "It is always told by activity: order (an order.placed) or inbound (any touchpoint of direction inbound)."

ROLLING_RETENTION = Metric(
    name="rolling_retention",
    topic="cohorts",
    grain="day",
    title="Rolling retention",
    n="customers whose period was over at the as-of time",
    source="experience_metrics, measure order; inbound: the events",
    statistics=(
        share_statistic(
            "within: customers active on a day from d to d + W − 1 after their first / n; "
            "or_later: customers active on a day d or more after their first / n"
        ),
    ),
    excluded={"immature": "the last day of the period was later than the day of the as-of time"},
    parts={
        "days_later": "d = k·W for k = 1, 2, 3, 6, 12",
        "counted": "within (in that period itself) or or_later (then or at any time after, also called unbounded)",
    },
    dimensions=("activity", "channel", "segment", "month"),
    options=("within",),
    window="30d",
    notes=(
        _ACTIVITY,
        "W is 30 days, or the length asked for by `within`. Days are calendar days of the journey's zone.",
        "Both shares leave out the same customers; or_later still grows while time passes.",
        _LAST_DAY,
        "A customer belongs where, and in the month in which, their first activity of the window was.",
        "The segments are those as of the first order; for inbound the customer's own, as of the figure's time.",
    ),
)

LIFECYCLE = Metric(
    name="lifecycle",
    topic="cohorts",
    grain="month",
    title="New, returning, resurrecting and dormant customers",
    n="customers active in the month (dormant, share: active in the month before; ratio: those it is made of)",
    source="experience_metrics, measure order; inbound: touchpoint_history",
    statistics=(
        Statistic(
            name="count",
            unit="customers",
            called="customers",
            formula="customers of that part of the lifecycle in the month",
        ),
        share_statistic("returning / active in the month before: retention from month to month", called="retained"),
        Statistic(
            name="ratio",
            unit="quick ratio",
            called="quick ratio",
            formula="(new + resurrecting) / dormant: above 1 the active customers grow; None when none is dormant",
        ),
    ),
    parts={
        "lifecycle": "count only. new: active for the first time; returning: active in this month and the one before; "
        "resurrecting: active in this month, not in the one before, earlier yes; active: these three together; "
        "dormant: active in the month before and not in this one"
    },
    dimensions=("activity", "segment", "month"),
    notes=(
        "It is always told by month and by activity: order (an order.placed) or inbound (an inbound touchpoint).",
        "Months are calendar months of the journey's zone; one that was not over at the as-of time is not told.",
        _LAST_DAY,
        "What came before the window counts for who is new. Segments are the customer's own, as of the figure's time.",
    ),
)

CONTRACT_RETENTION = Metric(
    name="contract_retention",
    topic="cohorts",
    grain="month",
    title="Retention of customers under contract",
    n="customers under contract when the month began",
    source="the events: contract.activated, .renewed, .upgraded, .downgraded, .terminated, .lapsed",
    statistics=(
        share_statistic("customers under contract at the end of the month / n; contractual churn is 1 − this share"),
    ),
    excluded={"no_start": "the customer's contract ended in the month, and none was ever told to be in force"},
    dimensions=("segment", "month"),
    notes=(
        "Under contract is who had one activated, renewed, upgraded or downgraded, and then not terminated or lapsed.",
        "Of several such events at one instant one that shows a contract in force counts.",
        "It is always told by month, of the journey's zone; a month that was not over at the as-of time is not told.",
        _LAST_DAY,
        "What came before the window tells who was under contract. Segments are the customer's own.",
        "Without contracts, who is gone can only be guessed: see rolling_retention, lifecycle and recency.",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (ROLLING_RETENTION, LIFECYCLE, CONTRACT_RETENTION)
