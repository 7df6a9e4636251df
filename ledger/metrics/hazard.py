"""The additive discrete-time hazard: how likely it is to leave in each period of a horizon, from what is known.

Allison (1982), Discrete-time methods for the analysis of event histories; with what is known at the start of the
horizon, as in van Houwelingen and Putter (2011), Dynamic prediction in clinical survival analysis. The likelihood of
the logistic regression over person-periods is that of the hazard. scikit-learn fits it; no other module knows it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.errors import InvalidArgument
from ledger.metrics.proportions import Z
from ledger.metrics.terms import Floats, Frame, Known, frame, terms

Integers = npt.NDArray[np.int64]

LEAST = 20
"""Horizons that end with leaving, and that do not, below which nothing is learnt."""

PENALTY = 1.0
"""The weight of the squares of the coefficients (ridge) against the log likelihood of all person-periods."""


class Coefficient(NamedTuple):
    """What one term adds to the log odds of leaving in a period, with its 95 % interval (Wald).

    `told_by` is in how many person-periods the term was not 0.
    """

    term: str
    unit: str
    value: float
    low: float
    high: float
    told_by: int


class Foretold(NamedTuple):
    """For each row the probability to leave within the horizon, the ends of its interval, and why.

    `shares` are what the terms about each thing (columns, as in `Hazard.about`) add to the row's log odds, against the
    mean of the rows it was trained on.
    """

    probability: Floats
    low: Floats
    high: Floats
    shares: Floats


class Named(NamedTuple):
    """A term without its values."""

    about: str
    name: str
    unit: str


class PersonPeriods(NamedTuple):
    """Person-periods that are alike, counted: their terms, period (from 0), whether they left, how many there are."""

    terms: Floats
    period: Integers
    leaves: npt.NDArray[np.bool_]
    weight: Integers


class Hazard(NamedTuple):
    """A trained model.

    `weights` and `variance` are of the terms that were seen, of the periods after the first, and last of the intercept,
    which is the first period's own log odds. `told_by` is in how many person-periods each of them was not 0. `means`
    are of the terms that were seen.
    `rows` is how many horizons of how many customers' past it was trained on, `left` in how many the customer left,
    `person_periods` the periods at risk.
    """

    within: Frame
    terms: tuple[Named, ...]
    seen: npt.NDArray[np.bool_]
    weights: Floats
    variance: Floats
    told_by: Integers
    means: Floats
    periods: int
    rows: int
    left: int
    person_periods: int

    def coefficients(self) -> list[Coefficient]:
        """Return every coefficient: the terms that were seen, the later periods, and the intercept."""
        named = [(term.name, term.unit) for term in self._seen()]
        named += [(f"period {number} of {self.periods}", "against the first") for number in range(2, self.periods + 1)]
        named.append(("intercept", "log odds, all else 0"))
        errors = np.sqrt(np.diag(self.variance))
        return [
            Coefficient(name, unit, float(weight), float(weight - Z * error), float(weight + Z * error), int(told_by))
            for (name, unit), weight, error, told_by in zip(named, self.weights, errors, self.told_by, strict=True)
        ]

    def foretell(self, known: Known) -> Foretold:
        """Return what the model says of rows; the interval is of its coefficients, not of the customer's fate."""
        design = np.column_stack([term.values for term in terms(known, self.within)])[:, self.seen]
        survive = np.ones((3, known.rows))
        for period in range(self.periods):
            row = _stacked(design, np.full(known.rows, period), self.periods)
            middle = row @ self.weights
            error = Z * np.sqrt(np.einsum("ij,jk,ik->i", row, self.variance, row))
            survive *= 1 - _odds(np.stack([middle, middle - error, middle + error]))
        added = (design - self.means) * self.weights[: design.shape[1]]
        belongs = np.array([[term.about == about for about in self.about] for term in self._seen()], dtype=np.float64)
        probability, low, high = 1 - survive
        return Foretold(probability, low, high, added @ belongs.reshape(design.shape[1], len(self.about)))

    @property
    def about(self) -> tuple[str, ...]:
        """What the terms that were seen are about."""
        return tuple(dict.fromkeys(term.about for term in self._seen()))

    def _seen(self) -> list[Named]:
        return [term for term, seen in zip(self.terms, self.seen, strict=True) if seen]


