"""Legs of the loop: an open leg is censored, a skipped one left out, and nothing is judged before its time."""

from __future__ import annotations

import pytest

from ledger.metrics.definitions.feedback_loop import CLOSED_LOOP, NEVER_ANSWERED
from ledger.metrics.feedback_loop import (
    LEGS,
    MATURITY,
    Maturity,
    Received,
    Steps,
    closed_loop,
    loop_legs,
    never_answered,
    wrong_dispatch,
)
from ledger.metrics.figure import Figure

DAY = 86_400_000_000
NOW = 100 * DAY


def _micros(day: float | None) -> int | None:
    return None if day is None else int(day * DAY)


def days(*at: float | None) -> Steps:
    return Steps(*map(_micros, at))


def medians(*loops: Steps, method: str = "kaplan_meier") -> dict[str, Figure]:
    return {
        str(figure.by["leg"]): figure
        for figure in loop_legs(loops, NOW)
        if figure.statistic == "median" and figure.by["method"] == method
    }


def test_a_loop_gone_round_is_on_every_leg() -> None:
    told = medians(days(1, 3, 6, 10))
    assert {leg: (figure.value, figure.n) for leg, figure in told.items()} == {
        "dispatch": (2, 1),
        "solve": (3, 1),
        "communicate": (4, 1),
        "whole": (9, 1),
    }
    assert all(not figure.excluded for figure in told.values())


@pytest.mark.parametrize(
    ("loop", "reasons"),
    [
        (days(1, None, None, None), {"dispatch": "open", "solve": "not_begun", "communicate": "not_begun"}),
        (days(1, 2, None, None), {"dispatch": "", "solve": "open", "communicate": "not_begun"}),
        (days(1, None, 4, None), {"dispatch": "skipped", "solve": "skipped", "communicate": "open"}),
        (days(1, None, None, 4), {"dispatch": "skipped", "solve": "skipped", "communicate": "skipped"}),
        (days(1, 2, None, 4), {"dispatch": "", "solve": "skipped", "communicate": "skipped"}),
        (days(None, 2, 3, 4), dict.fromkeys(LEGS, "not_received")),
    ],
)
def test_what_a_leg_leaves_out_is_said(loop: Steps, reasons: dict[str, str]) -> None:
    told = medians(loop, method="completed")
    for leg, reason in reasons.items():
        assert told[leg].excluded == ({reason: 1} if reason else {})
        assert told[leg].n == (0 if reason else 1)
    censored = medians(loop)
    for leg, reason in reasons.items():
        # What is still open is part of the estimate, all else left out is left out of both.
        assert censored[leg].n == (1 if reason in ("", "open") else 0)
        assert censored[leg].excluded == ({} if reason in ("", "open") else {reason: 1})


def test_open_loops_make_the_estimate_longer_than_the_closed_ones_alone() -> None:
    loops = [days(90, 91, None, None), *(days(0, None, None, None) for _ in range(2))]
    assert medians(*loops)["dispatch"].value is None
    assert (medians(*loops)["dispatch"].n, medians(*loops)["dispatch"].numerator) == (3, 1)
    assert medians(*loops, method="completed")["dispatch"].value == 1


def test_a_step_before_its_time_is_negative_and_counted() -> None:
    told = medians(days(5, 3, None, None))["dispatch"]
    assert (told.value, told.negative, told.n) == (-2, 1, 1)


def closed(*loops: tuple[float | None, float | None], within: int = 30) -> Figure:
    received = [Received(_micros(received), _micros(back), None) for received, back in loops]
    (figure,) = closed_loop(received, Maturity(within * DAY, NOW))
    return figure


def test_a_loop_is_closed_when_it_is_communicated_back_within_the_window() -> None:
    figure = closed((0, 30), (0, 30.1), (0, None), (0, 1))
    assert (figure.value, figure.n, figure.numerator) == (0.5, 4, 2)


def test_a_loop_communicated_before_it_was_received_is_closed() -> None:
    assert closed((5, 3)).value == 1


def test_a_loop_is_judged_after_the_window_that_its_definition_names() -> None:
    assert {CLOSED_LOOP.window, NEVER_ANSWERED.window} == {f"{MATURITY // DAY}d"}


def test_a_young_loop_is_immature_even_if_it_is_closed() -> None:
    figure = closed((70, None), (70.1, None), (80, 81), (None, 3))
    assert (figure.value, figure.n, figure.excluded) == (0, 1, {"immature": 2, "not_received": 1})
    assert closed((80, 81), within=10).value == 1


def test_what_was_answered_in_any_way_was_answered() -> None:
    loops = [Received(0, None, None), Received(0, None, 99 * DAY), Received(90 * DAY, None, None)]
    count, share = never_answered(loops, Maturity(30 * DAY, NOW))
    assert (count.value, share.value, share.n, share.excluded) == (1, 0.5, 2, {"immature": 1})


def test_a_dispatch_is_wrong_when_another_department_gets_it_next() -> None:
    (figure,) = wrong_dispatch([(0, 1, 0), (0, 2, 0), (0, 2, 1), (0, 3, 2), (0, 2, None), (0, 0, 0), (None, 2, 1)])
    assert (figure.value, figure.n) == (0.5, 4)
    assert figure.excluded == {"unknown_department": 1, "not_dispatched": 1, "not_received": 1}


def test_without_loops_there_is_no_figure_but_its_zero() -> None:
    maturity = Maturity(30 * DAY, NOW)
    for figure in [*loop_legs([], NOW), *closed_loop([], maturity), *never_answered([], maturity), *wrong_dispatch([])]:
        assert figure.n == 0
        assert figure.value == (0 if figure.statistic == "count" else None)
