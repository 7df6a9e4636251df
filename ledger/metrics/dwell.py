"""How long customers stay in a stage: Kaplan–Meier over open and closed visits, and the completed ones beside it."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.metrics.definitions.journey import DWELL
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.lasting import completed, lasting

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
    return [
        *lasting(DWELL, closed, still_open, within),
        *completed(DWELL, closed, within.leaving_out(open=len(still_open))),
    ]
