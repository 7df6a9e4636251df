"""How stays in a stage end: the share of each exit by a horizon, while others still go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ledger.metrics.definitions.outcomes import STAGE_OUTCOME
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.incidence import CUT_OFF, Integers, Outcomes, aalen_johansen
from ledger.metrics.quantiles import MICROSECONDS
from ledger.metrics.survival import Survival

Visits = Iterable[tuple[int, int | None, str]]
"""Rows of (entered, left, the stage it was left for) in microseconds since 1970; left is None while it is open."""

HORIZONS = tuple(days * MICROSECONDS["days"] for days in (30, 90, 180, 365))
"""How long after the entry outcomes are told, in microseconds, unless asked otherwise."""

STILL_THERE = "none"


def stage_outcome(
    visits: Visits, exits: Sequence[str], as_of: int, scope: Scope = EVERYTHING, horizons: Sequence[int] = HORIZONS
) -> list[Figure]:
    """Return for each horizon the share that left for each of `exits` that any left for, and the share still there.

    A visit still open at `as_of`, or left later, is cut off there; one that was entered later is left out.
    """
    lasted: list[int] = []
    ways: list[int] = []
    later = 0
    number = {stage: way for way, stage in enumerate(exits, 1)}
    for entered, left, to in visits:
        if entered > as_of:
            later += 1
        elif left is None or left > as_of:
            lasted.append(as_of - entered)
            ways.append(CUT_OFF)
        else:
            lasted.append(left - entered)
            ways.append(number[to])
    if not lasted:
        return []
    ended = aalen_johansen(lasted, ways)
    durations, endings = np.asarray(lasted), np.asarray(ways)
    within = scope.leaving_out(later=later)
    return [
        figure
        for horizon in horizons
        for figure in _at(horizon, ended, durations, endings, exits, within.split(within=length(horizon)))
    ]


def length(microseconds: int) -> str:
    """Return a length of time as it is asked for: 30d, or 36h where it is no whole number of days."""
    days, rest = divmod(microseconds, MICROSECONDS["days"])
    return f"{microseconds / MICROSECONDS['hours']:g}h" if rest else f"{days}d"


def _at(
    horizon: int,
    ended: Outcomes,
    durations: Integers,
    endings: Integers,
    exits: Sequence[str],
    scope: Scope,
) -> list[Figure]:
    n = int(durations.size)
    longer = int(np.count_nonzero(durations > horizon))
    soon = endings[durations <= horizon]
    cut_off = int(np.count_nonzero(soon == CUT_OFF))
    known = reaches(horizon, ended.lasting, durations)
    figures = []
    for way, curve in sorted(ended.endings.items()):
        figures.append(
            STAGE_OUTCOME.figure(
                "share",
                curve.at(horizon) if known else None,
                n,
                scope.split(exit=exits[way - 1]),
                interval=curve.interval_at(horizon) if known else None,
                numerator=int(np.count_nonzero(soon == way)),
            )
        )
    lasting = ended.lasting.at(horizon) if known else None
    interval = _band(ended.lasting, horizon) if known else None
    still = scope.split(exit=STILL_THERE)
    figures.append(STAGE_OUTCOME.figure("share", lasting, n, still, interval=interval, numerator=longer))
    return [
        *figures,
        STAGE_OUTCOME.figure("count", longer, n, scope.split(counted="at_risk")),
        STAGE_OUTCOME.figure("count", cut_off, n, scope.split(counted="cut_off")),
    ]


def reaches(horizon: int, lasting: Survival, durations: Integers) -> bool:
    """Say whether the estimate is known at the horizon: somebody was observed so long, or all have ended before."""
    return bool(durations.max() >= horizon) or (lasting.survival.size > 0 and float(lasting.survival[-1]) < 1e-12)


def _band(lasting: Survival, time: float) -> tuple[float, float] | None:
    step = int(np.searchsorted(lasting.times, time, side="right"))
    if step == 0 or not 0 < lasting.survival[step - 1] < 1:
        return None
    return float(lasting.lower[step - 1]), float(lasting.upper[step - 1])
