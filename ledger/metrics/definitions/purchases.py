"""The definitions of what customers buy, when they come back, and what they are worth."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_BUYERS = (
    "Orders of the window count, by day (a window is rounded out to whole days).",
    "A customer belongs where their first order of the window does; the segment is their own.",
)

REPEAT_PURCHASE = Metric(
    name="repeat_purchase",
    topic="purchases",
    grain="day",
    title="Repeat purchase rate",
    n="customers with at least one order",
    source="order.placed",
    statistics=(
        share_statistic("customers with orders on two distinct days or more / customers with an order"),
        Statistic(name="mean", unit="occasions per customer", formula="occasions / customers with an order"),
        Statistic(name="sum", unit="occasions", formula="occasions of all customers"),
    ),
    parts={"occasion": "day: distinct days, in the journey's zone (the definition); order: rows, told beside it"},
    dimensions=("channel", "segment"),
    notes=_BUYERS,
)

PURCHASE_INTERVAL = Metric(
    name="purchase_interval",
    topic="purchases",
    grain="day",
    title="Days between purchases",
    n="pairs of consecutive purchase days of one customer",
    source="order.placed",
    statistics=(
        Statistic(name="count", unit="intervals", formula="pairs of consecutive distinct purchase days"),
        Statistic(name="median", unit="days", formula="median of the calendar days between them, linear"),
        Statistic(name="p90", unit="days", formula="90th percentile, linear"),
        Statistic(name="mean", unit="days", formula="mean"),
    ),
    dimensions=("channel", "segment"),
    notes=("Several orders on one day are one occasion.", *_BUYERS),
)

RETENTION = Metric(
    name="retention",
    topic="purchases",
    grain="day",
    title="Retention by cohort",
    n="customers of the cohort",
    source="order.placed",
    statistics=(
        share_statistic("customers of the cohort with an order k calendar months after the cohort's month / cohort"),
        Statistic(name="count", unit="customers", formula="customers whose first order lies in that month"),
    ),
    excluded={"immature": "the last day of the month was later than the day of the as-of time"},
    parts={"cohort": "the month of the customer's first order", "months_later": "share only: k = 0, 1, 2, 3, 6, 12"},
    dimensions=("channel", "segment"),
    notes=("The day of the as-of time counts as a whole, because a log may know only dates.", *_BUYERS),
)

RECENCY = Metric(
    name="recency",
    topic="purchases",
    grain="day",
    title="Days since the last purchase",
    n="customers with at least one order by the day asked for",
    source="order.placed",
    statistics=(
        Statistic(name="median", unit="days", formula="median of day − last order, linear"),
        Statistic(name="p90", unit="days", formula="90th percentile, linear"),
        Statistic(name="mean", unit="days", formula="mean"),
        share_statistic("customers beyond over_days / n", called="beyond"),
    ),
    excluded={"later": "the customer's first order is after the day"},
    parts={"over_days": "share only: the limit: 180 days"},
    dimensions=("channel", "segment"),
    window="180d",
    notes=("The day asked for is that of the as-of time.", *_BUYERS),
)

CUSTOMER_VALUE = Metric(
    name="customer_value",
    topic="purchases",
    grain="day",
    title="Value of customers so far",
    n="customers with at least one order in that currency",
    source="experience_metrics, measure order; order.placed",
    statistics=(
        Statistic(name="count", unit="customers", formula="customers with an order"),
        Statistic(name="sum", unit="the currency", formula="sum of the order values"),
        Statistic(name="mean", unit="the currency", formula="sum / customers"),
        Statistic(
            name="share",
            unit="share",
            called="top tenth",
            formula="value of the top tenth of customers by value (n / 10, rounded up) / sum; "
            "None when the sum is not above zero",
        ),
    ),
    excluded={"no_value": "no order of the customer tells a value"},
    parts={"currency": "ISO 4217; currencies are never added"},
    dimensions=("channel", "segment", "month"),
    options=("currency",),
    notes=_BUYERS,
)

PUNCTUALITY = Metric(
    name="punctuality",
    topic="purchases",
    title="Late deliveries",
    n="delivered orders with a promised time",
    source="cases of kind order: resolved_first_at, promised_at",
    statistics=(share_statistic("delivered later than promised / n"),),
    excluded={"undelivered": "no delivery is recorded", "not_promised": "delivered without a promised time"},
    dimensions=("channel", "department", "segment", "month"),
    notes=("An order counts when it was placed (its first event where no placing is recorded).",),
)

DEFINITIONS = (REPEAT_PURCHASE, PURCHASE_INTERVAL, RETENTION, RECENCY, CUSTOMER_VALUE, PUNCTUALITY)
