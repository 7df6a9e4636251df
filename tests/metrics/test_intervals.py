"""The intervals equal the published formulas and the judges' own."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ledger.errors import InvalidArgument
from ledger.metrics.definitions.contacts import CHANNEL_SWITCHING
from ledger.metrics.means import student
from ledger.metrics.proportions import Z, share, wilson
from ledger.metrics.student import t_quantile

counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_z_is_the_quantile_that_leaves_five_percent_outside() -> None:
    assert NormalDist().inv_cdf(0.975) == pytest.approx(Z, abs=1e-12)


@given(counts)
def test_wilsons_interval_is_that_of_scipy(drawn: tuple[int, int]) -> None:
    count, n = drawn
    judged = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert wilson(count, n) == pytest.approx((judged.low, judged.high), abs=1e-12)


@given(counts)
def test_wilsons_interval_holds_the_share_and_stays_between_0_and_1(drawn: tuple[int, int]) -> None:
    count, n = drawn
    interval = wilson(count, n)
    assert interval is not None
    assert 0 <= interval[0] <= count / n <= interval[1] <= 1


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_one_more_of_the_same_n_moves_wilsons_interval_up(drawn: tuple[int, int]) -> None:
    count, n = drawn
    fewer, more = wilson(count, n), wilson(count + 1, n)
    assert fewer is not None
    assert more is not None
    assert fewer[0] < more[0]
    assert fewer[1] < more[1]


def test_a_share_of_nothing_has_no_value_and_no_interval() -> None:
    figure = share(CHANNEL_SWITCHING, 0, 0)
    assert (figure.value, figure.n, figure.low, figure.high) == (None, 0, None, None)


@pytest.mark.parametrize(("count", "n"), [(2, 1), (-1, 3), (1, 0)])
def test_what_is_not_part_of_n_is_refused(count: int, n: int) -> None:
    with pytest.raises(InvalidArgument, match="is not a share"):
        wilson(count, n)


@pytest.mark.parametrize("freedom", [*range(1, 40), 99, 100, 299, 300, 301, 302, 1_000, 10**6, 10**9])
def test_the_quantile_of_t_is_that_of_scipy(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-11)


def test_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="1 or more"):
        t_quantile(0)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=60))
def test_the_t_interval_of_a_mean_is_that_of_scipy(scores: list[int]) -> None:
    n, total = len(scores), sum(scores)
    interval = student(n, total, sum(score * score for score in scores))
    if len(set(scores)) == 1:
        assert interval == (scores[0], scores[0])
    else:
        judged = stats.t.interval(0.95, n - 1, loc=total / n, scale=stats.sem(scores))
        assert interval == pytest.approx(judged, rel=1e-11)


def test_one_value_alone_has_no_t_interval() -> None:
    assert student(1, 5, 25) is None
    assert student(0, 0, 0) is None


def test_large_values_keep_their_variance() -> None:
    far = 10**12
    interval = student(3, 3 * far + 3, far**2 + (far + 1) ** 2 + (far + 2) ** 2)
    assert interval is not None
    half = t_quantile(2) / sqrt(3)
    assert interval == pytest.approx((far + 1 - half, far + 1 + half), abs=1e-3)
    assert float(Fraction(interval[1]) - Fraction(interval[0])) == pytest.approx(2 * half, abs=1e-3)
