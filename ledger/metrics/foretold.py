"""How well it was foretold: probabilities against what came, as figures."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from ledger.metrics.definitions.prediction import (
    PREDICTION_BIAS,
    PREDICTION_CALIBRATION,
    PREDICTION_ERROR,
    PREDICTION_RANKING,
    PREDICTION_SLOPE,
)
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import Z, share, wilson

Floats = npt.NDArray[np.float64]
Came = npt.NDArray[np.bool_]

TENTHS = 10
STEPS = 50
NEAR = 1e-10
"""Newton's steps for the slope at most, and how small the last one is."""


def foretold(probability: Floats, came: Came, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the figures of an evaluation: calibration, ranking, error and skill, bias, slope.

    `probability[k]` was foretold of the k-th customer, in an order that is always the same; `came[k]` says whether it
    came.
    """
    n, left = len(came), int(np.count_nonzero(came))
    return [
        *calibration(probability, came, scope),
        _ranking(probability, came, scope),
        *_error(probability, came, scope),
        _bias(float(probability.sum()), left, n, scope),
        _slope(probability, came, scope),
    ]


def calibration(probability: Floats, came: Came, scope: Scope = EVERYTHING) -> list[Figure]:
    """Return the mean foretold and the share that came, of all and of each tenth by what was foretold."""
    order = np.argsort(probability, kind="stable")
    figures = _compared(probability, came, scope.split(tenth="all"))
    for number, places in enumerate(np.array_split(order, TENTHS), 1):
        if len(places):
            # What was left out was left out before anyone was put into a tenth.
            tenth = Scope(scope.by).split(tenth=str(number))
            figures += _compared(probability[places], came[places], tenth)
    return figures


def _compared(probability: Floats, came: Came, scope: Scope) -> list[Figure]:
    mean = float(probability.mean()) if len(probability) else None
    return [
        PREDICTION_CALIBRATION.figure("mean", mean, len(probability), scope),
        share(PREDICTION_CALIBRATION, int(np.count_nonzero(came)), len(came), scope),
    ]


def auc(probability: Floats, came: Came) -> tuple[float, float] | None:
    """Return the area under the ROC curve and DeLong's variance of it; None where nobody left or nobody stayed.

    The variance is nan where one side has fewer than two.
    """
    left, stayed = probability[came], probability[~came]
    if not len(left) or not len(stayed):
        return None
    # The share of the other side that lies below, equal ones counting half: the placements of DeLong.
    of_left = _below(left, stayed)
    of_stayed = 1 - _below(stayed, left)
    if min(len(left), len(stayed)) < 2:
        return float(of_left.mean()), float("nan")
    variance = of_left.var(ddof=1) / len(left) + of_stayed.var(ddof=1) / len(stayed)
    return float(of_left.mean()), float(variance)


def _below(values: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    result: Floats = below / (2 * len(others))
    return result


def _ranking(probability: Floats, came: Came, scope: Scope) -> Figure:
    n, left = len(came), int(np.count_nonzero(came))
    found = auc(probability, came)
    if found is None:
        return PREDICTION_RANKING.figure("auc", None, n, scope, numerator=left)
    area, variance = found
    return PREDICTION_RANKING.figure("auc", area, n, scope, interval=_on_logit(area, variance), numerator=left)


def _on_logit(area: float, variance: float) -> tuple[float, float] | None:
    """Return the interval of an area, made where it cannot leave 0 to 1; None where there is none."""
    if not 0 < area < 1 or not variance > 0:
        return None
    middle, error = log(area / (1 - area)), sqrt(variance) / (area * (1 - area))
    return 1 / (1 + exp(-(middle - Z * error))), 1 / (1 + exp(-(middle + Z * error)))


def _error(probability: Floats, came: Came, scope: Scope) -> list[Figure]:
    n, left = len(came), int(np.count_nonzero(came))
    brier = float(np.mean((probability - came) ** 2)) if n else None
    rate = left / n if n else 0.0
    skill = None if brier is None or not 0 < rate < 1 else 1 - brier / (rate * (1 - rate))
    return [
        PREDICTION_ERROR.figure("mean", brier, n, scope),
        PREDICTION_ERROR.figure("skill", skill, n, scope),
    ]


def _bias(expected: float, left: int, n: int, scope: Scope) -> Figure:
    interval = wilson(left, n)
    if interval is None or not expected > 0:
        return PREDICTION_BIAS.figure("ratio", None, n, scope, numerator=left)
    low, high = (end * n / expected for end in interval)
    return PREDICTION_BIAS.figure("ratio", left / expected, n, scope, interval=(low, high), numerator=left)


def _slope(probability: Floats, came: Came, scope: Scope) -> Figure:
    n = len(came)
    found = slope(probability, came)
    if found is None:
        return PREDICTION_SLOPE.figure("slope", None, n, scope)
    value, error = found
    return PREDICTION_SLOPE.figure("slope", value, n, scope, interval=(value - Z * error, value + Z * error))


def slope(probability: Floats, came: Came) -> tuple[float, float] | None:
    """Return b and its standard error of logit P(came) = a + b·logit(probability), by maximum likelihood.

    None where it is not defined: nobody left or stayed, all risks equal or beyond 0 to 1, or a separation so clear that
    no finite slope fits best.
    """
    if not _tellable(probability, came):
        return None
    design = np.column_stack([np.ones(len(came)), np.log(probability / (1 - probability))])
    weights, likelihood = np.array([0.0, 1.0]), -np.inf
    step = np.zeros(2)
    for _ in range(STEPS):
        better = _likelihood(design, weights + step, came)
        if better < likelihood:
            # Newton went too far: half as far is better, because the likelihood has one maximum.
            step = step / 2
            continue
        weights, likelihood = weights + step, better
        p = np.exp(-np.logaddexp(0, -(design @ weights)))
        information = (design * (p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (came - p))
        if np.abs(step).max() < NEAR:
            return float(weights[1]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return None


def _tellable(probability: Floats, came: Came) -> bool:
    if came.all() or not came.any() or not bool(((probability > 0) & (probability < 1)).all()):
        return False
    left, stayed = probability[came], probability[~came]
    return bool(left.min() < stayed.max() and stayed.min() < left.max())


def _likelihood(design: Floats, weights: Floats, came: Came) -> float:
    return -float(np.logaddexp(0, -np.where(came, 1, -1) * (design @ weights)).sum())
