"""Aalen–Johansen: how something ends that can end in several ways, when some of it still goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.errors import InvalidArgument
from ledger.metrics.proportions import Z
from ledger.metrics.survival import Durations, Floats, Survival, kaplan_meier

Integers = npt.NDArray[np.int64]

CUT_OFF = 0
"""The ending of what had not ended when it was last seen."""


class Incidence(NamedTuple):
    """The cumulative incidence of one ending as steps: at `times[k]` it rises to `share[k]`; before the first it is 0.

    `times` are the distinct durations at which anything ended, in whatever way; `variance` is that of `share`.
    """

    times: Floats
    share: Floats
    variance: Floats

    def at(self, time: float) -> float:
        """Return the share that ended in this way by `time`."""
        step = int(np.searchsorted(self.times, time, side="right"))
        return float(self.share[step - 1]) if step else 0.0

    def interval_at(self, time: float) -> tuple[float, float] | None:
        """Return the 95 % interval of that share on the log(−log) scale; None where it is 0 or 1, which has none."""
        step = int(np.searchsorted(self.times, time, side="right"))
        share = float(self.share[step - 1]) if step else 0.0
        if not 0 < share < 1 - 1e-12:
            return None
        log = np.log(share)
        spread = Z * np.sqrt(max(0.0, float(self.variance[step - 1]))) / (share * log)
        return float(np.exp(log * np.exp(-spread))), float(np.exp(log * np.exp(spread)))


class Outcomes(NamedTuple):
    """How n things ended: the share of each ending over time, and of what lasts; together they are 1 at any time."""

    lasting: Survival
    endings: dict[int, Incidence]


def aalen_johansen(durations: Durations, endings: Sequence[int] | Integers) -> Outcomes:
    """Return the Aalen–Johansen estimate; `endings[k]` is the way, 1 or more, or CUT_OFF where `durations[k]` was.

    At a tie the ends come before the cuts. The variance is that of Collett (2003), by the delta method from
    Greenwood's. Aalen and Johansen (1978).
    """
    lasted = np.asarray(durations, dtype=np.float64)
    ways = np.asarray(endings, dtype=np.int64)
    if lasted.shape != ways.shape:
        raise InvalidArgument(f"{lasted.size} durations and {ways.size} endings do not match: give one per duration")
    lasting = kaplan_meier(lasted, ways != CUT_OFF)
    at_risk = lasted.size - np.searchsorted(np.sort(lasted), lasting.times, side="left")
    before = np.concatenate(([1.0], lasting.survival))[:-1]
    ended = _ends_at(lasting.times, lasted[ways != CUT_OFF])
    found = {}
    for way in np.unique(ways[ways != CUT_OFF]).tolist():
        of_this = _ends_at(lasting.times, lasted[ways == way])
        share = np.cumsum(before * of_this / at_risk, dtype=np.float64)
        found[way] = Incidence(lasting.times, share, _variance(share, before, at_risk, ended, of_this))
    return Outcomes(lasting, found)


def _ends_at(times: Floats, lasted: Floats) -> Integers:
    return np.bincount(np.searchsorted(times, lasted), minlength=times.size).astype(np.int64)


def _variance(share: Floats, before: Floats, at_risk: Integers, ended: Integers, of_this: Integers) -> Floats:
    """Return the variance of the share at each time.

    With F the share of this way, S the survival just before, n at risk, d and dⱼ the ends at each time up to t it is
    Σ (F(t)−F)²·d/(n(n−d)) + Σ S²·dⱼ(n−dⱼ)/n³ − 2·Σ (F(t)−F)·S·dⱼ/n².
    """
    n = at_risk.astype(np.float64)
    left = n - ended
    # Where nothing is left it is the last time of all, at which F(t) − F is 0.
    a = np.divide(ended, n * left, out=np.zeros_like(n), where=left > 0)
    c = before * of_this / n**2
    first = share**2 * np.cumsum(a) - 2 * share * np.cumsum(a * share) + np.cumsum(a * share**2)
    second = np.cumsum(before**2 * of_this * (n - of_this) / n**3)
    third = share * np.cumsum(c) - np.cumsum(c * share)
    variance: Floats = first + second - 2 * third
    return variance
