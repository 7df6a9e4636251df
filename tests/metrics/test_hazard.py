"""The hazard finds what is there, finds nothing where there is nothing, and says what it was learnt from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize

from ledger.errors import InvalidArgument
from ledger.metrics.foretold import auc, slope
from ledger.metrics.hazard import LEAST, Hazard, train
from ledger.metrics.terms import COUNTS, Known, frame, terms

DAY = 86_400_000_000
PERIODS = 3


def known(n: int, **given: Any) -> Known:
    """Return n rows that are all alike but for what is given; counts by their names."""
    counts = {name: np.asarray(given.pop(name, np.zeros(n)), dtype=np.float64) for name in COUNTS}
    columns: dict[str, Any] = {
        "stage": np.full(n, "use"),
        "cycle": np.ones(n),
        "in_stage": np.full(n, 5.0 * DAY),
        "quiet": np.full(n, 1.0 * DAY),
        "rating": np.full(n, np.nan),
        "segment": np.full(n, ""),
    }
    return Known(**{name: np.asarray(given.pop(name, column)) for name, column in columns.items()}, counts=counts)


def leaving(hazard: npt.NDArray[np.float64], chance: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the period in which each row leaves, drawn by its hazard in every period; 0 for not at all."""
    left = np.zeros(len(hazard), dtype=np.int64)
    for period in range(1, PERIODS + 1):
        left[(left == 0) & (chance.random(len(hazard)) < hazard)] = period
    return left


