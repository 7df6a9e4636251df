"""How value is spread over customers: the share of each tenth of them, cumulated, and the Gini coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from ledger.metrics.definitions.value import VALUE_DECILE
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.value import MONEY

TENTHS = 10


def value_deciles(amounts: Iterable[int], scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the share of value of each tenth of the customers, from the top, and of all down to it; and Gini's.

    `amounts` holds each customer's value in 1/10,000 of one currency.
    """
    ordered = sorted(amounts, reverse=True)
    n, total = len(ordered), sum(ordered)
    ends = [-(-tenth * n // TENTHS) for tenth in range(TENTHS + 1)]
    sums = [sum(ordered[ends[tenth] : ends[tenth + 1]]) for tenth in range(TENTHS)]
    figures = []
    for tenth, (part, so_far) in enumerate(zip(sums, accumulate(sums), strict=True), 1):
        figures.append(_share(part, total, ends[tenth] - ends[tenth - 1], scope.split(decile=str(tenth))))
        if tenth > 1:
            figures.append(_share(so_far, total, ends[tenth], scope.split(decile=f"1-{tenth}")))
    return [*figures, VALUE_DECILE.figure("gini", gini(ordered), n, scope)]


def gini(amounts: Iterable[int]) -> float | None:
    """Return the Gini coefficient; None when the sum is not above zero or an amount is below it."""
    ordered = sorted(amounts)
    n, total = len(ordered), sum(ordered)
    if total <= 0 or ordered[0] < 0:
        return None
    return sum((2 * place - n - 1) * amount for place, amount in enumerate(ordered, 1)) / (n * total)


def _share(part: int, total: int, n: int, scope: Scope) -> Figure:
    value = part / total if total > 0 and n else None
    return VALUE_DECILE.figure("share", value, n, scope, numerator=part / MONEY)
