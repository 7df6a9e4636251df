"""From rows of ratings, counted per scale and score, to the survey scores and the counts of each score."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.metrics.definitions.ratings import RATINGS
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.scores import ces, csat, nps

Ratings = Iterable[tuple[str, str, int]]
"""Rows of (scale as in `0-10`, score as decimal text, how many)."""

SCALES = {"nps": "0-10", "csat": "1-5", "ces": "1-7"}
"""The scale each survey score is defined on; a rating on another scale is left out and counted."""


class Tally(Struct, frozen=True):
    """The ratings on one scale: how many of each score, and what was left out."""

    counts: dict[Fraction, int]
    other_scale: int

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def total(self) -> Fraction:
        return sum((score * n for score, n in self.counts.items()), Fraction(0))

    @property
    def squares(self) -> Fraction:
        return sum((score * score * n for score, n in self.counts.items()), Fraction(0))

    def between(self, low: int, high: int) -> int:
        """Return how many ratings are at least `low` and at most `high`."""
        return sum(n for score, n in self.counts.items() if low <= score <= high)


def tally(ratings: Ratings, scale: str) -> Tally:
    """Return the ratings given on `scale`, by score."""
    counts: dict[Fraction, int] = {}
    other = 0
    for given_on, score, n in ratings:
        if given_on != scale:
            other += n
            continue
        value = Fraction(score)
        counts[value] = counts.get(value, 0) + n
    return Tally(counts, other)


def survey_score(survey: str, ratings: Ratings, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the figures of `survey` (nps, csat or ces); InvalidArgument for another name."""
    if survey not in SCALES:
        raise InvalidArgument(f"{survey!r} is no survey score: ask for one of {', '.join(SCALES)}")
    counted = tally(ratings, SCALES[survey])
    return _SCORES[survey](counted, scope.leaving_out(other_scale=counted.other_scale))


def score_counts(survey: str, ratings: Ratings, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return how often each score was given, lowest first, per scale; n is all ratings on that scale."""
    rows = list(ratings)
    figures = []
    for scale in sorted({row[0] for row in rows}):
        counted = tally(rows, scale)
        for score in sorted(counted.counts):
            at = scope.split(survey=survey, scale=scale, score=_shortest(score))
            count = counted.counts[score]
            figures.append(RATINGS.figure("count", count, counted.n, at, numerator=count))
    return figures


def _shortest(score: Fraction) -> str:
    return str(score.numerator) if score.denominator == 1 else repr(float(score))


def _nps(counted: Tally, scope: Scope) -> list[Figure]:
    promoters = counted.between(9, 10)
    detractors = counted.between(0, 6)
    return nps(promoters, counted.n - promoters - detractors, detractors, scope)


def _csat(counted: Tally, scope: Scope) -> list[Figure]:
    return csat(counted.between(4, 5), counted.n, counted.total, scope, squares=counted.squares)


def _ces(counted: Tally, scope: Scope) -> list[Figure]:
    return ces(counted.n, counted.total, counted.squares, scope)


_SCORES: dict[str, Callable[[Tally, Scope], list[Figure]]] = {"nps": _nps, "csat": _csat, "ces": _ces}