def complaining(n: int, seed: int, factor: float) -> tuple[Known, npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return rows of whom half complained, which multiplies the odds of leaving in a period of 5 %."""
    chance = np.random.default_rng(seed)
    complaints = chance.integers(0, 2, n).astype(np.float64)
    odds = 0.05 / 0.95 * np.where(complaints > 0, factor, 1.0)
    hazard = odds / (1 + odds)
    return known(n, complaints=complaints), leaving(hazard, chance), hazard


def coefficient(model: Hazard, term: str) -> Any:
    (found,) = [one for one in model.coefficients() if one.term == term]
    return found


def test_complaints_that_double_the_odds_are_found() -> None:
    model = train(*complaining(20_000, 1, 2.0)[:2], PERIODS)
    found = coefficient(model, "complaints in 90 days")
    assert found.low < np.log(2) < found.high
    assert found.low > 0.5
    assert (found.unit, len(model.coefficients())) == ("doubling of 1 + n", 4)


def test_what_is_foretold_of_others_is_their_true_risk_and_ranks_them_as_the_truth_would() -> None:
    model = train(*complaining(20_000, 1, 2.0)[:2], PERIODS)
    rows, left, hazard = complaining(40_000, 2, 2.0)
    foretold, came = model.foretell(rows).probability, left > 0
    truth = 1 - (1 - hazard) ** PERIODS
    assert np.abs(foretold - truth).max() < 0.02
    by_truth = auc(truth, came)
    by_model = auc(foretold, came)
    assert by_truth is not None
    assert by_model is not None
    assert by_model[0] == pytest.approx(by_truth[0], abs=0.005)
    assert by_truth[0] > 0.55
    found = slope(foretold, came)
    assert found is not None
    assert found[0] == pytest.approx(1, abs=0.12)
    assert foretold.mean() == pytest.approx(came.mean(), abs=0.01)


def test_pure_noise_ranks_no_better_than_chance() -> None:
    chance = np.random.default_rng(5)

    def noise(n: int) -> tuple[Known, npt.NDArray[np.int64]]:
        rows = known(
            n,
            stage=chance.choice(["use", "renewal"], n),
            rating=chance.random(n),
            contacts=chance.integers(0, 5, n),
            cases_open=chance.integers(0, 3, n),
        )
        return rows, leaving(np.full(n, 0.03), chance)

    model = train(*noise(8_000), PERIODS)
    rows, left = noise(8_000)
    found = auc(model.foretell(rows).probability, left > 0)
    assert found is not None
    area, variance = found
    assert abs(area - 0.5) < 1.96 * np.sqrt(variance)
    for one in model.coefficients()[:-1]:
        assert one.low < 0 < one.high, one


def test_the_interval_of_a_risk_holds_the_true_one_about_as_often_as_it_says() -> None:
    held = []
    for seed in range(60):
        rows, left, hazard = complaining(1_500, 100 + seed, 2.0)
        foretold = train(rows, left, PERIODS).foretell(known(2, complaints=[0, 1]))
        for place, own in enumerate((hazard.min(), hazard.max())):
            held.append(foretold.low[place] <= 1 - (1 - own) ** PERIODS <= foretold.high[place])
    assert np.mean(held) >= 0.88


def test_rows_that_are_alike_are_learnt_as_if_each_stood_for_itself() -> None:
    chance = np.random.default_rng(7)
    rows = known(600, stage=chance.choice(["use", "renewal"], 600), contacts=chance.integers(0, 3, 600))
    left = leaving(np.where(rows.stage == "renewal", 0.12, 0.04), chance)
    model = train(rows, left, PERIODS)
    design = np.column_stack([term.values for term in terms(rows, frame(rows))])[:, model.seen]
    stacked, came = [], []
    for row, period in zip(design, left, strict=True):
        for number in range(1, (period or PERIODS) + 1):
            stacked.append([*row, number == 2, number == 3, 1.0])
            came.append(number == period)
    x, y = np.array(stacked, dtype=np.float64), np.array(came)

    def loss(weights: npt.NDArray[np.float64]) -> float:
        signed = np.where(y, 1, -1) * (x @ weights)
        return float(np.logaddexp(0, -signed).sum() + 0.5 * (weights[:-1] ** 2).sum())

    best = minimize(loss, np.zeros(x.shape[1]), method="BFGS", options={"gtol": 1e-6}).x
    assert np.allclose(model.weights, best, atol=1e-4)
    assert model.person_periods == len(y)
    p = 1 / (1 + np.exp(-x @ model.weights))
    information = (x * (p * (1 - p))[:, None]).T @ x + np.diag([1.0] * (x.shape[1] - 1) + [0.0])
    assert np.allclose(model.variance, np.linalg.inv(information))


def test_the_same_rows_in_another_order_give_the_same_model() -> None:
    rows, left, _ = complaining(2_000, 9, 2.0)
    order = np.random.default_rng(1).permutation(2_000)
    turned = known(2_000, complaints=rows.counts["complaints"][order])
    again = train(turned, left[order], PERIODS)
    assert np.allclose(train(rows, left, PERIODS).weights, again.weights, atol=1e-12)


def test_why_is_what_a_row_has_more_or_less_of_than_the_mean_row() -> None:
    rows, left, _ = complaining(5_000, 3, 3.0)
    model = train(rows, left, PERIODS)
    told = model.foretell(known(2, complaints=[0, 1]))
    place = model.about.index("complaints in 90 days")
    weight = coefficient(model, "complaints in 90 days").value
    mean = float(rows.counts["complaints"].mean())
    assert told.shares[:, place] == pytest.approx([-mean * weight, (1 - mean) * weight])


def test_stages_are_compared_with_the_most_frequent_one() -> None:
    rows = known(6, stage=["use", "renewal", "use", "awareness", "renewal", "use"], segment=["", "b", "a", "", "b", ""])
    within = frame(rows)
    assert (within.stage, within.stages) == ("use", ("renewal", "awareness"))
    assert (within.segment, within.segments) == ("", ("b", "a"))
    named = {term.name: list(term.values) for term in terms(rows, within)}
    assert named["stage renewal"] == [0, 1, 0, 0, 1, 0]
    assert named["segment a"] == [0, 0, 1, 0, 0, 0]


def test_lengths_fall_into_bands_that_meet_and_an_unknown_one_into_none() -> None:
    lengths = np.array([6.99, 7, 29.99, 30, 365, 4_000, np.nan]) * DAY
    named = {term.name: list(term.values) for term in terms(known(7, quiet=lengths), frame(known(7)))}
    assert named["quiet: 7 to 30 days"] == [0, 1, 1, 0, 0, 0, 0]
    assert named["quiet: 30 to 90 days"] == [0, 0, 0, 1, 0, 0, 0]
    assert named["quiet: 365 days or more"] == [0, 0, 0, 0, 1, 1, 0]


def test_a_stage_that_was_never_seen_is_told_as_the_most_frequent_one() -> None:
    rows, left, _ = complaining(5_000, 3, 2.0)
    model = train(rows, left, PERIODS)
    strange = model.foretell(known(1, stage=["renewal"], segment=["gold"]))
    assert strange.probability[0] == model.foretell(known(1)).probability[0]


def test_nothing_is_learnt_from_too_few() -> None:
    left = np.zeros(1_000, dtype=np.int64)
    left[: LEAST - 1] = 1
    with pytest.raises(InvalidArgument, match=f"{LEAST - 1} of 1,000 horizons .* fewer than {LEAST}"):
        train(known(1_000), left, PERIODS)
    left[LEAST - 1] = 3
    assert train(known(1_000), left, PERIODS).left == LEAST


def test_nothing_is_learnt_where_too_few_stayed_or_nothing_was_over() -> None:
    rows = 60
    left = np.ones(rows, dtype=np.int64)
    left[: LEAST - 1] = 0
    with pytest.raises(InvalidArgument, match=f"{LEAST - 1} of {rows} horizons .* still there, .* fewer than {LEAST}"):
        train(known(rows), left, PERIODS)
    with pytest.raises(InvalidArgument, match=r"0 of 60 horizons .* still there"):
        train(known(rows), np.ones(rows, dtype=np.int64), PERIODS)
    with pytest.raises(InvalidArgument, match="no horizon of anyone's was over"):
        train(known(0, stage=np.array([], dtype=np.str_)), left[:0], PERIODS)


def test_where_all_rows_are_alike_the_share_that_left_is_foretold_of_nothing_in_particular() -> None:
    left = np.array([1] * 20 + [0] * 60)
    model = train(known(80), left, PERIODS)
    found = model.foretell(known(2))
    assert found.probability == pytest.approx([0.25, 0.25], abs=0.02)
    assert found.shares.shape == (2, 0)


def test_a_coefficient_says_how_many_person_periods_tell_of_it() -> None:
    model = train(known(90, stage=["renewal"] * 20 + ["use"] * 70), np.array([1] * 10 + [0] * 70 + [2] * 10), PERIODS)
    # Of the 20 in renewal 10 left in the first period and 10 stayed for all three.
    assert coefficient(model, "stage renewal").told_by == 10 + 10 * 3
    assert coefficient(model, "period 2 of 3").told_by == 80
    assert coefficient(model, "intercept").told_by == model.person_periods == 90 + 80 + 70


def test_nobody_at_risk_is_nobody_foretold() -> None:
    rows, left, _ = complaining(5_000, 3, 2.0)
    nobody = train(rows, left, PERIODS).foretell(known(0, stage=np.array([], dtype=np.str_)))
    assert len(nobody.probability) == 0
