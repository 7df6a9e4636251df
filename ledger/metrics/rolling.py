"""Rolling retention: who is active again so many days after their first day, in periods of any length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ledger.metrics.definitions.cohorts import ROLLING_RETENTION
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.occasions import Occasions
from ledger.metrics.proportions import share

PERIODS_LATER = (1, 2, 3, 6, 12)
"""The periods after the first at which retention is told."""

PERIOD = 30
"""How many days a period has unless asked otherwise."""


class Kept(NamedTuple):
    """Of one customer and one period: whether it was over, and whether they were active in it, in it or later."""

    over: bool
    within: bool
    or_later: bool


def kept(active: Occasions, until: int, period: int = PERIOD) -> list[list[Kept]]:
    """Return, for each customer in order, what they did in each of PERIODS_LATER; day `until` is the last one seen."""
    begins = active.first_of_each()
    if begins.size == 0:
        return []
    firsts = active.days[begins]
    since = active.days - np.repeat(firsts, active.per_customer())
    columns = []
    for k in PERIODS_LATER:
        later = since >= k * period
        within = later & (since < (k + 1) * period)
        over = firsts + (k + 1) * period - 1 <= until
        told = (over, np.logical_or.reduceat(within, begins), np.logical_or.reduceat(later, begins))
        columns.append([column.tolist() for column in told])
    return [
        [Kept(over[place], within[place], later[place]) for over, within, later in columns]
        for place in range(int(begins.size))
    ]


def rolling_retention(
    customers: Sequence[Sequence[Kept]], scope: Scope = EVERYTHING, *, period: int = PERIOD
) -> list[Figure]:
    """Return for each period the share of customers active in it, and the share active in it or later."""
    figures = []
    for place, k in enumerate(PERIODS_LATER):
        mature = [who[place] for who in customers if who[place].over]
        at = scope.split(days_later=k * period).leaving_out(immature=len(customers) - len(mature))
        within, or_later = sum(who.within for who in mature), sum(who.or_later for who in mature)
        figures.append(share(ROLLING_RETENTION, within, len(mature), at.split(counted="within")))
        figures.append(share(ROLLING_RETENTION, or_later, len(mature), at.split(counted="or_later")))
    return figures
