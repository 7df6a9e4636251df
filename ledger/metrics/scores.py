"""The three survey scores, from counts and sums: NPS, CSAT and CES 2.0."""

from __future__ import annotations

from math import sqrt

from ledger.metrics.definitions.ratings import CES, CSAT, NPS
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.means import Number, mean
from ledger.metrics.proportions import Z, share


def nps(promoters: int, passives: int, detractors: int, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the Net Promoter Score, in points from -100 to 100, with the adjusted Wald interval."""
    n = promoters + passives + detractors
    balance = promoters - detractors
    value = 100 * balance / n if n else None
    interval = adjusted_wald(promoters, detractors, n)
    return [NPS.figure("score", value, n, scope, interval=interval, numerator=balance)]


def adjusted_wald(promoters: int, detractors: int, n: int) -> tuple[float, float] | None:
    """Return the ends of the adjusted Wald interval of an NPS, in points; None when n is 0.

    Three answers are added, ¾ of them promoters and ¾ detractors; the variance of one answer is p + d − (p − d)².
    Rocks, B. (2016), Interval estimation for the Net Promoter Score, The American Statistician 70(4). With one
    single answer the interval ends short of ±100, as published.
    """
    if n == 0:
        return None
    p = (promoters + 0.75) / (n + 3)
    d = (detractors + 0.75) / (n + 3)
    half = Z * sqrt((p + d - (p - d) ** 2) / (n + 3))
    return max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half))


def csat(top: int, n: int, total: Number, scope: Scope = EVERYTHING, *, squares: Number | None = None) -> list[Figure]:
    """Return the share of answers in the top two boxes, and the mean beside it; `total` is the sum of the scores."""
    return [share(CSAT, top, n, scope), mean(CSAT, n, total, scope, squares=squares)]


def ces(n: int, total: Number, squares: Number, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean ease on 1–7, high is easy, from the sum of the scores and of their squares."""
    return [mean(CES, n, total, scope, squares=squares)]
