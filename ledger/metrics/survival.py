"""Kaplan–Meier: how long something lasts when some of it still goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.errors import InvalidArgument
from ledger.metrics.proportions import Z

Floats = npt.NDArray[np.float64]
Durations = Sequence[int] | Sequence[float] | npt.NDArray[np.int64] | Floats
Ended = Sequence[bool] | Sequence[int] | npt.NDArray[np.bool_]

REACHED = 1e-12
"""How far above a threshold a survival still counts as having reached it: 1/2 is not exact after many products."""


class Survival(NamedTuple):
    """The survival function as steps: at `times[k]` it falls to `survival[k]`; before the first time it is 1.

    `times` are the distinct durations at which something ended. `lower` and `upper` are the 95 % band, by
    Greenwood's variance on the log(−log) scale. `n` is everything observed, `ended` what had an end.
    """

    times: Floats
    survival: Floats
    lower: Floats
    upper: Floats
    n: int
    ended: int

    def at(self, time: float) -> float:
        """Return the share that lasts longer than `time`."""
        step = int(np.searchsorted(self.times, time, side="right"))
        return float(self.survival[step - 1]) if step else 1.0

    def time_by_which(self, share: float) -> float | None:
        """Return the first time by which `share` has ended (0.5 gives the median); None when that is not reached."""
        return self._first(self.survival, share)

    def interval_of(self, share: float) -> tuple[float | None, float | None]:
        """Return the ends of the 95 % interval of that time (Brookmeyer and Crowley), None where not reached."""
        return self._first(self.lower, share), self._first(self.upper, share)

    def _first(self, steps: Floats, share: float) -> float | None:
        if not 0 < share < 1:
            raise InvalidArgument(f"{share} is no share of what ended: give one between 0 and 1")
        reached = np.flatnonzero(steps <= 1 - share + REACHED)
        return float(self.times[reached[0]]) if reached.size else None


def kaplan_meier(durations: Durations, ended: Ended) -> Survival:
    """Return the Kaplan–Meier estimate; `ended[k]` is false where `durations[k]` was cut off (right-censored).

    At a tie the ends come before the cuts. Kaplan and Meier (1958); Greenwood (1926).
    """
    lasted = np.asarray(durations, dtype=np.float64)
    over = np.asarray(ended, dtype=np.bool_)
    if lasted.shape != over.shape:
        raise InvalidArgument(f"{lasted.size} durations and {over.size} ends do not match: give one end per duration")
    if not np.isfinite(lasted).all():
        raise InvalidArgument("a duration is not a finite number: leave it out and count it as excluded")
    times, ends = np.unique(lasted[over], return_counts=True)
    at_risk = lasted.size - np.searchsorted(np.sort(lasted), times, side="left")
    survival: Floats = np.cumprod(1 - ends / at_risk, dtype=np.float64)
    lower, upper = _band(survival, ends, at_risk)
    return Survival(times, survival, lower, upper, int(lasted.size), int(np.count_nonzero(over)))


def _band(survival: Floats, ends: npt.NDArray[np.int64], at_risk: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return S^exp(±z·σ/log S) with σ² Greenwood's sum; where nothing survives both ends are 0."""
    left = at_risk - ends
    lasting = left > 0
    lower = np.zeros_like(survival)
    upper = np.zeros_like(survival)
    variance = np.cumsum(ends[lasting] / (at_risk[lasting] * left[lasting]))
    log = np.log(survival[lasting])
    spread = Z * np.sqrt(variance) / log
    lower[lasting] = np.exp(log * np.exp(-spread))
    upper[lasting] = np.exp(log * np.exp(spread))
    return lower, upper
