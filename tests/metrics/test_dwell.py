"""Dwell over open and closed visits, and over the completed ones beside it."""

from __future__ import annotations

from ledger.metrics.dwell import dwell
from ledger.metrics.figure import Figure

DAY = 86_400_000_000


def by_method(figures: list[Figure]) -> dict[tuple[str | int, str], Figure]:
    return {(figure.by["method"], figure.statistic): figure for figure in figures}


def test_open_visits_lengthen_the_estimate_and_are_left_out_of_the_completed() -> None:
    visits = [(0, 1 * DAY), (0, 2 * DAY), (0, 3 * DAY), (0, None), (0, None), (0, None)]
    figures = by_method(dwell(visits, as_of=10 * DAY))
    lasting, completed = figures["kaplan_meier", "median"], figures["completed", "median"]
    assert (lasting.value, lasting.n, lasting.numerator, lasting.excluded) == (3, 6, 3, {})
    assert (completed.value, completed.n, completed.excluded) == (2, 3, {"open": 3})
    assert figures["kaplan_meier", "p90"].value is None
    assert lasting.low == 1
    assert lasting.high is None


def test_a_visit_left_after_the_as_of_time_is_open_and_one_entered_after_it_is_left_out() -> None:
    figures = by_method(dwell([(0, 1 * DAY), (0, 9 * DAY), (7 * DAY, None)], as_of=5 * DAY))
    assert (figures["kaplan_meier", "median"].n, figures["kaplan_meier", "median"].numerator) == (2, 1)
    assert figures["kaplan_meier", "median"].excluded == {"later": 1}
    assert figures["completed", "median"].excluded == {"later": 1, "open": 1}


def test_no_visit_gives_no_dwell() -> None:
    for figure in dwell([], as_of=0):
        assert (figure.value, figure.n, figure.low, figure.high) == (None, 0, None, None)


def test_dwell_is_told_in_days() -> None:
    assert {figure.unit for figure in dwell([(0, DAY)], as_of=DAY)} == {"days"}


def test_what_happened_at_the_as_of_time_itself_had_happened_by_then() -> None:
    figures = by_method(dwell([(0, 5 * DAY), (5 * DAY, None)], as_of=5 * DAY))
    assert (figures["completed", "median"].n, figures["completed", "median"].excluded) == (1, {"open": 1})
    assert (figures["kaplan_meier", "median"].n, figures["kaplan_meier", "median"].excluded) == (2, {})