def train(known: Known, left_in: Integers, periods: int) -> Hazard:
    """Return the hazard of rows that left in period `left_in` of so many (0: not at all).

    Each period that a row was at risk in counts once. Raises InvalidArgument where too few left or too few stayed, or
    without scikit-learn.
    """
    left = int(np.count_nonzero(left_in))
    _demand_both(left, known.rows)
    within = frame(known)
    every = terms(known, within)
    design = np.column_stack([term.values for term in every])
    seen = np.ptp(design, axis=0) > 0
    design = design[:, seen]
    alike = _person_periods(*_cells(design), left_in, periods)
    stacked = _stacked(alike.terms, alike.period, periods)
    weights = _fitted(stacked, alike.leaves, alike.weight)
    return Hazard(
        within=within,
        terms=tuple(Named(term.about, term.name, term.unit) for term in every),
        seen=seen,
        weights=weights,
        variance=_variance(stacked, alike.weight, weights),
        told_by=alike.weight @ (stacked != 0),
        means=design.mean(axis=0),
        periods=periods,
        rows=known.rows,
        left=left,
        person_periods=int(alike.weight.sum()),
    )


def _demand_both(left: int, rows: int) -> None:
    if not rows:
        raise InvalidArgument(
            "no horizon of anyone's was over by that time, so there is nothing to learn from: take a shorter horizon, "
            "or a later time"
        )
    if not left:
        raise InvalidArgument(
            f"none of {rows:,} horizons before that time ended with the customer leaving, so there is no leaving to "
            "learn from: take a later time, or, where the log has no event that ends a journey, give your journey's "
            "last stage a rule that says who has left"
        )
    for ended, number in (("with the customer leaving", left), ("with the customer still there", rows - left)):
        if number < LEAST:
            raise InvalidArgument(
                f"{number:,} of {rows:,} horizons before that time ended {ended}, and a hazard is not learnt from "
                f"fewer than {LEAST}: take a later time, or another horizon"
            )


def demand_library() -> None:
    """Raise InvalidArgument, with the cure, where scikit-learn is not installed; it is not loaded yet."""
    if find_spec("sklearn") is None:
        raise InvalidArgument(
            "the hazard of leaving is learnt by scikit-learn, which is not installed: "
            "pip install 'customer-ledger[predict]'"
        )


def load_library() -> type:
    """Load scikit-learn, which takes a second or two, and return its logistic regression."""
    demand_library()
    from sklearn.linear_model import LogisticRegression

    found: type = LogisticRegression
    return found


def _fitted(design: Floats, leaves: npt.NDArray[np.bool_], weight: Integers) -> Floats:
    # The intercept, the last column, is scikit-learn's own, because it is not to be penalised. Newton's steps start
    # from zero and draw nothing at random: the same rows give the same coefficients.
    model: Any = load_library()(C=1 / PENALTY, solver="newton-cholesky", tol=1e-8, max_iter=100)
    model.fit(design[:, :-1], leaves, sample_weight=weight.astype(np.float64))
    return np.append(model.coef_[0], model.intercept_)


def _cells(design: Floats) -> tuple[Floats, Integers]:
    """Return the distinct rows, and for each row which of them it is.

    Most rows of many customers are alike, and the likelihood needs only how many.
    """
    number = np.zeros(len(design), dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for column in design.T:
        values, place = np.unique(column, return_inverse=True)
        _, first, number = np.unique(number * len(values) + place, return_index=True, return_inverse=True)
    return design[first], number


def _person_periods(cells: Floats, cell: Integers, left_in: Integers, periods: int) -> PersonPeriods:
    """Return the terms, the period (from 0), whether they left and the number of all person-periods that are alike."""
    of_cell, of_period, left, weight = [], [], [], []
    for period in range(periods):
        at_risk = np.bincount(cell[(left_in == 0) | (left_in > period)], minlength=len(cells))
        leaving = np.bincount(cell[left_in == period + 1], minlength=len(cells))
        for leaves, number in ((True, leaving), (False, at_risk - leaving)):
            some = np.flatnonzero(number)
            of_cell.append(some)
            of_period.append(np.full(len(some), period))
            left.append(np.full(len(some), leaves))
            weight.append(number[some])
    joined = [np.concatenate(parts) for parts in (of_period, left, weight)]
    return PersonPeriods(cells[np.concatenate(of_cell)], *joined)


def _stacked(design: Floats, period: Integers, periods: int) -> Floats:
    """Return the rows with a column for each later period and, last, a column of ones."""
    later = period[:, None] == np.arange(1, periods)
    return np.concatenate([design, later, np.ones((len(design), 1))], axis=1)


def _variance(design: Floats, weight: Integers, weights: Floats) -> Floats:
    """Return the inverse of the information of the penalised likelihood."""
    p = _odds(design @ weights)
    penalty = np.diag([PENALTY] * (len(weights) - 1) + [0.0])
    information = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
    return np.asarray(np.linalg.inv(information), dtype=np.float64)


def _odds(logit: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -logit)), dtype=np.float64)
