"""Figures of task success, productive minutes, friction and those who met none."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import Wire, figures, micros, only, told, values, write

MINUTE = 1 / 24 / 60


def interaction(name: str, days: float, minutes: float | None, achieved: bool | None = None, **more: Any) -> list[Wire]:
    """Return the events of an interaction of so many minutes that says whether its objective was achieved."""
    own = {} if achieved is None else {"data_objective_achieved": achieved}
    begun = told("interaction.started", "a", days, interaction_id=name, **more)
    if minutes is None:
        return [begun]
    return [begun, told("interaction.completed", "a", days + minutes * MINUTE, interaction_id=name, **own)]


def abandoned(name: str, days: float, minutes: float) -> list[Wire]:
    given_up = told("interaction.abandoned", "a", days + minutes * MINUTE, interaction_id=name)
    return [told("interaction.started", "a", days, interaction_id=name), given_up]


@pytest.mark.parametrize("name", ["task_success", "productive", "friction", "obstacle_causes", "painless"])
def test_without_any_event_no_figure_has_a_value(small_ledger: Ledger, name: str) -> None:
    write(small_ledger)
    rows = figures(small_ledger, name)
    assert rows
    assert {row.figure.n for row in rows} == {0}
    assert {row.figure.value for row in rows if row.figure.statistic != "count"} == {None}


def some(ledger: Ledger) -> None:
    write(
        ledger,
        *interaction("1", 0, 10, achieved=True, channel="web"),
        *interaction("2", 1, 6, achieved=True),
        *interaction("3", 2, 4, achieved=False),
        *interaction("4", 3, 50),
        *interaction("5", 4, None),
        *abandoned("6", 5, 20),
        told("interaction.completed", "a", 6, data_objective_achieved=True),
    )


def test_task_success_is_told_without_what_was_given_up_and_with_it(ledger: Ledger) -> None:
    some(ledger)
    rows = figures(ledger, "task_success")
    without, with_abandoned = only(rows, abandoned="left_out").figure, only(rows, abandoned="failed").figure
    assert (without.numerator, without.n) == (3, 4)
    assert without.excluded == {"open": 1, "unsaid": 1, "abandoned": 1}
    assert (without.low, without.high) == wilson(3, 4)
    assert (with_abandoned.numerator, with_abandoned.n) == (3, 5)
    assert with_abandoned.excluded == {"open": 1, "unsaid": 1}
    by_channel = figures(ledger, "task_success", by=["channel"], where={"channel": "web"})
    assert only(by_channel, abandoned="failed").figure.value == 1.0


def test_an_objective_that_an_earlier_end_achieved_is_lost_where_the_interaction_was_given_up(
    small_ledger: Ledger,
) -> None:
    write(
        small_ledger,
        *interaction("1", 0, 10, achieved=True),
        told("interaction.abandoned", "a", 1, interaction_id="1"),
    )
    assert only(figures(small_ledger, "task_success"), abandoned="failed").figure.value == 0.0


def test_minutes_are_productive_where_the_objective_was_achieved(ledger: Ledger) -> None:
    some(ledger)
    share, total = (only(figures(ledger, "productive", name)).figure for name in ("share", "sum"))
    assert (share.value, share.n, share.negative) == (0.4, 4, 0)
    assert (share.numerator, total.value) == (16.0, 40.0)
    assert share.excluded == {"open": 1, "unsaid": 1, "no_start": 1}


def test_an_end_before_its_start_is_counted_and_kept(small_ledger: Ledger) -> None:
    events = [
        told("interaction.completed", "a", 1, interaction_id="1", data_objective_achieved=True),
        told("interaction.started", "a", 1 + 10 * MINUTE, interaction_id="1"),
    ]
    write(small_ledger, *events)
    backwards = only(figures(small_ledger, "productive", "share")).figure
    assert (backwards.value, backwards.n, backwards.negative) == (None, 1, 1)
    write(small_ledger, *interaction("2", 2, 20, achieved=True))
    assert only(figures(small_ledger, "productive", "sum")).figure.value == 10.0


def test_friction_is_told_of_a_hundred_touchpoints_by_kind(ledger: Ledger) -> None:
    write(
        ledger,
        *(told("page.viewed", "a", day, channel="web") for day in range(5)),
        told("obstacle.hit", "a", 6, channel="web", data_cause="people"),
        told("obstacle.hit", "a", 7, channel="web"),
        told("interaction.abandoned", "a", 8, channel="web"),
        told("payment.failed", "b", 9, channel="app"),
        told("opportunity.unsupported", "b", 40, channel="app"),
        told("interaction.completed", "c", 40),
        told("order.approved", "d", 40, channel="desk", touchpoint_id="a letter that nobody met"),
    )
    shares = figures(ledger, "friction", "share")
    assert {row.figure.by["friction"]: row.figure.numerator for row in shares} == {
        "any": 5,
        "obstacle": 2,
        "abandoned": 1,
        "payment_failed": 1,
        "unsupported": 1,
    }
    assert {row.figure.n for row in shares} == {11}
    web = only(figures(ledger, "friction", "share", where={"channel": "web"}), friction="any").figure
    assert (web.value, (web.low, web.high)) == (3 / 8, wilson(3, 8))
    assert only(figures(ledger, "friction", "count", since=micros(31)), friction="any").figure.value == 1
    causes = figures(ledger, "obstacle_causes", "share")
    assert values(causes, "cause") == {"people": 1.0, "process": 0.0, "technology": 0.0}
    assert (causes[0].figure.n, causes[0].figure.excluded) == (1, {"unknown_cause": 1})
    painless = only(figures(ledger, "painless")).figure
    assert (painless.numerator, painless.n) == (1, 3)
    assert values(figures(ledger, "painless", by=["channel"]), "channel") == {"app": 0.0, "web": 0.0, "unknown": 1.0}


def test_who_met_friction_before_the_window_is_painless_within_it(small_ledger: Ledger) -> None:
    write(small_ledger, told("obstacle.hit", "a", 1), told("page.viewed", "a", 40), told("page.viewed", "b", 1))
    assert only(figures(small_ledger, "painless", since=micros(31))).figure.numerator == 1
    assert only(figures(small_ledger, "painless", since=micros(31))).figure.n == 1
    assert only(figures(small_ledger, "painless")).figure.value == 0.5


def test_friction_that_was_taken_back_was_not_met(small_ledger: Ledger) -> None:
    write(small_ledger, told("obstacle.hit", "a", 1, "wrong"), told("page.viewed", "a", 2))
    assert only(figures(small_ledger, "painless")).figure.value == 0.0
    write(small_ledger, told("event.retracted", "a", 3, data_source="test", data_event_id="wrong"))
    assert only(figures(small_ledger, "painless")).figure.value == 1.0
    assert only(figures(small_ledger, "friction", "share"), friction="any").figure.n == 1


def test_the_friction_of_a_segment_is_that_met_while_in_it(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("obstacle.hit", "a", 1),
        told("customer.segment_assigned", "a", 2, data_scheme="tier", data_segment="gold"),
        told("page.viewed", "a", 3),
    )
    rows = figures(small_ledger, "painless", by=["segment:tier"])
    assert values(rows, "segment:tier") == {"gold": 1.0, "unknown": 0.0}
