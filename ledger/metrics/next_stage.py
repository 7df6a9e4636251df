"""Which stage comes next and when, given how long a visit has lasted already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ledger.metrics.definitions.prediction import NEXT_STAGE, TIME_TO_NEXT_STAGE
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.incidence import CUT_OFF, aalen_johansen
from ledger.metrics.outcomes import reaches
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import MICROSECONDS, elapsed
from ledger.metrics.survival import Survival, kaplan_meier

STAYS = "stays"

ENOUGH = 5
"""Visits of one's own that make a record long enough to be told from."""


class Visit(NamedTuple):
    """How long a visit lasted (µs), and the stage after it; '' where it has not ended."""

    lasted: int
    to: str


def longer(visits: Sequence[Visit], spent: int) -> list[Visit]:
    """Return what was left, after `spent`, of the visits that lasted longer."""
    return [Visit(visit.lasted - spent, visit.to) for visit in visits if visit.lasted > spent]


def from_own_record(left: Sequence[Visit], scope: Scope) -> list[Figure]:
    """Return where a customer's own visits led, and the median time that was left of them; all have ended."""
    led = Counter(visit.to for visit in left)
    shares = [
        share(NEXT_STAGE, count, len(left), scope.split(next_stage=to, horizon="any"))
        for to, count in sorted(led.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return [*shares, *elapsed(TIME_TO_NEXT_STAGE, [visit.lasted for visit in left], scope)]


def from_others(left: Sequence[Visit], stages: Sequence[str], horizon: tuple[int, str], scope: Scope) -> list[Figure]:
    """Return the cumulative incidence of each next stage within the horizon, and the median time to any of them.

    `stages` are all there are, in order; `horizon` is its length and its text. Visits that have not ended are censored;
    where none was observed up to the horizon and some were cut off before, nobody knows, and the shares are None.
    """
    if not left:
        return [
            NEXT_STAGE.figure("share", None, 0, scope.split(next_stage="unknown", horizon=horizon[1])),
            TIME_TO_NEXT_STAGE.figure("median", None, 0, scope),
        ]
    ways = {stage: number for number, stage in enumerate(stages, CUT_OFF + 1)}
    lasted = np.asarray([visit.lasted for visit in left], dtype=np.int64)
    outcomes = aalen_johansen(lasted, [ways.get(visit.to, CUT_OFF) for visit in left])
    known = reaches(horizon[0], outcomes.lasting, lasted)
    shares = []
    for way, incidence in outcomes.endings.items():
        stage, interval = stages[way - CUT_OFF - 1], incidence.interval_at(horizon[0]) if known else None
        count = sum(1 for visit in left if visit.to == stage and visit.lasted <= horizon[0])
        within, value = scope.split(next_stage=stage, horizon=horizon[1]), incidence.at(horizon[0]) if known else None
        shares.append(NEXT_STAGE.figure("share", value, len(left), within, interval=interval, numerator=count))
    shares.sort(key=lambda figure: (-(figure.value or 0), str(figure.by["next_stage"])))
    stays = scope.split(next_stage=STAYS, horizon=horizon[1])
    lasts = outcomes.lasting.at(horizon[0]) if known else None
    band = _band(outcomes.lasting, horizon[0]) if known else None
    shares.append(NEXT_STAGE.figure("share", lasts, len(left), stays, interval=band))
    return [*shares, _time(left, scope)]


def _band(lasting: Survival, time: int) -> tuple[float, float] | None:
    """Return the 95 % band of what lasts longer than `time`; None where all or nothing does."""
    step = int(np.searchsorted(lasting.times, time, side="right"))
    if not step or not lasting.survival[step - 1] > 0:
        return None
    return float(lasting.lower[step - 1]), float(lasting.upper[step - 1])


def _time(left: Sequence[Visit], scope: Scope) -> Figure:
    lasting = kaplan_meier([visit.lasted for visit in left], [bool(visit.to) for visit in left])
    low, high = (_days(end) for end in lasting.interval_of(0.5))
    median = _days(lasting.time_by_which(0.5))
    return TIME_TO_NEXT_STAGE.figure("median", median, lasting.n, scope, interval=(low, high), numerator=lasting.ended)


def _days(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / MICROSECONDS["days"]
