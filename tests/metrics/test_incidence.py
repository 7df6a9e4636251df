"""Aalen–Johansen equals lifelines; its shares and what lasts are 1 together."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter

from ledger.errors import InvalidArgument
from ledger.metrics.incidence import Incidence, aalen_johansen
from ledger.metrics.survival import kaplan_meier

untied = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 3)), min_size=1, max_size=40, unique_by=lambda drawn: drawn[0]
)
tied = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), min_size=1, max_size=60)


def judged(durations: list[int], endings: list[int], way: int) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AalenJohansenFitter(seed=5).fit(durations, endings, event_of_interest=way)


def columns(drawn: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [duration for duration, _ in drawn], [ending for _, ending in drawn]


@settings(max_examples=40)
@given(untied)
def test_the_incidence_of_each_ending_is_that_of_lifelines(drawn: list[tuple[int, int]]) -> None:
    durations, endings = columns(drawn)
    for way, ours in aalen_johansen(durations, endings).endings.items():
        judge = judged(durations, endings, way)
        for time, share in judge.cumulative_density_[f"CIF_{way}"].items():
            assert ours.at(time) == pytest.approx(share, abs=1e-9)


@settings(max_examples=40)
@given(untied)
def test_its_variance_and_interval_are_those_of_lifelines(drawn: list[tuple[int, int]]) -> None:
    durations, endings = columns(drawn)
    for way, ours in aalen_johansen(durations, endings).endings.items():
        judge = judged(durations, endings, way)
        upper, lower = judge.confidence_interval_.columns
        for step, time in enumerate(ours.times):
            variance = judge.variance_.loc[time]
            if np.isnan(variance):
                continue  # lifelines divides by zero where the last of all ends
            assert ours.variance[step] == pytest.approx(variance, abs=1e-9)
            interval = ours.interval_at(time)
            if interval is not None and variance > 1e-12:
                low, high = judge.confidence_interval_.loc[time, [upper, lower]]
                assert interval == pytest.approx((low, high), abs=1e-9)


@settings(max_examples=40)
@given(tied)
def test_ends_of_different_ways_at_one_time_are_those_of_lifelines_which_sets_them_apart(
    drawn: list[tuple[int, int]],
) -> None:
    """A judge like lifelines moves tied ends by up to 0.0001 to either side, so nothing may be cut off just there."""
    durations = [duration * 1_000 + (500 if ending == 0 else 0) for duration, ending in drawn]
    endings = [ending for _, ending in drawn]
    for way, ours in aalen_johansen(durations, endings).endings.items():
        curve = judged(durations, endings, way).cumulative_density_[f"CIF_{way}"]
        for time in ours.times:
            assert ours.at(time) == pytest.approx(float(curve.loc[: time + 1].iloc[-1]), abs=1e-9)


@given(tied)
def test_the_shares_of_all_endings_and_of_what_lasts_are_one(drawn: list[tuple[int, int]]) -> None:
    ours = aalen_johansen(*columns(drawn))
    for time in range(11):
        total = ours.lasting.at(time) + sum(curve.at(time) for curve in ours.endings.values())
        assert total == pytest.approx(1, abs=1e-12)


@given(tied)
def test_with_one_ending_it_is_one_minus_kaplan_meier(drawn: list[tuple[int, int]]) -> None:
    durations, endings = columns(drawn)
    once = [min(ending, 1) for ending in endings]
    ours = aalen_johansen(durations, once).endings.get(1)
    judge = KaplanMeierFitter().fit(durations, once)
    for time, lasting in judge.survival_function_["KM_estimate"].items():
        assert (ours.at(time) if ours else 0.0) == pytest.approx(1 - lasting, abs=1e-9)


@given(tied)
def test_the_share_never_falls_and_lies_in_its_interval(drawn: list[tuple[int, int]]) -> None:
    for curve in aalen_johansen(*columns(drawn)).endings.values():
        assert (np.diff(curve.share, prepend=0.0) >= 0).all()
        for time, share in zip(curve.times, curve.share, strict=True):
            interval = curve.interval_at(float(time))
            assert interval is None or interval[0] - 1e-12 <= share <= interval[1] + 1e-12


@given(tied)
def test_one_minus_kaplan_meier_with_the_others_cut_off_never_says_less(drawn: list[tuple[int, int]]) -> None:
    durations, endings = columns(drawn)
    for way, curve in aalen_johansen(durations, endings).endings.items():
        naive = kaplan_meier(durations, [ending == way for ending in endings])
        for time in range(11):
            assert 1 - naive.at(time) >= curve.at(time) - 1e-12


def test_one_minus_kaplan_meier_can_say_several_times_as_much() -> None:
    """Of a hundred, one leaves every day for elsewhere, and then ten at once for where we look."""
    durations = [*range(1, 81), *[90] * 10, *[99] * 10]
    endings = [*[2] * 80, *[1] * 10, *[0] * 10]
    assert aalen_johansen(durations, endings).endings[1].at(95) == pytest.approx(0.1)
    assert 1 - kaplan_meier(durations, [way == 1 for way in endings]).at(95) == pytest.approx(0.5)


def test_before_the_first_end_the_share_is_nothing_and_has_no_interval() -> None:
    curve: Incidence = aalen_johansen([5, 9], [1, 2]).endings[1]
    assert (curve.at(4), curve.interval_at(4)) == (0.0, None)
    assert curve.at(5) == 0.5


def test_what_all_come_to_has_no_interval() -> None:
    assert aalen_johansen([1, 2], [1, 1]).endings[1].interval_at(3) is None


def test_nothing_observed_ends_in_no_way() -> None:
    ours = aalen_johansen([], [])
    assert (ours.endings, ours.lasting.n) == ({}, 0)


def test_columns_that_do_not_match_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="give one per duration"):
        aalen_johansen([1, 2], [1])
