"""Median, 90th percentile and mean of values, with the negative ones counted and never clamped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.metric import Metric

Values = Sequence[int] | Sequence[float] | npt.NDArray[np.int64] | npt.NDArray[np.float64]

MICROSECONDS = {"minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000}
"""How many microseconds one of each unit has; a day is 24 hours."""


class Spread(Struct, frozen=True, kw_only=True):
    """How n values lie; every figure is None when there are none. Percentiles are linear (Hyndman and Fan's type 7)."""

    n: int
    negative: int
    median: float | None
    p90: float | None
    mean: float | None


def spread(values: Values, divisor: float = 1) -> Spread:
    """Return how `values`, each divided by `divisor`, lie."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return Spread(n=0, negative=0, median=None, p90=None, mean=None)
    median, p90 = np.quantile(array, [0.5, 0.9], method="linear") / divisor
    return Spread(
        n=int(array.size),
        negative=int(np.count_nonzero(array < 0)),
        median=float(median),
        p90=float(p90),
        mean=float(array.mean() / divisor),
    )


def spread_figures(metric: Metric, values: Values, scope: Scope = EVERYTHING, *, divisor: float = 1) -> list[Figure]:
    """Return the median, p90 and mean that `metric` defines."""
    lie = spread(values, divisor)
    negative = lie.negative if metric.negatives else None
    numbers = {"median": lie.median, "p90": lie.p90, "mean": lie.mean}
    return [
        metric.figure(statistic.name, numbers[statistic.name], lie.n, scope, negative=negative)
        for statistic in metric.statistics
        if statistic.name in numbers
    ]


def elapsed(metric: Metric, microseconds: Values, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the median, p90 and mean of lengths of time, in the unit of `metric`."""
    divisor = MICROSECONDS[metric.statistic("median").unit]
    return spread_figures(metric, microseconds, scope, divisor=divisor)
