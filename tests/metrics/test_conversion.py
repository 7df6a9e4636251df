"""Closed and open funnel between two stages, and the maturity window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidArgument
from ledger.metrics.conversion import Entries, Maturity, conversion, reached
from ledger.metrics.figure import Figure

STEP = [("use", "renewal")]

journeys = st.lists(
    st.lists(st.tuples(st.sampled_from(["use", "renewal", "support"]), st.integers(0, 30)), max_size=6), max_size=20
)


def funnels(customers: list[Entries], maturity: Maturity | None = None) -> tuple[Figure, Figure]:
    closed, opened = conversion(customers, STEP, maturity=maturity)
    assert (closed.by["funnel"], opened.by["funnel"]) == ("closed", "open")
    return closed, opened


def test_the_closed_funnel_counts_who_entered_the_one_and_then_the_other() -> None:
    closed, opened = funnels(
        [
            [("use", 1), ("renewal", 5)],
            [("renewal", 1), ("use", 5)],
            [("use", 1)],
            [("renewal", 3)],
        ]
    )
    assert (closed.numerator, closed.n) == (1, 3)
    assert closed.value == pytest.approx(1 / 3)
    assert (opened.numerator, opened.n, opened.value) == (3, 3, 1)
    assert closed.low is not None
    assert opened.low is None


def test_a_customer_who_comes_back_converts_on_a_later_entry() -> None:
    closed, _ = funnels([[("renewal", 1), ("use", 5), ("renewal", 9)]])
    assert closed.value == 1


def test_both_at_one_instant_is_a_conversion() -> None:
    closed, _ = funnels([[("renewal", 5), ("use", 5)]])
    assert closed.value == 1


def test_a_customer_whose_window_is_not_over_is_left_out_as_immature() -> None:
    closed, opened = funnels(
        [[("use", 0), ("renewal", 4)], [("use", 0), ("renewal", 6)], [("use", 8), ("renewal", 9)]],
        Maturity(window=5, as_of=10),
    )
    assert (closed.numerator, closed.n, closed.excluded) == (1, 2, {"immature": 1})
    assert (opened.numerator, opened.n, opened.excluded) == (1, 2, {"immature": 1})


def test_an_open_funnel_may_exceed_1() -> None:
    _, opened = funnels([[("renewal", 1)], [("renewal", 1)], [("use", 1)]])
    assert opened.value == 2


def test_nobody_who_entered_gives_no_conversion() -> None:
    for figure in funnels([[("support", 1)], []]):
        assert (figure.value, figure.n, figure.low) == (None, 0, None)


def test_a_stage_does_not_convert_to_itself() -> None:
    with pytest.raises(InvalidArgument, match="name two stages"):
        conversion([], [("use", "use")])


@given(journeys)
def test_conversion_does_not_depend_on_the_order_of_customers_or_entries(customers: list[Entries]) -> None:
    mixed = [sorted(entries, key=lambda entry: (entry[1], entry[0])) for entries in reversed(customers)]
    assert conversion(mixed, STEP) == conversion(customers, STEP)


@given(journeys)
def test_the_closed_funnel_never_converts_more_than_the_open_one(customers: list[Entries]) -> None:
    closed, opened = conversion(customers, STEP)
    assert closed.n == opened.n
    assert (closed.numerator or 0) <= (opened.numerator or 0)


@given(journeys)
def test_a_window_that_takes_in_everything_changes_nothing(customers: list[Entries]) -> None:
    assert conversion(customers, STEP, maturity=Maturity(window=30, as_of=60)) == conversion(customers, STEP)


def test_reached_counts_customers_once_and_names_stages_nobody_reached() -> None:
    figures = reached([[("use", 1), ("use", 5)], [("renewal", 1)], []], ["use", "renewal", "advocacy"])
    assert [(figure.by["to_stage"], figure.value, figure.n) for figure in figures] == [
        ("use", 1, 3),
        ("renewal", 1, 3),
        ("advocacy", 0, 3),
    ]
