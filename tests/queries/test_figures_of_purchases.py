"""Figures of what customers buy and when they come back."""

from __future__ import annotations

from ledger import Ledger
from tests.queries.telling import figures, iso, micros, numbers, only, ordered, told, values, write

FEB, MARCH = 31, 60


def test_two_orders_on_one_day_are_one_occasion(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), ordered("a", 1.5), ordered("b", 1), ordered("b", 4))
    assert values(figures(ledger, "repeat_purchase", "share"), "occasion") == {"day": 0.5, "order": 1.0}
    assert only(figures(ledger, "purchase_interval", "median")).figure.value == 3


def test_a_day_is_a_day_of_the_zone(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), ordered("a", 1.99))
    share = figures(ledger, "repeat_purchase", "share", zone="Asia/Tokyo")
    assert values(share, "occasion") == {"day": 1.0, "order": 1.0}


def test_retention_and_recency_look_back_from_the_last_event_unless_asked(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), ordered("a", FEB + 1), ordered("b", 2), told("page.viewed", "c", MARCH - 1))
    kept = [row for row in figures(ledger, "retention", "share") if row.figure.by["months_later"] in (1, 2)]
    assert [(row.figure.value, row.figure.excluded) for row in kept] == [(0.5, {}), (None, {"immature": 2})]
    assert only(figures(ledger, "recency", "median")).figure.value == (27 + 57) / 2
    then = only(figures(ledger, "recency", "median", as_of=micros(5))).figure
    assert (then.value, then.n) == (3.5, 2)


def test_a_customer_belongs_where_their_first_order_does_and_to_their_own_segment(ledger: Ledger) -> None:
    write(
        ledger,
        ordered("a", 1, channel="web"),
        ordered("a", 2, channel="store"),
        told("customer.segment_assigned", "a", 3, data_scheme="tier", data_segment="gold"),
        ordered("b", 1, channel="store"),
    )
    by_channel = figures(ledger, "repeat_purchase", "share", by=["channel"])
    assert {row.figure.by["channel"]: row.figure.value for row in by_channel if row.figure.by["occasion"] == "day"} == {
        "web": 1.0,
        "store": 0.0,
    }
    by_tier = figures(ledger, "customer_value", "sum", by=["segment:tier"])
    assert values(by_tier, "segment:tier") == {"gold": 20.0, "unknown": 10.0}
    assert only(figures(ledger, "customer_value", "count", where={"segment:tier": "gold"})).figure.n == 1


def test_currencies_are_never_added(ledger: Ledger) -> None:
    write(
        ledger,
        ordered("a", 1, "10.50", "EUR"),
        ordered("a", 2, "100", "NOK"),
        ordered("b", 2, "1", "EUR"),
        ordered("c", 2, None, None),
    )
    sums = figures(ledger, "customer_value", "sum")
    assert values(sums, "currency") == {"EUR": 11.5, "NOK": 100.0}
    assert (sums[0].figure.unit, sums[0].figure.excluded) == ("EUR", {"no_value": 1})
    assert values(figures(ledger, "customer_value", "sum", currency="NOK"), "currency") == {"NOK": 100.0}
    assert only(figures(ledger, "customer_value", "count", currency="SEK")).figure.n == 0


def test_only_orders_of_the_window_count(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), ordered("a", FEB + 1), ordered("b", FEB + 2))
    assert only(figures(ledger, "customer_value", "count", since=micros(FEB))).figure.value == 2
    cohorts = figures(ledger, "retention", "count", since=micros(FEB))
    assert numbers(cohorts, "cohort") == {"2024-02": 2}


def test_a_segment_that_is_valid_later_or_from_before_moves_neither_the_as_of_time_nor_the_window(
    ledger: Ledger,
) -> None:
    placed = {"data_scheme": "tier", "data_segment": "gold"}
    write(
        ledger,
        ordered("a", 10),
        ordered("b", 40),
        told("customer.segment_assigned", "a", 12, **placed, data_valid_from=iso(400)),
        told("customer.segment_assigned", "b", 41, **placed, data_valid_from=iso(-20)),
    )
    (row,) = figures(ledger, "recency", "median")
    assert (row.figure.value, row.from_, row.as_of) == (16, iso(10), iso(41))
