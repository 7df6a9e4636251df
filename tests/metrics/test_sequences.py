"""Which step follows which, the variants, and the handovers."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.metrics.sequences import handovers, transitions, variants

cases = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), max_size=20)


def test_transitions_are_counted_most_often_first() -> None:
    figures = transitions([["a", "b", "c"], ["a", "b"], ["c"]])
    assert [(figure.by["from_step"], figure.by["to_step"], figure.value, figure.n) for figure in figures] == [
        ("a", "b", 2, 3),
        ("b", "c", 1, 3),
    ]


@given(cases)
def test_all_transitions_together_are_the_consecutive_pairs(drawn: list[list[str]]) -> None:
    assert sum(figure.value or 0 for figure in transitions(drawn)) == sum(len(list(pairwise(steps))) for steps in drawn)


def test_variants_are_distinct_sequences_and_the_most_common_are_named() -> None:
    count, first, second = variants([["a", "b"], ["a", "b"], ["b", "a"], ["c"]], top=2)
    assert (count.statistic, count.value, count.n) == ("count", 3, 4)
    assert (first.value, first.numerator, first.by) == (0.5, 2, {"rank": 1, "variant": "a → b"})
    assert second.by == {"rank": 2, "variant": "b → a"}


@given(cases)
def test_the_shares_of_all_variants_add_up_to_every_case(drawn: list[list[str]]) -> None:
    count, *shares = variants(drawn, top=1_000)
    assert count.value == len(shares)
    assert sum(figure.numerator or 0 for figure in shares) == len(drawn)


def test_handovers_are_a_mean_per_case() -> None:
    mean, total = handovers([0, 1, 5])
    assert (mean.value, mean.n, total.value) == (2, 3, 6)
    assert mean.low == pytest.approx(2 - 4.302653 * sqrt(7 / 3), abs=1e-5)


def test_no_cases_give_no_mean_and_no_variant() -> None:
    assert transitions([]) == []
    (count,) = variants([])
    assert (count.value, count.n) == (0, 0)
    mean, total = handovers([])
    assert (mean.value, total.value, mean.n) == (None, 0, 0)
