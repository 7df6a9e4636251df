"""What customers are worth so far, and how much of it a few of them hold."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.metrics.definitions.purchases import CUSTOMER_VALUE
from ledger.metrics.figure import EVERYTHING, Figure, Scope

MONEY = 10_000
"""How many parts of a currency unit the amounts are counted in."""


def customer_value(amounts: Iterable[int], currency: str, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the number of customers, their summed and mean value, and the share the top tenth of them holds.

    `amounts` holds each customer's value in 1/10,000 of `currency`; currencies are never added. The top tenth is
    the n/10 customers of the highest value, rounded up: one of 1 to 10, two of 11. Its share is None when the
    sum is not above zero.
    """
    ordered = sorted(amounts, reverse=True)
    n = len(ordered)
    total = sum(ordered)
    top = sum(ordered[: top_tenth(n)])
    at = scope.split(currency=currency)
    return [
        CUSTOMER_VALUE.figure("count", n, n, at),
        CUSTOMER_VALUE.figure("sum", total / MONEY, n, at, unit=currency),
        CUSTOMER_VALUE.figure("mean", total / (MONEY * n) if n else None, n, at, unit=currency),
        CUSTOMER_VALUE.figure("share", top / total if total > 0 else None, n, at, numerator=top / MONEY),
    ]


def top_tenth(n: int) -> int:
    """Return how many customers are the top tenth of n: n / 10, rounded up."""
    return -(-n // 10)
