"""The difference of two independent means, from the sums of their groups, with Welch's interval."""

from __future__ import annotations

from fractions import Fraction
from math import floor, sqrt

from msgspec import Struct

from ledger.metrics.student import t_quantile


class Sums(Struct, frozen=True):
    """How many values there are, their total, and the total of their squares."""

    n: int = 0
    total: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)

    def plus(self, other: Sums) -> Sums:
        """Return the sums of both groups together."""
        return Sums(self.n + other.n, self.total + other.total, self.squares + other.squares)

    def minus(self, other: Sums) -> Sums:
        """Return the sums of those that are not in the other group, which is part of this one."""
        return Sums(self.n - other.n, self.total - other.total, self.squares - other.squares)

    @property
    def variance_of_mean(self) -> Fraction:
        """The square of the standard error; n must be 2 or more."""
        return max(Fraction(0), (self.squares - self.total * self.total / self.n) / (self.n - 1)) / self.n


def welch(first: Sums, second: Sums) -> tuple[float, float] | None:
    """Return the ends of the 95 % interval of the first mean minus the second; None where a group has less than two.

    Welch, B. L. (1947); the degrees of freedom are Satterthwaite's, rounded down. Where no value differs from its
    group's mean, the interval is the difference itself.
    """
    if min(first.n, second.n) < 2:
        return None
    difference = float(first.total / first.n - second.total / second.n)
    one, two = first.variance_of_mean, second.variance_of_mean
    both = one + two
    if not both:
        return difference, difference
    freedom = both * both / (one * one / (first.n - 1) + two * two / (second.n - 1))
    half = t_quantile(max(1, floor(freedom))) * sqrt(both)
    return difference - half, difference + half
