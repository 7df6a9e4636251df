"""Figures of cases and of orders' promises, from the cases table."""

from __future__ import annotations

from ledger import Ledger
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
    first = only(figures(ledger, "time_to_first_response", "median")).figure
    assert (first.value, first.n, first.excluded) == (1.0, 1, {"unanswered": 1, "not_opened": 1})
    rows = figures(ledger, "time_to_resolution", "median")
    assert values(rows, "resolution", "clock") == {
        ("first", "calendar"): 6.0,
        ("last", "calendar"): 10.0,
        ("last", "without_customer"): 8.0,
    }
    assert rows[0].figure.excluded == {"unresolved": 1, "not_opened": 1}
    assert values(figures(ledger, "time_to_first_response", "median", by=["channel"]), "channel") == {
        "phone": 1.0,
        "unknown": None,
    }


def test_an_order_delivered_is_a_resolution_where_orders_are_asked_for(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="o"),
        told("order.delivered", "a", 3 * HOUR, case_id="o"),
        told("case.opened", "a", 0, case_id="k"),
        told("case.resolved", "a", HOUR, case_id="k"),
    )
    orders = figures(ledger, "time_to_resolution", "median", kind="order")
    assert only(orders, clock="calendar", resolution="last").figure.value == 3.0
    by_kind = figures(ledger, "time_to_resolution", "median", by=["kind"])
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
