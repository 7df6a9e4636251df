"""How stays in a stage end, where they can end in several ways."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from tests.queries.telling import Wire, figures, micros, numbers, only, told, values, write

DAY = 86_400_000_000


def entered(customer: str, days: float, stage: str, **more: Any) -> Wire:
    return told("stage.entered", customer, days, data_stage=stage, **more)


def four(ledger: Ledger) -> None:
    """Two go on from consideration to purchase, one to termination, one is still there when it is last seen."""
    write(
        ledger,
        entered("a", 0, "consideration", channel="web"),
        entered("a", 10, "purchase"),
        entered("b", 0, "consideration", channel="web"),
        entered("b", 20, "termination"),
        entered("c", 0, "consideration"),
        entered("c", 50, "purchase"),
        entered("d", 40, "consideration"),
        told("page.viewed", "d", 100),
    )


def of(ledger: Ledger, horizon: str, statistic: str = "share", **asked: Any) -> dict[Any, Any]:
    rows = figures(ledger, "stage_outcome", statistic, where={"stage": "consideration"}, **asked)
    key = "exit" if statistic == "share" else "counted"
    return values([row for row in rows if row.figure.by["within"] == horizon], key)


def test_each_exit_has_its_share_and_all_of_them_with_who_stays_are_one(ledger: Ledger) -> None:
    four(ledger)
    assert of(ledger, "30d") == {"purchase": 0.25, "termination": 0.25, "none": 0.5}
    assert of(ledger, "30d", "count") == {"at_risk": 2, "cut_off": 0}
    row = only(figures(ledger, "stage_outcome", "share", where={"stage": "consideration"}), within="30d", exit="none")
    assert (row.figure.n, row.figure.numerator) == (4, 2)
    assert row.figure.low is not None
    assert 0 < row.figure.low < 0.5


def test_a_horizon_that_nobody_was_observed_to_is_not_known(quick_ledger: Ledger) -> None:
    four(quick_ledger)
    assert of(quick_ledger, "90d") == {"purchase": None, "termination": None, "none": None}
    assert of(quick_ledger, "90d", "count") == {"at_risk": 0, "cut_off": 1}


def test_where_all_have_ended_a_later_horizon_is_known(quick_ledger: Ledger) -> None:
    write(quick_ledger, entered("a", 0, "consideration"), entered("a", 1, "purchase"))
    assert of(quick_ledger, "365d") == {"purchase": 1.0, "none": 0.0}


def test_the_horizon_can_be_asked_and_the_end_of_observation_too(quick_ledger: Ledger) -> None:
    four(quick_ledger)
    assert of(quick_ledger, "15d", within=15 * DAY) == {"purchase": 0.25, "termination": 0.0, "none": 0.75}
    assert of(quick_ledger, "36h", within=DAY * 3 // 2)["none"] == 1.0
    assert of(quick_ledger, "15d", within=15 * DAY, as_of=micros(16)) == pytest.approx(
        {"purchase": 1 / 3, "none": 2 / 3}
    )


def test_who_comes_back_to_the_stage_visits_it_again(quick_ledger: Ledger) -> None:
    write(
        quick_ledger, entered("a", 0, "consideration"), entered("a", 1, "awareness"), entered("a", 2, "consideration")
    )
    assert of(quick_ledger, "30d") == {"awareness": 1.0, "none": 0.0}, "the second visit was not observed for any time"
    rows = figures(quick_ledger, "stage_outcome", "share", where={"stage": "consideration"})
    assert {row.figure.n for row in rows} == {2}


def test_a_visit_is_of_the_segments_that_its_customer_entered_it_in(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="basic"),
        told("customer.segment_assigned", "a", 0, data_scheme="region", data_segment="north"),
        entered("a", 1, "consideration"),
        told("customer.segment_assigned", "a", 5, data_scheme="tier", data_segment="gold"),
        entered("a", 10, "purchase"),
        told("page.viewed", "a", 200),
    )
    rows = figures(quick_ledger, "stage_outcome", "count", by=["segment:tier", "segment:region"], within=30 * DAY)
    assert numbers([row for row in rows if row.figure.by["counted"] == "at_risk"], "stage", "segment:tier") == {
        ("consideration", "basic"): 1,
        ("purchase", "gold"): 1,
    }
    assert {row.figure.by["segment:region"] for row in rows} == {"north"}


def test_a_window_keeps_the_visits_that_began_in_it(quick_ledger: Ledger) -> None:
    four(quick_ledger)
    assert of(quick_ledger, "30d", since=micros(30)) == {"none": 1.0}


def test_a_late_event_moves_the_exit_it_stands_before(quick_ledger: Ledger) -> None:
    write(quick_ledger, entered("a", 0, "consideration"), entered("a", 10, "purchase"))
    assert of(quick_ledger, "30d")["purchase"] == 1.0
    write(quick_ledger, entered("a", 5, "onboarding"))
    assert of(quick_ledger, "30d") == {"onboarding": 1.0, "none": 0.0}
