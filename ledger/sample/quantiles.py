"""Distributions stated by their quantiles, drawn with plain arithmetic so that every platform draws the same."""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct


class Quantiles(Struct, frozen=True):
    """A distribution whose quantile function is straight between knots (share, value), shares from 0 to 1.

    No logarithm or exponential takes part: their last digit differs between C libraries. The stated
    quantiles are exact, so the median and p90 of the truth are parameters and not estimates.
    """

    knots: tuple[tuple[float, float], ...]

    def at(self, share: float) -> float:
        """Return the value below which `share` (0 to 1) of the distribution lies."""
        knots = self.knots
        upper = 1
        while knots[upper][0] < share:
            upper += 1
        low, low_value = knots[upper - 1]
        high, high_value = knots[upper]
        return low_value + (high_value - low_value) * ((share - low) / (high - low))

    @property
    def mean(self) -> float:
        """The mean: each straight piece weighs its share."""
        pairs = zip(self.knots, self.knots[1:], strict=False)
        return sum((high - low) * (low_value + high_value) / 2 for (low, low_value), (high, high_value) in pairs)


class Mix(Struct, frozen=True):
    """Options with the cumulative share of each; the last share is 1."""

    options: tuple[str, ...]
    shares: tuple[float, ...]

    def at(self, share: float) -> str:
        """Return the option that `share` (0 to below 1) falls on."""
        return self.options[bisect_right(self.shares, share)]


def mix(**weights: float) -> Mix:
    """Return the mix of named options in proportion to their weights."""
    total = sum(weights.values())
    shares: list[float] = []
    reached = 0.0
    for weight in weights.values():
        reached += weight
        shares.append(reached / total)
    shares[-1] = 1.0
    return Mix(tuple(weights), tuple(shares))
