"""The journey: who went on from stage to stage, and how long they stayed, read off the visits that were intended."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from statistics import mean, median
from typing import Any

from tests.truth.known import Known, Rows, split
from tests.truth.lives import Life
from tests.truth.outcomes import DAY, Stay, observed_until, stays

STAGES = ("awareness", "consideration", "purchase", "onboarding", "use", "renewal", "termination", "win_back")

Steps = dict[Any, float]


def _reached(lives: list[Life]) -> dict[str, int]:
    return {stage: sum(any(visit.stage == stage for visit in life.visits) for life in lives) for stage in STAGES}


def _closed(lives: list[Life], days: int | None = None) -> Steps:
    """Return the share of those who entered a stage that entered the next one after it, in so many days."""
    until = observed_until(lives)
    found = {}
    for begin, end in pairwise(STAGES):
        onward = []
        for life in lives:
            first = next((visit.entered_at for visit in life.visits if visit.stage == begin), None)
            if first is None or (days is not None and first + days * DAY > until):
                continue
            last = until if days is None else first + days * DAY
            onward.append(any(v.stage == end and first <= v.entered_at <= last for v in life.visits))
        found[begin, end] = sum(onward) / len(onward)
    return found


def _open(lives: list[Life]) -> Steps:
    reached = _reached(lives)
    return {(begin, end): reached[end] / reached[begin] for begin, end in pairwise(STAGES)}


def _by_then(lasted: list[Stay], share: float) -> float | None:
    """Return the days by which a share of the stays has ended, walking through the ends; None while it has not."""
    lengths = sorted(length for length, _ in lasted)
    going_on = 1.0
    for time, ends in sorted(Counter(length for length, to in lasted if to).items()):
        going_on *= 1 - ends / (len(lengths) - bisect_left(lengths, time))
        if going_on <= 1 - share + 1e-12:
            return time / DAY
    return None


def _estimated(share: float) -> Callable[[list[Life]], dict[str, float | None]]:
    return lambda lives: {stage: _by_then(lasted, share) for stage, lasted in stays(lives).items()}


def _completed(tell: Callable[[list[float]], float]) -> Callable[[list[Life]], dict[str, float]]:
    def truth(lives: list[Life]) -> dict[str, float]:
        ended = {stage: [length / DAY for length, to in lasted if to] for stage, lasted in stays(lives).items()}
        return {stage: tell(lengths) for stage, lengths in ended.items()}

    return truth


def _dwelt(statistic: str, method: str, field: str = "value") -> Callable[[Rows], Any]:
    return lambda rows: split(rows, statistic, "stage", method=method, field=field)


def _steps(funnel: str) -> Callable[[Rows], Any]:
    return lambda rows: split(rows, "share", "from_stage", "to_stage", funnel=funnel)


FIGURES = (
    Known("Customers that reached each stage", "metrics conversion", lambda r: split(r, "count", "to_stage"), _reached),
    Known("Those of a stage who went on to the next", "metrics conversion", _steps("closed"), _closed),
    Known("Reached the next stage on any way, against reached this one", "metrics conversion", _steps("open"), _open),
    Known(
        "Those of a stage who went on to the next within 180 days",
        "metrics conversion --within 180d",
        _steps("closed"),
        lambda lives: _closed(lives, 180),
    ),
    Known("Median days in a stage, open visits censored", "metrics dwell", _dwelt("median", "kaplan_meier"),
          _estimated(0.5)),
    Known("90th percentile of days in a stage, open visits censored", "metrics dwell", _dwelt("p90", "kaplan_meier"),
          _estimated(0.9)),
    Known("Visits to a stage", "metrics dwell", _dwelt("median", "kaplan_meier", "n"),
          lambda lives: {stage: len(lasted) for stage, lasted in stays(lives).items()}),
    Known("Median days of completed visits", "metrics dwell", _dwelt("median", "completed"), _completed(median)),
    Known("Mean days of completed visits", "metrics dwell", _dwelt("mean", "completed"), _completed(mean)),
)  # fmt: skip
