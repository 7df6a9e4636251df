"""Retention, repeat purchase, days between purchases and recency count distinct days of distinct customers."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidArgument
from ledger.metrics.cohorts import purchase_intervals, recency, repeat_purchase, retention
from ledger.metrics.figure import Figure
from ledger.metrics.occasions import Occasions, occasions

EPOCH = date(1970, 1, 1)

acts = st.lists(st.tuples(st.integers(1, 6), st.integers(9_800, 10_300)), max_size=60)


def day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def bought(*purchases: tuple[int, str]) -> Occasions:
    return occasions([customer for customer, _ in purchases], [day(when) for _, when in purchases])


def told(figures: list[Figure], statistic: str) -> Figure:
    (figure,) = [figure for figure in figures if figure.statistic == statistic]
    return figure


def days_by_customer(drawn: list[tuple[int, int]]) -> dict[int, list[int]]:
    return {customer: sorted({when for who, when in drawn if who == customer}) for customer, _ in drawn}


@given(acts)
def test_occasions_are_the_distinct_days_of_each_customer_in_order(drawn: list[tuple[int, int]]) -> None:
    found = occasions([customer for customer, _ in drawn], [when for _, when in drawn])
    pairs = list(zip(found.customers.tolist(), found.days.tolist(), strict=True))
    assert pairs == sorted(set(drawn))
    assert found.per_customer().tolist() == [len(days) for _, days in sorted(days_by_customer(drawn).items())]


def test_columns_that_do_not_match_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="do not match"):
        occasions([1, 2], [3])


def test_retention_is_the_share_of_the_cohort_active_k_calendar_months_later() -> None:
    active = bought((1, "1997-01-31"), (1, "1997-02-01"), (2, "1997-01-01"), (2, "1997-03-31"), (3, "1997-02-10"))
    figures = retention(active, day("1997-03-31"), months_later=(0, 1, 2))
    shares = {
        (figure.by["cohort"], figure.by["months_later"]): (figure.value, figure.numerator, figure.n)
        for figure in figures
        if figure.statistic == "share"
    }
    assert shares == {
        ("1997-01", 0): (1.0, 2, 2),
        ("1997-01", 1): (0.5, 1, 2),
        ("1997-01", 2): (0.5, 1, 2),
        ("1997-02", 0): (1.0, 1, 1),
        ("1997-02", 1): (0.0, 0, 1),
        ("1997-02", 2): (None, 0, 0),
    }


def test_a_month_that_is_not_over_is_immature() -> None:
    figures = retention(bought((1, "1997-01-05"), (1, "1997-02-03")), day("1997-02-27"), months_later=(1,))
    figure = told(figures, "share")
    assert (figure.value, figure.n, figure.excluded) == (None, 0, {"immature": 1})
    assert told(figures, "count").value == 1


def test_two_rows_of_one_day_are_one_occasion() -> None:
    purchases = bought((1, "1997-01-12"), (1, "1997-01-12"), (2, "1997-01-02"), (2, "1997-01-09"))
    figures = repeat_purchase(purchases.per_customer())
    assert told(figures, "share").value == 0.5
    assert told(figures, "mean").value == 1.5
    assert told(figures, "sum").value == 3
    by_order = repeat_purchase([2, 2], "order")
    assert told(by_order, "share").value == 1
    assert told(by_order, "share").by == {"occasion": "order"}


def test_customers_who_bought_nothing_are_no_buyers() -> None:
    share = told(repeat_purchase([0, 0, 1, 2]), "share")
    assert (share.value, share.n) == (0.5, 2)


@given(acts)
def test_intervals_are_the_days_between_consecutive_distinct_days(drawn: list[tuple[int, int]]) -> None:
    found = occasions([customer for customer, _ in drawn], [when for _, when in drawn])
    gaps = [b - a for days in days_by_customer(drawn).values() for a, b in pairwise(days)]
    figures = purchase_intervals(found)
    assert told(figures, "count").value == len(gaps)
    assert told(figures, "mean").value == (pytest.approx(sum(gaps) / len(gaps)) if gaps else None)


def test_recency_counts_the_days_since_the_last_occasion_up_to_the_day() -> None:
    active = bought((1, "1998-01-01"), (1, "1998-06-29"), (2, "1997-06-30"), (3, "1998-07-01"))
    figures = recency(active, day("1998-06-30"))
    assert told(figures, "median").value == (1 + 365) / 2
    share = told(figures, "share")
    assert (share.value, share.n, share.excluded, share.by) == (0.5, 2, {"later": 1}, {"over_days": 180})


def test_a_customer_lapses_the_day_after_the_limit() -> None:
    active = bought((1, "1997-01-01"))
    assert told(recency(active, day("1997-01-31"), lapsed_after=30), "share").value == 0
    assert told(recency(active, day("1997-02-01"), lapsed_after=30), "share").value == 1


@given(acts, st.integers(9_800, 10_300))
def test_recency_is_never_negative(drawn: list[tuple[int, int]], at: int) -> None:
    found = occasions([customer for customer, _ in drawn], [when for _, when in drawn])
    median = told(recency(found, at), "median")
    assert median.value is None or median.value >= 0
    assert median.n + median.excluded.get("later", 0) == len({customer for customer, _ in drawn})


def test_no_purchases_give_no_values() -> None:
    nothing = occasions([], [])
    assert retention(nothing, 0) == []
    for figure in (*repeat_purchase([]), *purchase_intervals(nothing), *recency(nothing, 0)):
        if figure.statistic in ("count", "sum"):
            assert figure.value == 0
        else:
            assert figure.value is None
        assert figure.n == 0
