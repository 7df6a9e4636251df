"""Who comes back: retention by cohort, repeat purchase, the days between purchases, and recency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ledger.metrics.definitions.purchases import PURCHASE_INTERVAL, RECENCY, REPEAT_PURCHASE, RETENTION
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.occasions import Integers, Numbers, Occasions, last_day_of, month_name, months_of
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import spread_figures

MONTHS_LATER = (0, 1, 2, 3, 6, 12)
"""The months after the first at which retention is told unless others are asked for."""

LAPSED_AFTER = 180
"""The days without an occasion after which recency counts a customer as lapsed unless told otherwise."""


def retention(
    active: Occasions, until: int, scope: Scope = EVERYTHING, *, months_later: Sequence[int] = MONTHS_LATER
) -> list[Figure]:
    """Return the size of each cohort, and the share of it active k calendar months after its first month.

    A cohort is the customers whose first occasion lies in that month. A month that was not over on day `until`
    is not told: value None, n 0, the cohort excluded as immature.
    """
    begins = active.first_of_each()
    months = months_of(active.days)
    firsts = months[begins]
    later = months - np.repeat(firsts, active.per_customer())
    cohort_of_act = np.repeat(firsts, active.per_customer())
    figures: list[Figure] = []
    for cohort, size in zip(*(column.tolist() for column in np.unique(firsts, return_counts=True)), strict=True):
        split = scope.split(cohort=month_name(cohort))
        figures.append(RETENTION.figure("count", size, size, split))
        mine = cohort_of_act == cohort
        customers, offsets = active.customers[mine], later[mine]
        for k in months_later:
            at = split.split(months_later=k)
            if last_day_of(cohort + k) > until:
                figures.append(share(RETENTION, 0, 0, at.leaving_out(immature=size)))
            else:
                figures.append(share(RETENTION, _distinct(customers[offsets == k]), size, at))
    return figures


def repeat_purchase(purchases: Numbers, occasion: str = "day", scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of buyers with two occasions or more, their mean number of occasions, and its sum.

    `purchases` holds each customer's number of occasions; `occasion` names what was counted: `day` (distinct
    days, the definition) or `order` (rows, told beside it). Customers without any are no buyers.
    """
    counts = np.asarray(purchases, dtype=np.int64)
    buyers = int(np.count_nonzero(counts >= 1))
    total = int(counts.sum())
    at = scope.split(occasion=occasion)
    return [
        share(REPEAT_PURCHASE, int(np.count_nonzero(counts >= 2)), buyers, at),
        REPEAT_PURCHASE.figure("mean", total / buyers if buyers else None, buyers, at, numerator=total),
        REPEAT_PURCHASE.figure("sum", total, buyers, at),
    ]


def purchase_intervals(purchases: Occasions, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the count, median, p90 and mean of the days between one purchase day of a customer and the next."""
    same = np.diff(purchases.customers) == 0
    days = np.diff(purchases.days)[same]
    count = PURCHASE_INTERVAL.figure("count", int(days.size), int(days.size), scope)
    return [count, *spread_figures(PURCHASE_INTERVAL, days, scope)]


def recency(
    active: Occasions, day: int, scope: Scope = EVERYTHING, *, lapsed_after: int = LAPSED_AFTER
) -> list[Figure]:
    """Return the median, p90 and mean days from each customer's last occasion to `day`, and the share beyond a limit.

    Occasions after `day` do not count; a customer who has no others is left out as `later`.
    """
    known = active.up_to(day)
    last = known.days[known.first_of_each() + known.per_customer() - 1]
    since = day - last
    within = scope.leaving_out(later=int(active.first_of_each().size - last.size))
    lapsed = int(np.count_nonzero(since > lapsed_after))
    return [
        *spread_figures(RECENCY, since, within),
        share(RECENCY, lapsed, int(since.size), within.split(over_days=lapsed_after)),
    ]


def _distinct(customers: Integers) -> int:
    return int(np.unique(customers).size)
