"""The quantile of Student's t distribution that a 95 % interval of a mean needs."""

from __future__ import annotations

from functools import lru_cache
from math import cos, fsum, pi, sin, sqrt, tan

from ledger.errors import InvalidArgument
from ledger.metrics.proportions import Z

CONFIDENCE = 0.95
_SERIES_UP_TO = 300


@lru_cache(maxsize=4096)
def t_quantile(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t with `freedom` degrees of freedom, 1 or more.

    Abramowitz and Stegun (1964): the exact finite series 26.7.3 and 26.7.4 for few degrees of freedom, the
    expansion 26.7.5 beyond, where its error is under 1e-12.
    """
    if freedom < 1:
        raise InvalidArgument(f"{freedom} degrees of freedom leave no t distribution: 1 or more are needed")
    if freedom > _SERIES_UP_TO:
        return _expanded(freedom)
    low, high = 0.0, pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < CONFIDENCE else (low, middle)
    return tan((low + high) / 2) * sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """Return the probability that |t| is at most tan(angle)·√freedom."""
    square = cos(angle) ** 2
    even = freedom % 2 == 0
    term = 1.0 if even else cos(angle)
    total = term if freedom > 1 else 0.0
    for step in range(2 if even else 3, freedom, 2):
        term *= square * (step - 1) / step
        total += term
    return sin(angle) * total if even else 2 / pi * (angle + sin(angle) * total)


def _expanded(freedom: int) -> float:
    z = Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return fsum(term / freedom**power for power, term in enumerate(terms))
