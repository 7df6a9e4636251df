"""Amounts, tenths, scores by rank and cost: the sums behind what customers are worth."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ledger.metrics.amounts import amount_figures
from ledger.metrics.concentration import gini, value_deciles
from ledger.metrics.cost_to_serve import net_value
from ledger.metrics.definitions.value import LIFETIME_VALUE
from ledger.metrics.outcomes import stage_outcome
from ledger.metrics.paying import days_to_pay
from ledger.metrics.rfm import Buyer, fifths, rfm, scored

amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30).filter(lambda drawn: len(set(drawn)) > 1))
def test_the_interval_of_a_mean_amount_is_students(drawn: list[int]) -> None:
    mean = amount_figures(LIFETIME_VALUE, drawn, "EUR")[1]
    values = [amount / 10_000 for amount in drawn]
    low, high = stats.t.interval(0.95, len(values) - 1, loc=stats.tmean(values), scale=stats.sem(values))
    assert [mean.low, mean.high] == pytest.approx([low, high])
    assert mean.unit == "EUR"


def test_no_amounts_have_a_sum_of_nothing_and_no_mean() -> None:
    told = {figure.statistic: (figure.value, figure.n) for figure in amount_figures(LIFETIME_VALUE, [], "EUR")}
    assert told == {"sum": (0, 0), "mean": (None, 0), "median": (None, 0), "p90": (None, 0)}


@given(amounts.filter(any))
def test_tenths_hold_all_value_and_none_more_than_the_one_before(drawn: list[int]) -> None:
    figures = value_deciles(drawn)
    alone = [figure for figure in figures if "-" not in str(figure.by.get("decile", "-"))]
    assert sum(figure.value or 0 for figure in alone) == pytest.approx(1)
    assert sum(figure.n for figure in alone) == len(drawn)
    cumulated = [figure.value for figure in figures if "1-" in str(figure.by.get("decile", ""))]
    assert cumulated[-1] == 1
    assert all(one is None or (other is not None and one <= other) for one, other in pairwise(cumulated))


@given(amounts.filter(any))
def test_ginis_coefficient_is_half_the_mean_difference_over_the_mean(drawn: list[int]) -> None:
    n = len(drawn)
    differences = sum(abs(one - other) for one in drawn for other in drawn)
    assert gini(drawn) == pytest.approx(differences / (2 * n * sum(drawn)), abs=1e-12)


def test_where_all_is_one_customers_the_first_tenth_holds_it_all_and_fewer_than_ten_leave_tenths_empty() -> None:
    figures = value_deciles([0, 0, 50_000])
    told = {str(figure.by.get("decile", "-")): (figure.value, figure.n) for figure in figures}
    assert told["1"] == (1.0, 1)
    assert [told[str(tenth)][1] for tenth in range(1, 11)] == [1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert told["1-4"] == (1.0, 2)
    assert told["2"] == (None, 0)
    assert figures[-1].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("drawn", [[], [0, 0], [5, -5], [9, -1]])
def test_no_value_or_a_negative_one_has_no_coefficient(drawn: list[int]) -> None:
    assert gini(drawn) is None


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_a_fifth_is_the_place_of_the_mean_rank(drawn: list[int]) -> None:
    ranks = stats.rankdata(drawn, method="average")
    assert fifths(drawn) == [1 + int(5 * (2 * rank - 1) // (2 * len(drawn))) for rank in ranks.tolist()]


def test_ten_unequal_customers_make_five_equal_fifths_and_equal_ones_share_the_middle() -> None:
    assert fifths(list(range(10))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert fifths([7, 7, 7]) == [3, 3, 3]
    assert fifths([1, 1, 1, 1, 9]) == [3, 3, 3, 3, 5]


def test_the_most_recent_is_the_best_and_cells_are_told_by_how_common_they_are() -> None:
    customers = scored([Buyer(recency=days, frequency=1, monetary=10_000 * days) for days in range(1, 6)])
    assert [customer.cell for customer in customers] == ["531", "432", "333", "234", "135"]
    figures = rfm(customers, "EUR", top=2)
    assert [figure.by["cell"] for figure in figures if figure.statistic == "share"] == ["135", "234"]
    (best,) = [
        figure
        for figure in figures
        if (figure.statistic, figure.by.get("measure"), figure.by.get("quintile")) == ("median", "monetary", 5)
    ]
    assert (best.value, best.unit, best.n) == (5.0, "EUR", 1)


def test_who_costs_more_than_they_spend_is_counted_below_zero() -> None:
    told = {figure.statistic: figure for figure in net_value([30_000, -10_000, 0], "EUR")}
    assert (told["sum"].value, told["share"].value, told["share"].numerator) == (2.0, 1 / 3, 1)


def test_a_payment_in_the_instant_it_is_due_is_not_late() -> None:
    (late,) = [figure for figure in days_to_pay([("settled", 9, 9, None)]) if figure.statistic == "share"]
    assert (late.value, late.n) == (0.0, 1)


def test_an_exit_just_at_the_horizon_is_within_it_and_who_was_seen_just_so_long_not_beyond_it() -> None:
    figures = stage_outcome([(0, 10, "use"), (0, None, "")], ["use"], as_of=10, horizons=[10])
    told = {str(figure.by.get("exit", figure.by.get("counted"))): figure.value for figure in figures}
    assert told == {"use": 0.5, "none": 0.5, "at_risk": 0, "cut_off": 1}
