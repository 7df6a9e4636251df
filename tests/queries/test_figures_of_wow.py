"""Experiences that stood out: how often, and what surrounds them, described and not claimed."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import Wire, figures, iso, micros, numbers, only, ordered, rated, told, values, write

DAY = 86_400_000_000


def wow(customer: str, days: float, *name: str, **more: Any) -> Wire:
    return told("experience.highlighted", customer, days, *name, **more)


def viewed(customer: str, days: float, **more: Any) -> Wire:
    return told("page.viewed", customer, days, **more)


def test_the_rate_is_of_touchpoints_and_of_customers(ledger: Ledger) -> None:
    write(
        ledger,
        wow("a", 1, channel="store"),
        wow("a", 2, channel="store"),
        viewed("a", 3, channel="web"),
        viewed("b", 4, channel="store"),
        told("note.added", "c", 5, data_text="no touchpoint"),
        told("order.approved", "d", 6, channel="desk", touchpoint_id="a letter that nobody met"),
    )
    rows = figures(ledger, "wow_rate", "share")
    assert {row.figure.by["of"]: (row.figure.numerator, row.figure.n) for row in rows} == {
        "touchpoints": (2, 4), "customers": (1, 2),
    }  # fmt: skip
    assert (rows[0].figure.low, rows[0].figure.high) == wilson(2, 4)
    (row,) = figures(ledger, "wow_rate", "mean")
    assert (row.figure.value, row.figure.unit) == (500, "per 1,000 touchpoints")
    by_channel = figures(ledger, "wow_rate", "share", by=["channel"])
    assert values(by_channel, "channel", "of") == {
        ("store", "touchpoints"): pytest.approx(2 / 3), ("store", "customers"): 0.5,
        ("web", "touchpoints"): 0, ("web", "customers"): 0,
    }  # fmt: skip


def test_a_customer_of_two_months_counts_in_both_and_once_in_all(small_ledger: Ledger) -> None:
    write(small_ledger, wow("a", 1), wow("a", 40), viewed("b", 2))
    of_customers = [
        r for r in figures(small_ledger, "wow_rate", "share", by=["month"]) if r.figure.by["of"] == "customers"
    ]
    assert numbers(of_customers, "month") == {"2024-01": 2, "2024-02": 1}
    assert only(figures(small_ledger, "wow_rate", "share"), of="customers").figure.numerator == 1


def test_the_rate_is_of_whole_months(small_ledger: Ledger) -> None:
    write(small_ledger, wow("a", 2), viewed("a", 20), wow("a", 40))
    (row,) = figures(small_ledger, "wow_rate", "mean", since=micros(10), before=micros(15))
    assert (row.figure.value, row.figure.n, row.from_, row.to) == (500, 2, iso(0), iso(31))


def follow(ledger: Ledger, act: str, **asked: Any) -> tuple[Any, ...]:
    rows = [row for row in figures(ledger, "wow_follow_ups", **asked) if row.figure.by["act"] == act]
    return tuple(row.figure.value for row in rows)


def test_what_follows_is_set_beside_what_came_before_in_windows_of_90_days(small_ledger: Ledger) -> None:
    for customer, orders in {
        "both": (150, 250),
        "after": (290,),
        "before": (110,),
        "far": (109, 291),
        "none": (),
    }.items():
        write(
            small_ledger,
            viewed(customer, 0),
            wow(customer, 200),
            *(ordered(customer, day) for day in orders),
            build=False,
        )
    write(small_ledger, viewed("watcher", 400))
    assert follow(small_ledger, "order") == (0.4, 0.4, 0)
    assert follow(small_ledger, "order", within=91 * DAY) == (pytest.approx(0.6), pytest.approx(0.6), 0)
    assert follow(small_ledger, "leaving") == (0, 0, 0)
    difference = only(figures(small_ledger, "wow_follow_ups", "difference"), act="order").figure
    assert (difference.n, difference.numerator) == (5, 0)
    assert difference.low is not None
    assert difference.low < 0 < (difference.high or 0)


def test_every_kind_of_act_is_told(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        viewed("a", 0),
        wow("a", 100),
        told("referral.made", "a", 110),
        told("contract.renewed", "a", 111),
        rated("a", 112, 9),
        told("termination.requested", "a", 113),
        viewed("watcher", 400),
    )
    assert {act: follow(small_ledger, act) for act in ("order", "advocacy", "renewal", "leaving", "nps_answer")} == {
        "order": (0, 0, 0), "advocacy": (0, 1, 1), "renewal": (0, 1, 1), "leaving": (0, 1, 1), "nps_answer": (0, 1, 1),
    }  # fmt: skip


def test_what_was_not_observed_for_both_windows_is_left_out_and_counted(small_ledger: Ledger) -> None:
    write(small_ledger, viewed("a", 0), wow("a", 50), wow("a", 100), wow("a", 350), viewed("watcher", 400))
    rows = figures(small_ledger, "wow_follow_ups")
    assert {row.figure.n for row in rows} == {1}
    assert rows[0].figure.excluded == {"immature": 1, "not_observed": 1}
    assert figures(small_ledger, "wow_follow_ups", within=50 * DAY)[0].figure.n == 3


def test_the_answers_around_it_are_compared_where_there_are_both(ledger: Ledger) -> None:
    write(
        ledger,
        viewed("a", 0), rated("a", 95, 2), rated("a", 98, 6), wow("a", 100), rated("a", 105, 9), rated("a", 106, 0),
        viewed("b", 0), rated("b", 95, 8), wow("b", 100), rated("b", 110, 9),
        viewed("c", 0), wow("c", 100), rated("c", 101, 10),
        viewed("d", 0), rated("d", 5, 1), wow("d", 100), rated("d", 101, 10),
        viewed("watcher", 400),
    )  # fmt: skip
    rows = figures(ledger, "wow_nps")
    assert values(rows, "time") == {"before": 7, "after": 9, "difference": 2}
    assert (rows[0].figure.n, rows[0].figure.excluded) == (2, {"unanswered": 2})


def test_a_retracted_experience_is_none(small_ledger: Ledger) -> None:
    write(small_ledger, viewed("a", 0), wow("a", 100, "great"), viewed("watcher", 400))
    assert figures(small_ledger, "wow_follow_ups")[0].figure.n == 1
    write(small_ledger, told("event.retracted", "a", 401, data_source="test", data_event_id="great"), build=False)
    small_ledger.catch_up()
    assert figures(small_ledger, "wow_follow_ups")[0].figure.n == 0
    assert only(figures(small_ledger, "wow_rate", "share"), of="touchpoints").figure.numerator == 0


def test_a_late_order_is_found_before_and_after(small_ledger: Ledger) -> None:
    write(small_ledger, viewed("a", 0), wow("a", 100), viewed("watcher", 400))
    assert follow(small_ledger, "order") == (0, 0, 0)
    write(small_ledger, ordered("a", 110), ordered("a", 99), build=False)
    small_ledger.catch_up()
    assert follow(small_ledger, "order") == (1, 1, 0)
