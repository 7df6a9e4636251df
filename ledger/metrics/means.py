"""A mean of n values from their sums, with Student's interval where the squares are known."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import sqrt

from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.metric import Metric
from ledger.metrics.student import t_quantile

Number = int | float | Decimal | Fraction


def mean(metric: Metric, n: int, total: Number, scope: Scope = EVERYTHING, *, squares: Number | None = None) -> Figure:
    """Return total / n; `squares` is the total of the squared values, and gives the interval from n = 2 on."""
    value = float(Fraction(total) / n) if n else None
    interval = None if squares is None else student(n, total, squares)
    return metric.figure("mean", value, n, scope, interval=interval, numerator=float(total))


def student(n: int, total: Number, squares: Number) -> tuple[float, float] | None:
    """Return the ends of the 95 % t-interval of a mean: mean ± t(n − 1)·s/√n; None below n = 2.

    The sums are taken as exact fractions, because a difference of large floats loses the variance.
    """
    if n < 2:
        return None
    centre = Fraction(total) / n
    variance = max(Fraction(0), (Fraction(squares) - centre * Fraction(total)) / (n - 1))
    half = t_quantile(n - 1) * sqrt(variance / n)
    return float(centre) - half, float(centre) + half
