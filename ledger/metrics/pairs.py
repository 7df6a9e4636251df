"""The difference of two shares of the same things, seen twice, with Newcombe's interval for pairs."""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

from ledger.metrics.proportions import wilson


class Pairs(Struct, frozen=True):
    """How many of the things seen twice were so both times, at first only, later only, and never."""

    both: int
    first_only: int
    later_only: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.first_only + self.later_only + self.neither

    @property
    def difference(self) -> float | None:
        """The later share minus the first; None where there are no pairs."""
        return (self.later_only - self.first_only) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends of the 95 % interval of the difference.

        Newcombe, R. G. (1998), Improved confidence intervals for the difference between binomial proportions based
        on paired data, Statistics in Medicine 17, method 10.
        """
        later, first = self.both + self.later_only, self.both + self.first_only
        now, was = wilson(later, self.n), wilson(first, self.n)
        if now is None or was is None:
            return None
        p, q, phi = later / self.n, first / self.n, self._correlation()
        down, up, left, right = p - now[0], now[1] - p, q - was[0], was[1] - q
        low = p - q - sqrt(max(0.0, down * down - 2 * phi * down * right + right * right))
        high = p - q + sqrt(max(0.0, up * up - 2 * phi * up * left + left * left))
        return low, high

    def _correlation(self) -> float:
        """Return φ with Newcombe's correction for continuity, 0 where one of the shares is none or all."""
        later, first = self.both + self.later_only, self.both + self.first_only
        margins = later * (self.n - later) * first * (self.n - first)
        if margins == 0:
            return 0.0
        cross = self.both * self.neither - self.first_only * self.later_only
        corrected = max(cross - self.n / 2, 0.0) if cross > 0 else float(cross)
        return corrected / sqrt(margins)
