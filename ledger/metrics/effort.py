"""The effort score: points for what makes a case hard for its customer, and each part of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from ledger.metrics.definitions.effort import EFFORT_SCORE
from ledger.metrics.figure import EVERYTHING, Figure, Scope, StatisticName
from ledger.metrics.means import student
from ledger.metrics.quantiles import spread


class Part(NamedTuple):
    """What one factor adds: `weight` points where it happened `cap` times or more; the first `free` add nothing."""

    name: str
    weight: int
    cap: int
    free: int = 0

    def points(self, times: int) -> int:
        """Return the points in whole numbers of 1/FINE."""
        return self.weight * min(max(times - self.free, 0), self.cap) * FINE // self.cap


FINE = 12
"""Points are kept as twelfths, which every cap divides, so that sums are exact."""

PARTS = (
    Part("contacts", 30, 4, free=1),
    Part("handovers", 20, 3),
    Part("reopenings", 20, 2),
    Part("repeated_information", 20, 2),
    Part("switches", 10, 3),
)

Cases = Iterable[tuple[int | None, int, int, int, int, int]]
"""Rows of (first resolved, contacts, handovers, reopenings, repeated information, switches)."""


def effort_score(cases: Cases, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the score of the resolved cases, and of each part its points and how often it happened."""
    resolved: list[tuple[int, ...]] = []
    unresolved = 0
    for resolved_at, *times in cases:
        if resolved_at is None:
            unresolved += 1
        else:
            resolved.append(tuple(times))
    within = scope.leaving_out(unresolved=unresolved)
    points = [[part.points(n) for part, n in zip(PARTS, times, strict=True)] for times in resolved]
    whole = [sum(case) for case in points]
    everything = within.split(part="all")
    figures = [_mean("score", whole, FINE, everything), _median(whole, everything)]
    for place, part in enumerate(PARTS):
        its = within.split(part=part.name)
        figures += [
            _mean("score", [case[place] for case in points], FINE, its),
            _mean("mean", [times[place] for times in resolved], 1, its),
        ]
    return figures


def _mean(statistic: StatisticName, values: list[int], fine: int, scope: Scope) -> Figure:
    n, total = len(values), Fraction(sum(values), fine)
    interval = student(n, total, Fraction(sum(value * value for value in values), fine * fine))
    value = float(total / n) if n else None
    return EFFORT_SCORE.figure(statistic, value, n, scope, interval=interval, numerator=float(total))


def _median(points: list[int], scope: Scope) -> Figure:
    return EFFORT_SCORE.figure("median", spread(points, FINE).median, len(points), scope)
