"""How long something takes where some of it still goes on: Kaplan–Meier, and what ended alone beside it."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.metrics.figure import EVERYTHING, Figure, Scope, StatisticName
from ledger.metrics.metric import Metric
from ledger.metrics.quantiles import MICROSECONDS, elapsed
from ledger.metrics.survival import Survival, kaplan_meier

SHARES: tuple[tuple[StatisticName, float], ...] = (("median", 0.5), ("p90", 0.9))


def lasting(metric: Metric, ended: Sequence[int], still_open: Sequence[int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the median and the p90 by Kaplan–Meier, what is still open being right-censored.

    `ended` are the lengths in microseconds of what ended, negative ones among them, `still_open` of the rest so far.
    The numerator of the figures is how many ended.
    """
    survival = kaplan_meier([*ended, *still_open], [True] * len(ended) + [False] * len(still_open))
    negative = sum(length < 0 for length in ended) if metric.negatives else None
    return estimates(metric, survival, scope.split(method="kaplan_meier"), negative=negative)


def estimates(metric: Metric, survival: Survival, scope: Scope, *, negative: int | None = None) -> list[Figure]:
    """Return by when half and nine tenths have ended, as far as `metric` defines it, each with its interval."""
    unit = MICROSECONDS[metric.statistic("median").unit]
    defined = {statistic.name for statistic in metric.statistics}

    def told(microseconds: float | None) -> float | None:
        return None if microseconds is None else microseconds / unit

    figures = []
    for name, share in SHARES:
        if name in defined:
            low, high = survival.interval_of(share)
            value, interval = told(survival.time_by_which(share)), (told(low), told(high))
            figures.append(
                metric.figure(
                    name, value, survival.n, scope, interval=interval, numerator=survival.ended, negative=negative
                )
            )
    return figures


def completed(metric: Metric, ended: Sequence[int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the median, p90 and mean of what ended alone."""
    return elapsed(metric, ended, scope.split(method="completed"))
