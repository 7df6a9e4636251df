"""Recency, frequency, monetary value: each customer's scores by rank, and how many have which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from ledger.metrics.definitions.value import RFM
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share
from ledger.metrics.quantiles import spread
from ledger.metrics.value import MONEY

FIFTHS = 5


class Buyer(NamedTuple):
    """What a customer is scored by: days since the last order, distinct days with one, their value in 1/10,000."""

    recency: int
    frequency: int
    monetary: int


class Scored(NamedTuple):
    """A customer and their scores from 1 to 5, 5 the best."""

    buyer: Buyer
    recency: int
    frequency: int
    monetary: int

    @property
    def cell(self) -> str:
        return f"{self.recency}{self.frequency}{self.monetary}"


MEASURES = ("recency", "frequency", "monetary")


def scored(buyers: Sequence[Buyer]) -> list[Scored]:
    """Return each customer with their scores among all of them; equal values have equal scores."""
    recency = fifths([-buyer.recency for buyer in buyers])
    frequency = fifths([buyer.frequency for buyer in buyers])
    monetary = fifths([buyer.monetary for buyer in buyers])
    return [Scored(*columns) for columns in zip(buyers, recency, frequency, monetary, strict=True)]


def fifths(values: Sequence[int]) -> list[int]:
    """Return the fifth of each value, 5 for the highest: 1 + ⌊5·(r − ½)/n⌋, r the mean rank of its equals."""
    n = len(values)
    scores: dict[int, int] = {}
    before = 0
    for value, equals in groupby(sorted(values)):
        alike = sum(1 for _ in equals)
        # Twice the mean rank of before + 1 … before + alike, less one.
        scores[value] = 1 + FIFTHS * (2 * before + alike) // (2 * n)
        before += alike
    return [scores[value] for value in values]


def rfm(customers: Sequence[Scored], currency: str, scope: Scope = EVERYTHING, *, top: int = 10) -> list[Figure]:
    """Return how many customers have each score, the median behind it, and the share of the `top` commonest cells."""
    at = scope.split(currency=currency)
    figures = []
    for measure, unit in zip(MEASURES, ("days", "purchase days", currency), strict=True):
        for score in range(FIFTHS, 0, -1):
            values = [getattr(who.buyer, measure) for who in customers if getattr(who, measure) == score]
            of_score = at.split(measure=measure, quintile=score)
            lie = spread(values, MONEY if measure == "monetary" else 1)
            figures.append(RFM.figure("count", lie.n, lie.n, of_score))
            figures.append(RFM.figure("median", lie.median, lie.n, of_score, unit=unit))
    cells = Counter(who.cell for who in customers)
    commonest = sorted(cells.items(), key=lambda cell: (-cell[1], cell[0]))[:top]
    return [*figures, *(share(RFM, count, len(customers), at.split(cell=cell)) for cell, count in commonest)]
