"""What customers cost: the work completed for them, and what is left of their value after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.metrics.amounts import amount_figures
from ledger.metrics.definitions.value import COST_TO_SERVE, NET_VALUE
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.value import MONEY

Amounts = Mapping[int, int]
"""Each customer's amount in 1/10,000, by the customer's number."""


def served(customers: int, with_work: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of customers for whom work was completed."""
    return [share(COST_TO_SERVE, with_work, customers, scope.split(measure="work"))]


def work_amounts(measure: str, amounts: Amounts, customers: int, unit: str, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how the minutes or costs of those served lie, and their mean over all `customers`."""
    at = scope.split(measure=measure)
    total = sum(amounts.values())
    mean = total / (MONEY * customers) if customers else None
    over_all = at.split(customers="all")
    return [
        *amount_figures(COST_TO_SERVE, amounts.values(), unit, at.split(customers="served")),
        COST_TO_SERVE.figure("mean", mean, customers, over_all, unit=unit, numerator=total / MONEY),
    ]


def net_value(net: Collection[int], currency: str, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how value minus cost lies over customers, and the share of them below zero."""
    at = scope.split(currency=currency)
    below = sum(amount < 0 for amount in net)
    return [*amount_figures(NET_VALUE, net, currency, at), share(NET_VALUE, below, len(net), at)]
