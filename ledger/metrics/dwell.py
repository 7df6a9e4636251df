"""How long customers stay in a stage: Kaplan–Meier over open and closed visits, and the completed ones beside it."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.metrics.definitions.journey import DWELL
from ledger.metrics.figure import EVERYTHING, Figure, Scope, StatisticName
from ledger.metrics.metric import Metric
from ledger.metrics.quantiles import MICROSECONDS, elapsed
from ledger.metrics.survival import Survival, kaplan_meier

Visits = Iterable[tuple[int, int | None]]
"""Rows of (entered, left) in microseconds since 1970; left is None while the visit is open."""


def dwell(visits: Visits, as_of: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the median and p90 days of a visit, first by Kaplan–Meier, then of the completed visits alone.

    A visit still open at `as_of` (microseconds since 1970) is right-censored there; one that was left later
    is open, one that was entered later is left out.
    """
    closed: list[int] = []
    still_open: list[int] = []
    later = 0
    for entered, left in visits:
        if entered > as_of:
            later += 1
        elif left is None or left > as_of:
            still_open.append(as_of - entered)
        else:
            closed.append(left - entered)
    within = scope.leaving_out(later=later)
    lasting = kaplan_meier(closed + still_open, [True] * len(closed) + [False] * len(still_open))
    completed = within.split(method="completed").leaving_out(open=len(still_open))
    return [*estimates(DWELL, lasting, within.split(method="kaplan_meier")), *elapsed(DWELL, closed, completed)]


def estimates(metric: Metric, lasting: Survival, scope: Scope) -> list[Figure]:
    """Return the median and p90 days by which something has ended, with their intervals."""
    shares: tuple[tuple[StatisticName, float], ...] = (("median", 0.5), ("p90", 0.9))
    return [_estimate(metric, lasting, name, share, scope) for name, share in shares]


def _estimate(metric: Metric, lasting: Survival, name: StatisticName, share: float, scope: Scope) -> Figure:
    low, high = lasting.interval_of(share)
    value = _days(lasting.time_by_which(share))
    interval = (_days(low), _days(high))
    return metric.figure(name, value, lasting.n, scope, interval=interval, numerator=lasting.ended)


def _days(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / MICROSECONDS["days"]
