"""A share of n, with Wilson's interval."""

from __future__ import annotations

from math import sqrt

from ledger.errors import InvalidArgument
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.metric import Metric

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution: every interval here is a 95 % interval."""


def wilson(count: int, n: int) -> tuple[float, float] | None:
    """Return the ends of Wilson's 95 % score interval of `count` out of `n`, as shares; None when n is 0.

    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference.
    """
    _demand_part(count, n)
    if n == 0:
        return None
    p = count / n
    spread = Z * Z / n
    centre = (p + spread / 2) / (1 + spread)
    half = Z * sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == n else min(1.0, centre + half)
    return low, high


def share(metric: Metric, count: int, n: int, scope: Scope = EVERYTHING) -> Figure:
    """Return `count` out of `n` as a share with Wilson's interval."""
    interval = wilson(count, n)
    value = count / n if n else None
    return metric.figure("share", value, n, scope, interval=interval, numerator=count)


def _demand_part(count: int, n: int) -> None:
    if not 0 <= count <= n:
        raise InvalidArgument(f"{count} out of {n} is not a share: the counted ones must be among the n")
