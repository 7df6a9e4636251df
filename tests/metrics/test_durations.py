"""Percentiles are linear, negatives are counted, and what lacks an end is left out by reason."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.metrics.durations import (
    Answered,
    Resolved,
    throughput,
    time_between,
    time_to_first_response,
    time_to_resolution,
)
from ledger.metrics.figure import Figure
from ledger.metrics.quantiles import spread

HOUR = 3_600_000_000


def values(figures: list[Figure]) -> dict[str, float | None]:
    return {figure.statistic: figure.value for figure in figures}


@given(st.lists(st.integers(-(10**15), 10**15), min_size=2, max_size=60))
def test_the_spread_of_values_is_that_of_the_standard_library(drawn: list[int]) -> None:
    lie = spread(drawn, HOUR)
    assert lie.median == pytest.approx(statistics.median(drawn) / HOUR, rel=1e-9, abs=1e-9)
    assert lie.p90 == pytest.approx(statistics.quantiles(drawn, n=10, method="inclusive")[8] / HOUR, rel=1e-9, abs=1e-9)
    assert lie.mean == pytest.approx(statistics.fmean(drawn) / HOUR, rel=1e-9, abs=1e-9)
    assert (lie.n, lie.negative) == (len(drawn), sum(value < 0 for value in drawn))


def test_one_value_is_its_own_median_and_percentile() -> None:
    lie = spread([7])
    assert (lie.median, lie.p90, lie.mean) == (7, 7, 7)


def test_percentiles_between_two_values_lie_on_the_line_between_them() -> None:
    lie = spread([1, 2, 3, 4])
    assert lie.median == 2.5
    assert lie.p90 == pytest.approx(3.7)


def test_hours_between_are_told_with_their_negatives() -> None:
    figures = time_between([(0, HOUR), (0, 3 * HOUR), (2 * HOUR, 0)])
    assert values(figures) == {"median": 1, "p90": pytest.approx(2.6), "mean": pytest.approx(2 / 3)}
    assert {(figure.n, figure.negative, figure.unit) for figure in figures} == {(3, 1, "hours")}


def test_what_lacks_its_start_or_its_end_is_left_out_by_reason() -> None:
    for figure in time_between([(0, HOUR), (None, 5), (None, None), (7, None)]):
        assert (figure.n, figure.excluded) == (1, {"no_start": 2, "no_end": 1})


def test_a_case_without_an_answer_is_left_out_of_the_first_response() -> None:
    cases = [
        Answered(0, 2 * HOUR, 0, 0, 0, None),
        Answered(0, None, 0, 0, 0, None),
        Answered(None, HOUR, 0, 0, 0, None),
    ]
    for figure in completed(time_to_first_response(cases, 9 * HOUR)):
        assert (figure.value, figure.excluded) == (2, {"unanswered": 1, "not_opened": 1})


def test_a_response_has_a_clock_without_the_wait_for_the_customer() -> None:
    figures = completed(time_to_first_response([Answered(0, 5 * HOUR, 1, 2 * HOUR, 4 * HOUR, None)], 9 * HOUR))
    medians = {figure.by["clock"]: figure.value for figure in figures if figure.statistic == "median"}
    assert medians == {"calendar": 5, "without_customer": 3}


def completed(figures: list[Figure]) -> list[Figure]:
    return [figure for figure in figures if figure.by["method"] == "completed"]


def test_a_reopened_case_has_a_first_and_a_last_resolution_and_a_clock_without_the_customer() -> None:
    reopened = Resolved(0, 2 * HOUR, 10 * HOUR, 1, 0, 3 * HOUR, 3 * HOUR, None)
    figures = completed(time_to_resolution([reopened, Resolved(0, None, None, 0, 0, 0, 0, None)], 20 * HOUR))
    medians = {
        (figure.by["resolution"], figure.by["clock"]): figure.value
        for figure in figures
        if figure.statistic == "median"
    }
    assert medians == {
        ("first", "calendar"): 2,
        ("first", "without_customer"): 2,
        ("last", "calendar"): 10,
        ("last", "without_customer"): 7,
    }
    assert all(figure.excluded == {"unresolved": 1} for figure in figures)


def test_throughput_has_no_negatives_to_count() -> None:
    for figure in throughput([(0, HOUR)]):
        assert (figure.value, figure.negative) == (1, None)


@pytest.mark.parametrize(
    "metric",
    [
        time_between,
        throughput,
        lambda rows: time_to_first_response(rows, 9 * HOUR),
        lambda rows: time_to_resolution(rows, 9 * HOUR),
    ],
)
def test_no_rows_give_no_values(metric: Callable[[list[object]], list[Figure]]) -> None:
    figures = metric([])
    assert figures
    for figure in figures:
        assert (figure.value, figure.n) == (None, 0)
