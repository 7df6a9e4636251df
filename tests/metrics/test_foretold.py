"""What was foretold against what came: against the definitions, computed pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss, roc_auc_score

from ledger.metrics.figure import Figure
from ledger.metrics.foretold import auc, calibration, foretold, slope
from ledger.metrics.proportions import wilson

Floats = npt.NDArray[np.float64]
Came = npt.NDArray[np.bool_]


def drawn(n: int = 400, seed: int = 3) -> tuple[Floats, Came]:
    """Return risks, some of them equal, and who left: true to the risks."""
    chance = np.random.default_rng(seed)
    probability = np.round(chance.beta(1, 6, n), 2).clip(0.01, 0.99)
    return probability, chance.random(n) < probability


def one(figures: list[Figure], metric: str, statistic: str, **by: Any) -> Figure:
    (found,) = [f for f in figures if (f.metric, f.statistic) == (metric, statistic) and by.items() <= f.by.items()]
    return found


def test_auc_is_the_share_of_pairs_told_right() -> None:
    probability, came = drawn()
    pairs = [(a > b) + 0.5 * (a == b) for a in probability[came] for b in probability[~came]]
    found = auc(probability, came)
    assert found is not None
    assert found[0] == pytest.approx(np.mean(pairs), abs=1e-12)
    assert found[0] == pytest.approx(roc_auc_score(came, probability), abs=1e-12)


def test_its_variance_is_delongs() -> None:
    probability, came = drawn(120)
    left, stayed = probability[came], probability[~came]

    def right(a: float, b: float) -> float:
        return float(a > b) + 0.5 * float(a == b)

    of_left = [np.mean([right(a, b) for b in stayed]) for a in left]
    of_stayed = [np.mean([right(a, b) for a in left]) for b in stayed]
    variance = np.var(of_left, ddof=1) / len(left) + np.var(of_stayed, ddof=1) / len(stayed)
    found = auc(probability, came)
    assert found is not None
    assert found[1] == pytest.approx(variance, rel=1e-12)


def test_the_interval_of_auc_stays_within_0_and_1_and_there_is_none_of_a_perfect_one() -> None:
    came = np.array([False] * 20 + [True] * 3)
    nearly = np.linspace(0.1, 0.9, 23)
    nearly[[19, 20]] = nearly[[20, 19]]
    figure = one(foretold(nearly, came), "prediction_ranking", "auc")
    assert figure.low is not None
    assert figure.high is not None
    assert 0 < figure.low < float(figure.value or 0) < figure.high < 1
    perfect = one(foretold(np.linspace(0.1, 0.9, 23), came), "prediction_ranking", "auc")
    assert (perfect.value, perfect.low, perfect.high) == (1.0, None, None)


def test_the_brier_score_is_that_of_scikit_learn_and_skill_is_against_the_share_that_left() -> None:
    probability, came = drawn()
    figures = foretold(probability, came)
    brier = brier_score_loss(came, probability)
    rate = came.mean()
    assert one(figures, "prediction_error", "mean").value == pytest.approx(brier, abs=1e-12)
    assert one(figures, "prediction_error", "skill").value == pytest.approx(1 - brier / (rate * (1 - rate)), abs=1e-12)


def test_to_foretell_the_share_that_left_of_everyone_has_no_skill() -> None:
    came = np.array([True] * 10 + [False] * 30)
    figures = foretold(np.full(40, 0.25), came)
    assert one(figures, "prediction_error", "skill").value == pytest.approx(0)
    assert one(figures, "prediction_ranking", "auc").value == 0.5
    assert one(figures, "prediction_bias", "ratio").value == pytest.approx(1)
    assert one(figures, "prediction_slope", "slope").value is None


def test_the_slope_is_the_maximum_of_its_likelihood() -> None:
    probability, came = drawn()
    x = np.log(probability / (1 - probability))

    def loss(weights: Floats) -> float:
        return float(np.logaddexp(0, -np.where(came, 1, -1) * (weights[0] + weights[1] * x)).sum())

    best = minimize(loss, np.array([0.0, 1.0]), method="BFGS", options={"gtol": 1e-8}).x
    found = slope(probability, came)
    assert found is not None
    assert found[0] == pytest.approx(best[1], abs=1e-5)


def test_risks_twice_as_far_apart_as_the_truth_have_half_the_slope() -> None:
    probability, came = drawn(20_000)
    x = np.log(probability / (1 - probability))
    right, extreme = slope(probability, came), slope(1 / (1 + np.exp(-2 * x)), came)
    assert right is not None
    assert extreme is not None
    assert extreme[0] == pytest.approx(right[0] / 2, rel=1e-6)
    assert right[0] == pytest.approx(1, abs=0.1)


def test_a_separation_has_no_slope() -> None:
    came = np.array([False] * 10 + [True] * 10)
    assert slope(np.linspace(0.1, 0.9, 20), came) is None
    assert slope(np.array([0.0, 0.5, 1.0]), np.array([False, True, True])) is None


def test_the_bias_is_those_who_left_over_those_foretold_to() -> None:
    came = np.array([True] * 10 + [False] * 30)
    figure = one(foretold(np.linspace(0.1, 0.4, 40), came), "prediction_bias", "ratio")
    assert figure.value == pytest.approx(1.0)
    assert (figure.numerator, figure.n) == (10, 40)
    low, high = wilson(10, 40) or (0, 0)
    assert figure.low == pytest.approx(low / 0.25)
    assert figure.high == pytest.approx(high / 0.25)


def test_tenths_are_by_what_was_foretold_and_each_holds_its_own() -> None:
    probability = np.arange(100) / 1000 + 0.001
    came = np.zeros(100, dtype=bool)
    came[95:] = True
    figures = calibration(probability[::-1], came[::-1])
    assert [one(figures, "prediction_calibration", "share", tenth=str(tenth)).numerator for tenth in range(1, 11)] == [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 5
    ]  # fmt: skip
    last = one(figures, "prediction_calibration", "mean", tenth="10")
    assert last.value == pytest.approx(0.0955)
    assert last.n == 10
    everyone = one(figures, "prediction_calibration", "share", tenth="all")
    assert (everyone.value, everyone.n) == (0.05, 100)


def test_fewer_than_ten_are_as_many_tenths_as_there_are() -> None:
    figures = calibration(np.array([0.1, 0.2, 0.3]), np.array([False, False, True]))
    assert [figure.by["tenth"] for figure in figures if figure.statistic == "share"] == ["all", "1", "2", "3"]


def test_where_nobody_is_judged_no_figure_is_told() -> None:
    figures = foretold(np.array([]), np.array([], dtype=bool))
    assert {(figure.value, figure.n) for figure in figures} == {(None, 0)}


@pytest.mark.parametrize("everyone", [True, False])
def test_where_all_or_none_left_there_is_nothing_to_tell_apart(everyone: bool) -> None:
    figures = foretold(np.array([0.1, 0.2]), np.array([everyone, everyone]))
    assert one(figures, "prediction_ranking", "auc").value is None
    assert one(figures, "prediction_error", "skill").value is None
    assert one(figures, "prediction_slope", "slope").value is None
    assert one(figures, "prediction_error", "mean").value is not None


def test_one_who_left_gives_an_area_and_no_interval() -> None:
    figure = one(foretold(np.array([0.1, 0.2, 0.3]), np.array([False, True, False])), "prediction_ranking", "auc")
    assert (figure.value, figure.low) == (0.5, None)
