"""What customers are worth, and how much of it the top tenth holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.metrics.figure import Figure
from ledger.metrics.value import customer_value, top_tenth


def told(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.statistic: figure for figure in figures}


@pytest.mark.parametrize(("n", "top"), [(0, 0), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3), (23_570, 2_357)])
def test_the_top_tenth_is_rounded_up(n: int, top: int) -> None:
    assert top_tenth(n) == top


def test_value_is_summed_exactly_and_told_in_its_currency() -> None:
    figures = told(customer_value([117_700, 890_000, 207_600], "USD"))
    assert (figures["count"].value, figures["sum"].value) == (3, 121.53)
    assert figures["mean"].value == pytest.approx(121.53 / 3)
    assert (figures["share"].value, figures["share"].numerator) == (890_000 / 1_215_300, 89)
    assert (figures["sum"].unit, figures["mean"].unit, figures["share"].unit) == ("USD", "USD", "share")
    assert {figure.by["currency"] for figure in figures.values()} == {"USD"}


def test_amounts_beyond_64_bits_are_summed_exactly() -> None:
    assert told(customer_value([10**16] * 2_000, "IDR"))["sum"].value == 2_000 * 10**12


@pytest.mark.parametrize("amounts", [[0, 0], [5, -5], [-3]])
def test_a_sum_that_is_not_above_zero_has_no_concentration(amounts: list[int]) -> None:
    assert told(customer_value(amounts, "EUR"))["share"].value is None


def test_no_customers_give_no_mean_and_no_concentration() -> None:
    figures = told(customer_value([], "EUR"))
    assert (figures["count"].value, figures["sum"].value) == (0, 0)
    assert (figures["mean"].value, figures["share"].value) == (None, None)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60).filter(any))
def test_the_top_tenth_holds_at_least_its_part_and_never_more_than_all(amounts: list[int]) -> None:
    share = told(customer_value(amounts, "EUR"))["share"].value
    assert share is not None
    assert top_tenth(len(amounts)) / len(amounts) - 1e-12 <= share <= 1
