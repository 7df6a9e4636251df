"""Payments: what settled and failed, when it was due and ordered, and which orders are not yet paid."""

from __future__ import annotations

from typing import Any

from tests.journey.histories import Event, event
from tests.projections.histories import Told, only, told


def of(type_: str, at: int, **more: Any) -> Event:
    return event(type_, at, case_id="o1", **more)


def payments(*events: Event) -> list[Told]:
    return told("payments", *events)


def test_a_payment_knows_when_it_was_due_and_when_its_order_was_placed() -> None:
    due = {"data_amount": "12.5", "data_currency": "EUR", "data_method": "card", "data_due_at": "1970-01-01T00:00:09Z"}
    row = only("payments", of("order.placed", 1), of("payment.settled", 7, channel="web", **due))
    assert (row["kind"], row["at"], row["ordered_at"], row["due_at"]) == ("settled", 7, 1, 9_000_000)
    assert (row["amount"], row["currency"], row["method"]) == (125_000, "EUR", "card")
    assert (row["stage"], row["channel"], row["case_id"]) == ("purchase", "web", "o1")


def test_an_order_that_is_told_after_its_payment_is_still_its_order() -> None:
    assert only("payments", of("payment.settled", 3), of("order.placed", 8))["ordered_at"] == 8


def test_the_first_order_of_a_case_is_the_one_that_is_paid() -> None:
    assert only("payments", of("order.placed", 1), of("order.placed", 4), of("payment.settled", 6))["ordered_at"] == 1


def test_an_order_without_a_settled_payment_is_unpaid_even_where_one_failed() -> None:
    rows = payments(of("order.placed", 1, channel="web"), of("payment.failed", 2))
    assert [(row["kind"], row["at"], row["ordered_at"]) for row in rows] == [("failed", 2, 1), ("unpaid", 1, 1)]
    assert rows[1]["channel"] == "web"


def test_an_order_without_a_case_is_in_no_row_and_a_payment_without_one_has_no_order() -> None:
    rows = payments(event("order.placed", 1), event("payment.settled", 2))
    assert [(row["kind"], row["ordered_at"], row["due_at"], row["amount"]) for row in rows] == [
        ("settled", None, None, None)
    ]


def test_a_payment_is_of_the_segments_its_customer_was_in_then() -> None:
    gold = event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold")
    rows = payments(of("payment.failed", 0), gold, of("payment.settled", 2))
    assert [row["segments"] for row in rows] == [{}, {"tier": "gold"}]
