"""Figures of cases and of orders' promises, from the cases table."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from ledger.queries.figure_row import FigureRow
from tests.queries.telling import figures, iso, micros, numbers, only, told, values, write

HOUR = 1 / 24


def test_times_of_a_case_are_told_by_clock_and_resolution(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 0, case_id="k", channel="phone"),
        told("case.triaged", "a", 1 * HOUR, case_id="k"),
        told("case.awaiting_customer", "a", 2 * HOUR, case_id="k"),
        told("case.in_progress", "a", 4 * HOUR, case_id="k"),
        told("case.resolved", "a", 6 * HOUR, case_id="k"),
        told("case.reopened", "a", 7 * HOUR, case_id="k"),
        told("case.resolved", "a", 10 * HOUR, case_id="k"),
        told("case.opened", "b", 0, case_id="k"),
        told("case.resolved", "c", 0, case_id="late"),
        told("order.placed", "a", 0, case_id="o"),
    )
    first = completed(figures(ledger, "time_to_first_response", "median"), clock="calendar")[0].figure
    assert (first.value, first.n, first.excluded) == (1.0, 1, {"unanswered": 1, "not_opened": 1})
    rows = completed(figures(ledger, "time_to_resolution", "median"))
    assert values(rows, "resolution", "clock") == {
        ("first", "calendar"): 6.0,
        ("first", "without_customer"): 4.0,
        ("last", "calendar"): 10.0,
        ("last", "without_customer"): 8.0,
    }
    assert rows[0].figure.excluded == {"unresolved": 1, "not_opened": 1}
    by_channel = completed(figures(ledger, "time_to_first_response", "median", by=["channel"]), clock="calendar")
    assert values(by_channel, "channel") == {"phone": 1.0, "unknown": None}


def completed(rows: list[FigureRow], **by: str) -> list[FigureRow]:
    """Return the figures of what ended alone."""
    wanted = {**by, "method": "completed"}
    return [row for row in rows if wanted.items() <= row.figure.by.items()]


def estimates(ledger: Ledger, name: str, **asked: Any) -> dict[Any, tuple[Any, ...]]:
    """Return the Kaplan–Meier medians, with n, those that ended and what is left out, by the other parts."""
    return {
        tuple(value for key, value in row.figure.by.items() if key != "method"): (
            row.figure.value,
            row.figure.n,
            row.figure.numerator,
            row.figure.excluded,
        )
        for row in figures(ledger, name, "median", **asked)
        if row.figure.by["method"] == "kaplan_meier"
    }


def test_open_cases_are_censored_and_closed_ones_without_an_answer_left_out(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 0, case_id="answered"),
        told("case.triaged", "a", 2 * HOUR, case_id="answered"),
        told("case.opened", "a", 0, case_id="waits"),
        told("case.awaiting_customer", "a", 6 * HOUR, case_id="waits"),
        told("case.opened", "a", 0, case_id="closed"),
        told("case.closed", "a", HOUR, case_id="closed"),
        told("case.triaged", "a", HOUR, case_id="never opened"),
        told("case.opened", "b", 0, case_id="slow"),
        told("case.triaged", "b", 10 * HOUR, case_id="slow"),
    )
    left_out = {"not_opened": 1, "closed": 1}
    # The wait of the open case began at 6 and goes on, so on its own clock only six of the ten hours went by.
    assert estimates(ledger, "time_to_first_response") == {
        ("calendar",): (10.0, 3, 2, left_out),
        ("without_customer",): (10.0, 3, 2, left_out),
    }
    still_open = figures(ledger, "time_to_first_response", "median", as_of=micros(9 * HOUR))
    assert only(still_open, method="kaplan_meier", clock="calendar").figure.value is None
    assert only(still_open, method="completed", clock="calendar").figure.value == 2.0


def test_a_wait_for_the_customer_that_goes_on_stops_the_clock_of_an_open_case(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 0, case_id="waits"),
        told("case.awaiting_customer", "a", HOUR, case_id="waits"),
        told("case.opened", "b", 0, case_id="done"),
        told("case.resolved", "b", 3 * HOUR, case_id="done"),
    )
    # By the calendar both last three hours; without the customer the waiting one was cut off after the first.
    rows = figures(ledger, "time_to_resolution", "p90")
    told_so = [
        row for row in rows if {"method": "kaplan_meier", "resolution": "first"}.items() <= row.figure.by.items()
    ]
    assert values(told_so, "clock") == {"calendar": None, "without_customer": 3.0}


def test_a_reopened_case_is_open_again_to_its_last_resolution(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 0, case_id="k"),
        told("case.resolved", "a", 2 * HOUR, case_id="k"),
        told("case.reopened", "a", 3 * HOUR, case_id="k"),
        told("case.awaiting_customer", "a", 4 * HOUR, case_id="k"),
        told("case.progressed", "a", 9 * HOUR, case_id="k"),
    )
    assert estimates(ledger, "time_to_resolution") == {
        ("first", "calendar"): (2.0, 1, 1, {}),
        ("first", "without_customer"): (2.0, 1, 1, {}),
        ("last", "calendar"): (None, 1, 0, {}),
        ("last", "without_customer"): (None, 1, 0, {}),
    }
    rows = completed(figures(ledger, "time_to_resolution", "median"), resolution="last")
    assert values(rows, "clock") == {"calendar": 2.0, "without_customer": 2.0}


def test_a_resolution_before_the_opening_is_negative_and_counted(ledger: Ledger) -> None:
    write(ledger, told("case.resolved", "a", 0, case_id="k"), told("case.opened", "a", 5 * HOUR, case_id="k"))
    for row in figures(ledger, "time_to_resolution", "median"):
        assert (row.figure.value, row.figure.negative, row.figure.n) == (-5.0, 1, 1)


def test_an_order_delivered_is_a_resolution_where_orders_are_asked_for(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="o"),
        told("order.delivered", "a", 3 * HOUR, case_id="o"),
        told("case.opened", "a", 0, case_id="k"),
        told("case.resolved", "a", HOUR, case_id="k"),
    )
    orders = figures(ledger, "time_to_resolution", "median", kind="order")
    assert only(orders, clock="calendar", resolution="last", method="completed").figure.value == 3.0
    by_kind = completed(figures(ledger, "time_to_resolution", "median", by=["kind"]))
    assert {row.figure.by["kind"]: row.figure.value for row in by_kind if row.figure.by["resolution"] == "first"} == {
        "case": 1.0,
        "order": 3.0,
    }


def test_throughput_and_handovers_are_always_told_by_kind(ledger: Ledger) -> None:
    write(
        ledger,
        told("application.progressed", "a", 0, case_id="p", department="intake", channel="web"),
        told("application.progressed", "a", 2 * HOUR, case_id="p", department="legal"),
        told("application.progressed", "a", 4 * HOUR, case_id="p", department="intake"),
        told("case.opened", "a", 0, case_id="k"),
    )
    assert values(figures(ledger, "throughput", "median"), "kind") == {"application": 4.0, "case": 0.0}
    assert values(figures(ledger, "handovers", "sum"), "kind") == {"application": 2, "case": 0}
    assert only(figures(ledger, "handovers", "mean", kind="application", by=["channel"])).figure.value == 2.0


def test_cases_count_when_they_were_opened(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 1, case_id="k"),
        told("case.resolved", "a", 40, case_id="k"),
        told("case.resolved", "a", 41, case_id="never opened"),
        told("case.triaged", "a", 2, case_id="opened late"),
        told("case.opened", "a", 42, case_id="opened late"),
    )
    assert numbers(figures(ledger, "throughput", "median", by=["month"]), "month") == {"2024-01": 1, "2024-02": 2}
    assert only(figures(ledger, "throughput", "median", since=micros(1), before=micros(3))).figure.n == 1


def test_punctuality_leaves_out_what_was_not_promised_or_not_delivered(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="1"),
        told("order.placed", "a", 0, case_id="2"),
        told("order.delivered", "a", 1, case_id="2"),
        told("order.placed", "a", 0, case_id="3", channel="web"),
        told("order.delivered", "a", 1, case_id="3", data_promised_at=iso(1)),
        told("order.placed", "a", 0, case_id="4"),
        told("order.delivered", "a", 1, case_id="4", data_promised_at=iso(0.5)),
    )
    figure = only(figures(ledger, "punctuality")).figure
    assert (figure.value, figure.n, figure.excluded) == (0.5, 2, {"undelivered": 1, "not_promised": 1})
    assert values(figures(ledger, "punctuality", by=["channel"]), "channel") == {"web": 0.0, "unknown": 1.0}
