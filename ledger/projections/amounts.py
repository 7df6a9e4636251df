"""Amounts as whole numbers of 1/10,000, so that sums are exact and the same in any order."""

from __future__ import annotations

UNIT = 10_000


def ten_thousandths(amount: str) -> int:
    """Return a decimal text of at most four decimals (`-12.5`) in units of 1/10,000 (-125000)."""
    whole, _, fraction = amount.partition(".")
    return int(whole + fraction.ljust(4, "0"))


def nearest_ten_thousandth(number: float) -> int:
    """Return a number (a score, minutes) in units of 1/10,000, rounded to the nearest."""
    return round(number * UNIT)
