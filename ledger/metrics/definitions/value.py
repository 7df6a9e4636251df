"""The definitions of what customers are worth and what they cost."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_STUDENT = "Student's t, 95 %"
_CURRENCY = "ISO 4217; currencies are never added"
_AS_OF_ORDER = "Splits are as of each order: its stage, channel, department, month, and the segments at that time."
_GROSS = "Orders count at the value they were placed with: what was cancelled or not paid is not taken off."


def _money(what: str) -> tuple[Statistic, ...]:
    return (
        Statistic(name="sum", unit="the currency", formula=f"sum of {what}"),
        Statistic(name="mean", unit="the currency", formula=f"mean of {what}", interval=_STUDENT),
        Statistic(name="median", unit="the currency", formula=f"median of {what}, linear"),
        Statistic(name="p90", unit="the currency", formula=f"90th percentile of {what}, linear"),
    )


LIFETIME_VALUE = Metric(
    name="lifetime_value",
    topic="value",
    grain="day",
    title="Historic customer lifetime value (CLV, LTV)",
    n="customers with an order in that currency",
    source="experience_metrics, measure order; order.placed",
    statistics=_money("what each customer has ordered so far"),
    excluded={"no_value": "no order of the customer tells a value"},
    parts={"currency": _CURRENCY},
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("currency",),
    notes=(
        _GROSS,
        _AS_OF_ORDER,
        "Split, a customer counts in each group that holds an order of theirs, with what they ordered there.",
    ),
)

VALUE_DECILE = Metric(
    name="value_decile",
    topic="value",
    grain="day",
    title="How value is spread over customers",
    n="customers of the decile (gini: all with an order in that currency)",
    source="experience_metrics, measure order; order.placed",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="value of these customers / value of all; None when the sum is not above zero",
        ),
        Statistic(
            name="gini",
            unit="Gini coefficient",
            called="Gini coefficient",
            formula="Σ(2i − n − 1)·xᵢ / (n·Σx), the values x ascending: 0 when all are alike, near 1 when one has all; "
            "None when the sum is not above zero or a value is below it",
        ),
    ),
    excluded={"no_value": "no order of the customer tells a value"},
    parts={
        "currency": _CURRENCY,
        "decile": "a tenth of the customers, 1 the most valuable: the i-th of n from the top is of 1 + ⌊10·(i − 1)/n⌋; "
        "1-3 is the first three together (the Lorenz curve, from the top)",
    },
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("currency",),
    notes=(_GROSS, _AS_OF_ORDER, "With fewer than ten customers some deciles are empty: n 0, and no value."),
    reference="Lorenz (1905); Gini (1912)",
)

RFM = Metric(
    name="rfm",
    topic="value",
    grain="day",
    title="Recency, frequency, monetary value",
    n="customers with that score (share: with an order in that currency)",
    source="experience_metrics, measure order; order.placed",
    statistics=(
        Statistic(name="count", unit="customers", called="customers", formula="customers with that score"),
        Statistic(
            name="median",
            unit="days, purchase days or the currency",
            formula="median, linear, of what was scored: days since the last order, distinct days with an order, "
            "value of all orders",
        ),
        share_statistic("customers of the cell / n"),
    ),
    excluded={"no_value": "no order of the customer tells a value"},
    parts={
        "currency": _CURRENCY,
        "measure": "count and median: recency, frequency or monetary",
        "quintile": "count and median: the score, 5 the best fifth (the most recent, the most frequent, the highest)",
        "cell": "share: the three scores in this order, as in 545; the most common cells, as many as `top` says",
    },
    dimensions=("channel", "segment", "month"),
    options=("currency", "top"),
    notes=(
        "The score is 1 + ⌊5·(r − ½)/n⌋ with r the customer's rank from the worst; equal values share their mean rank.",
        "So equal customers have equal scores, and fifths are uneven where many are alike.",
        "Ranks are among all customers with an order in that currency in the window, whatever the split.",
        "A customer belongs where their last order of the window does: its channel, month, and the segments then.",
        "Recency is counted to the day of the as-of time; orders after it do not count. " + _GROSS,
    ),
    reference="Hughes (1994), Strategic Database Marketing",
)

COST_TO_SERVE = Metric(
    name="cost_to_serve",
    topic="value",
    grain="month",
    title="Cost to serve",
    n="customers with such work (share, and mean over all: customers of whom anything is recorded there)",
    source="experience_metrics, measures work and minutes; work.completed",
    statistics=(
        share_statistic("customers with completed work / n", called="served"),
        Statistic(name="sum", unit="minutes or the currency", formula="sum over customers"),
        Statistic(
            name="mean", unit="minutes or the currency", formula="sum / n", interval=f"{_STUDENT}, among those served"
        ),
        Statistic(name="median", unit="minutes or the currency", formula="median over customers, linear"),
        Statistic(name="p90", unit="minutes or the currency", formula="90th percentile over customers, linear"),
    ),
    excluded={"no_cost": "work was completed for the customer, and none of it tells a cost"},
    parts={
        "measure": "work, minutes or cost",
        "currency": f"cost only: {_CURRENCY}",
        "customers": "mean, median, p90, sum: served (had such work) or all (of whom anything is recorded)",
    },
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("currency",),
    notes=(
        "Anything recorded is a touchpoint, rating, survey, order, payment, feedback or work in that group and window.",
        "Splits are as of the work: its stage, channel, department, month, and the segments at that time.",
        "Work without minutes or without a cost is in neither; only completed work costs.",
    ),
)

NET_VALUE = Metric(
    name="net_value",
    topic="value",
    grain="month",
    title="Value minus cost to serve",
    n="customers all of whose order values and costs are in that currency",
    source="experience_metrics, measures order and work; order.placed, work.completed",
    statistics=(
        *_money("order values − costs of completed work, per customer"),
        share_statistic("customers who cost more than they spent / n", called="cost more"),
    ),
    excluded={
        "several_currencies": "the customer's order values and costs are in this currency and in another",
        "no_value": "customers with orders or work of which none tells a value or a cost",
    },
    parts={"currency": _CURRENCY},
    dimensions=("stage", "channel", "department", "segment", "month"),
    options=("currency",),
    notes=(
        _GROSS,
        "A customer with costs alone counts, below zero; currencies are not converted, so who has several is left out.",
        "Where work is costed in one currency, the customers left in another are those who needed no work.",
        "Splits are as of each order and piece of work; a customer counts in each group with what is theirs there.",
    ),
)

DAYS_TO_PAY = Metric(
    name="days_to_pay",
    topic="value",
    title="Days to pay",
    n="settled payments with that clock's start",
    source="payments; payment.settled, payment.failed, order.placed",
    statistics=(
        Statistic(name="median", unit="days", formula="median of settled − start, linear"),
        Statistic(name="p90", unit="days", formula="90th percentile, linear"),
        Statistic(name="mean", unit="days", formula="mean"),
        share_statistic("clock due: settled after it was due / n", called="late"),
    ),
    excluded={
        "failed": "the payment failed",
        "unpaid": "an order with a case_id, and no settled payment of that case",
        "no_due": "clock due: the payment does not say when it was due",
        "no_order": "clock order: no order of the payment's case is recorded",
    },
    parts={"clock": "due: from due_at (above zero is late, below is early); order: from the case's first order.placed"},
    dimensions=("stage", "channel", "department", "segment", "month"),
    negatives=True,
    notes=(
        "A payment counts when and where it settled or failed, with the segments then; an unpaid order as the order.",
        "A payment belongs to the order with the same case_id. A day is 24 hours.",
        "Several payments of one order count one by one.",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (LIFETIME_VALUE, VALUE_DECILE, RFM, COST_TO_SERVE, NET_VALUE, DAYS_TO_PAY)
