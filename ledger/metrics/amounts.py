"""How the amounts of customers lie: their sum, mean, median and 90th percentile, exact where they can be."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ledger.metrics.figure import EVERYTHING, Figure, Scope, StatisticName
from ledger.metrics.means import student
from ledger.metrics.metric import Metric
from ledger.metrics.quantiles import spread
from ledger.metrics.value import MONEY


def amount_figures(metric: Metric, amounts: Iterable[int], unit: str, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the sum, the mean with its t-interval, the median and the p90 of amounts in 1/10,000 of `unit`."""
    known = list(amounts)
    n, total = len(known), sum(known)
    lie = spread([float(amount) for amount in known], MONEY)
    squares = Fraction(sum(amount * amount for amount in known), MONEY * MONEY)
    interval = student(n, Fraction(total, MONEY), squares)
    mean = total / (MONEY * n) if n else None
    others: tuple[tuple[StatisticName, float | None], ...] = (("median", lie.median), ("p90", lie.p90))
    return [
        metric.figure("sum", total / MONEY, n, scope, unit=unit),
        metric.figure("mean", mean, n, scope, unit=unit, interval=interval, numerator=total / MONEY),
        *(metric.figure(name, value, n, scope, unit=unit) for name, value in others),
    ]
