"""Welch's interval against scipy, and where there is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from ledger.metrics.welch import Sums, welch


def sums(*values: int) -> Sums:
    return Sums(len(values), Fraction(sum(values)), Fraction(sum(value * value for value in values)))


FEW = (1, 5, 2, 4)
MANY = tuple(1 + n % 5 for n in range(53))


def test_the_interval_is_scipys_but_for_the_degrees_of_freedom_that_are_rounded_down() -> None:
    found = welch(sums(*FEW), sums(*MANY))
    assert found is not None
    judge = stats.ttest_ind(FEW, MANY, equal_var=False)
    freedom = int(judge.df)
    error = np.sqrt(np.var(FEW, ddof=1) / len(FEW) + np.var(MANY, ddof=1) / len(MANY))
    half = stats.t.ppf(0.975, freedom) * error
    centre = np.mean(FEW) - np.mean(MANY)
    assert found == pytest.approx((centre - half, centre + half), abs=1e-9)
    wider = judge.confidence_interval(0.95)
    assert found[0] <= wider.low
    assert found[1] >= wider.high


def test_a_group_of_one_has_no_interval() -> None:
    assert welch(sums(3), sums(*MANY)) is None
    assert welch(sums(*MANY), sums()) is None


def test_where_no_value_differs_the_interval_is_the_difference() -> None:
    assert welch(sums(4, 4), sums(3, 3, 3)) == (1.0, 1.0)


def test_the_sums_of_the_others_are_those_of_all_minus_those_of_some() -> None:
    assert sums(1, 2, 3, 4).minus(sums(2, 3)) == sums(1, 4)
    assert sums(1, 4).plus(sums(2, 3)) == sums(1, 2, 3, 4)
