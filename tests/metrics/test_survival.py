"""Kaplan–Meier equals lifelines, ties and censoring included."""

from __future__ import annotations

from math import isinf
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_times

from ledger.errors import InvalidArgument
from ledger.metrics.survival import Survival, kaplan_meier

observed = st.lists(st.tuples(st.integers(0, 25), st.booleans()), min_size=1, max_size=80)
real = st.lists(st.tuples(st.floats(0, 1e6, allow_subnormal=False), st.booleans()), min_size=1, max_size=40)


def both(drawn: list[tuple[float, bool]]) -> tuple[Survival, Any]:
    durations = [duration for duration, _ in drawn]
    ended = [end for _, end in drawn]
    with np.errstate(all="ignore"):
        judge = KaplanMeierFitter().fit(durations, ended)
    return kaplan_meier(durations, ended), judge


def finite(time: float) -> float | None:
    return None if isinf(time) else float(time)


@given(observed)
def test_the_survival_function_is_that_of_lifelines(drawn: list[tuple[float, bool]]) -> None:
    ours, judge = both(drawn)
    for time, lasting in judge.survival_function_["KM_estimate"].items():
        assert ours.at(time) == pytest.approx(lasting, abs=1e-9)


@given(real)
def test_the_survival_function_without_ties_is_that_of_lifelines(drawn: list[tuple[float, bool]]) -> None:
    ours, judge = both(drawn)
    for time, lasting in judge.survival_function_["KM_estimate"].items():
        assert ours.at(time) == pytest.approx(lasting, abs=1e-9)


@given(observed)
def test_the_band_is_that_of_lifelines(drawn: list[tuple[float, bool]]) -> None:
    ours, judge = both(drawn)
    judged = judge.confidence_interval_
    for step, time in enumerate(ours.times):
        low, high = judged.loc[time]
        assert (ours.lower[step], ours.upper[step]) == pytest.approx((low, high), abs=1e-9)


@given(observed)
def test_the_median_and_the_p90_are_those_of_lifelines(drawn: list[tuple[float, bool]]) -> None:
    ours, judge = both(drawn)
    for share in (0.5, 0.9):
        assume(not np.isclose(ours.survival, 1 - share, atol=1e-9).any())  # there lifelines' own rounding decides
        assert ours.time_by_which(share) == finite(qth_survival_times(1 - share, judge.survival_function_))


@given(observed)
def test_the_interval_of_the_median_is_that_of_lifelines(drawn: list[tuple[float, bool]]) -> None:
    ours, judge = both(drawn)
    judged = median_survival_times(judge.confidence_interval_)
    low, high = judged.iloc[0]
    assert ours.interval_of(0.5) == (finite(low), finite(high))


@given(observed)
def test_the_survival_function_falls_from_1_and_stays_in_its_band(drawn: list[tuple[float, bool]]) -> None:
    ours, _ = both(drawn)
    assert (np.diff(ours.survival, prepend=1.0) < 0).all()
    assert (ours.lower <= ours.survival).all()
    assert (ours.survival <= ours.upper).all()


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_without_censoring_survival_is_the_share_that_lasts_longer(durations: list[int]) -> None:
    ours = kaplan_meier(durations, [True] * len(durations))
    for time in range(-1, 27):
        longer = sum(duration > time for duration in durations)
        assert ours.at(time) == pytest.approx(longer / len(durations), abs=1e-12)


def test_a_half_that_is_not_exact_in_floats_is_still_reached() -> None:
    """Ten end one after another: the product of nine tenths, eight ninths and so on is half after five."""
    for n in range(2, 400, 2):
        assert kaplan_meier(list(range(n)), [True] * n).time_by_which(0.5) == n // 2 - 1


def test_when_nothing_ended_there_is_no_median() -> None:
    ours = kaplan_meier([1, 2, 3], [False, False, False])
    assert (ours.n, ours.ended, ours.at(99)) == (3, 0, 1.0)
    assert ours.time_by_which(0.5) is None
    assert ours.interval_of(0.5) == (None, None)


def test_nothing_observed_gives_no_median() -> None:
    ours = kaplan_meier([], [])
    assert (ours.n, ours.ended, ours.time_by_which(0.5)) == (0, 0, None)


def test_one_that_is_cut_off_at_a_tie_was_still_at_risk() -> None:
    assert kaplan_meier([5, 5], [True, False]).at(5) == 0.5


def test_a_median_that_half_never_reach_is_none_while_an_early_share_is_known() -> None:
    ours = kaplan_meier([1, 2, 3, 4], [True, False, False, False])
    assert ours.time_by_which(0.25) == 1
    assert ours.time_by_which(0.5) is None


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.1])
def test_a_share_outside_0_and_1_is_refused(share: float) -> None:
    with pytest.raises(InvalidArgument, match="between 0 and 1"):
        kaplan_meier([1], [True]).time_by_which(share)


def test_columns_that_do_not_match_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="do not match"):
        kaplan_meier([1, 2], [True])


@pytest.mark.parametrize("duration", [float("nan"), float("inf")])
def test_a_duration_that_is_no_finite_number_is_refused(duration: float) -> None:
    with pytest.raises(InvalidArgument, match="finite"):
        kaplan_meier([duration], [True])
