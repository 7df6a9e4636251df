"""What customers are worth and what they cost, as of each order and each piece of work."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from tests.queries.telling import Wire, figures, iso, micros, numbers, only, ordered, told, values, write

FEB = 31


def worked(customer: str, days: float, cost: str | None = "5", currency: str | None = "EUR", **more: Any) -> Wire:
    own = {name: said for name, said in (("data_cost", cost), ("data_currency", currency)) if said is not None}
    return told("work.completed", customer, days, **own, **more)


def placed(customer: str, days: float, segment: str, scheme: str = "tier") -> Wire:
    return told("customer.segment_assigned", customer, days, data_scheme=scheme, data_segment=segment)


def test_an_order_is_of_the_segments_its_customer_was_in_then(ledger: Ledger) -> None:
    write(
        ledger,
        placed("a", 0, "basic"),
        placed("a", 0, "north", "region"),
        ordered("a", 1, "10"),
        placed("a", 2, "gold"),
        ordered("a", 3, "30"),
        ordered("b", 3, "1"),
    )
    by = ["segment:tier", "segment:region"]
    assert values(figures(ledger, "lifetime_value", "sum", by=by), *by) == {
        ("basic", "north"): 10.0,
        ("gold", "north"): 30.0,
        ("unknown", "unknown"): 1.0,
    }
    assert numbers(figures(ledger, "net_value", "sum", by="segment:tier"), "segment:tier") == {
        "basic": 1,
        "gold": 1,
        "unknown": 1,
    }
    fifth = [row for row in figures(ledger, "rfm", "count", by="segment:tier") if row.figure.value]
    assert {row.figure.by["segment:tier"] for row in fifth} == {"gold", "unknown"}, "as of the last order"


def test_value_is_told_per_currency_and_what_tells_none_is_counted(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1, "10"), ordered("a", 2, "7", "NOK"), ordered("b", 2, None, None))
    sums = figures(quick_ledger, "lifetime_value", "sum")
    assert values(sums, "currency") == {"EUR": 10.0, "NOK": 7.0}
    assert sums[0].figure.excluded == {"no_value": 1}
    assert values(figures(quick_ledger, "lifetime_value", "sum", currency="SEK"), "currency") == {"SEK": 0}
    assert only(figures(quick_ledger, "value_decile", "gini", currency="SEK")).figure.n == 0


def test_only_orders_of_the_window_and_the_group_count(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1, "10", channel="web"), ordered("a", FEB + 1, "20", channel="store"))
    assert values(figures(quick_ledger, "lifetime_value", "sum", by="month"), "month") == {
        "2024-01": 10.0,
        "2024-02": 20.0,
    }
    assert only(figures(quick_ledger, "lifetime_value", "sum", since=micros(FEB))).figure.value == 20
    assert only(figures(quick_ledger, "lifetime_value", "sum", where={"channel": "web"})).figure.value == 10


def test_the_day_of_recency_is_that_of_the_as_of_time(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), ordered("a", 8), told("page.viewed", "a", 10))

    def days(**asked: Any) -> Any:
        rows = figures(quick_ledger, "rfm", "median", **asked)
        return only([row for row in rows if row.figure.n], measure="recency").figure.value

    assert days() == 2
    assert days(as_of=micros(5)) == 4


def test_whose_orders_tell_no_value_is_left_out_of_the_group_of_their_last_order_alone(quick_ledger: Ledger) -> None:
    of_web = [ordered("a", 1, channel="web"), ordered("b", 2, None, None, channel="web")]
    write(quick_ledger, *of_web, ordered("c", 1, channel="store"), ordered("b", 1, None, None, channel="store"))
    cells = figures(quick_ledger, "rfm", "share", by="channel")
    assert {row.figure.by["channel"]: row.figure.excluded for row in cells} == {"web": {"no_value": 1}, "store": {}}
    assert {str(row.figure.excluded) for row in figures(quick_ledger, "rfm", "share")} == {"{'no_value': 1}"}


def test_two_orders_on_one_day_are_one_purchase_day(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), ordered("a", 1.2))
    rows = [row for row in figures(quick_ledger, "rfm", "median") if row.figure.n]
    assert values(rows, "measure") == {"recency": 0, "frequency": 1, "monetary": 20.0}
    assert only(figures(quick_ledger, "rfm", "share")).figure.by["cell"] == "333"


def test_cost_is_told_of_those_served_and_of_all(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        worked("a", 1, data_minutes=10),
        worked("a", 2, "7", data_minutes=20),
        worked("b", 1, None, None, data_minutes=0),
        told("page.viewed", "c", 1),
        told("page.viewed", "d", 1),
        told("order.approved", "e", 1, touchpoint_id="no touchpoint"),
    )
    assert only(figures(quick_ledger, "cost_to_serve", "share")).figure.value == 0.5
    means = figures(quick_ledger, "cost_to_serve", "mean")
    assert values(means, "measure", "customers") == {
        ("minutes", "served"): 15.0,
        ("minutes", "all"): 7.5,
        ("cost", "served"): 12.0,
        ("cost", "all"): 3.0,
    }
    cost = only(figures(quick_ledger, "cost_to_serve", "median"), measure="cost").figure
    assert (cost.value, cost.n, cost.unit, cost.excluded) == (12.0, 1, "EUR", {"no_cost": 1})


def test_a_currency_without_an_amount_is_no_amount_of_0(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        ordered("a", 1, None, "EUR"),
        ordered("b", 1, "10", "EUR"),
        worked("a", 1, None, "EUR", data_minutes=5),
        worked("b", 1, "4", "EUR", data_minutes=5),
        told("payment.settled", "a", 2, data_currency="EUR"),
    )
    for name in ("customer_value", "lifetime_value"):
        row = only(figures(quick_ledger, name, "mean"))
        assert (row.figure.value, row.figure.n, row.figure.excluded) == (10.0, 1, {"no_value": 1})
    cost = only(figures(quick_ledger, "cost_to_serve", "mean"), measure="cost", customers="served").figure
    assert (cost.value, cost.n, cost.excluded) == (4.0, 1, {"no_cost": 1})
    net = only(figures(quick_ledger, "net_value", "mean")).figure
    assert (net.value, net.n, net.excluded) == (6.0, 1, {"no_value": 1})
    assert {row.figure.n for row in figures(quick_ledger, "rfm", "share")} == {1}
    summed = [row.figure for row in figures(quick_ledger, "volume", "sum") if "currency" in row.figure.by]
    assert [(figure.by["measure"], figure.value, figure.n) for figure in summed] == [
        ("orders", 10.0, 1),
        ("work", 4.0, 1),
    ]


def test_value_minus_cost_is_of_one_currency_and_counts_who_has_several(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        ordered("a", 1, "10"),
        worked("a", 2, "4"),
        worked("b", 2, "4"),
        ordered("c", 1, "99", "NOK"),
        worked("c", 1, "4"),
        ordered("d", 1, "50", "NOK"),
        ordered("e", 1, None, None),
    )
    rows = figures(quick_ledger, "net_value", "sum")
    assert values(rows, "currency") == {"EUR": 2.0, "NOK": 50.0}
    assert numbers(rows, "currency") == {"EUR": 2, "NOK": 1}
    assert [row.figure.excluded for row in rows] == [{"several_currencies": 1, "no_value": 1}] * 2
    below = only(figures(quick_ledger, "net_value", "share"), currency="EUR").figure
    assert (below.value, below.numerator) == (0.5, 1)


def test_a_retracted_order_is_worth_nothing(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1, "10"), ordered("a", 2, "5", event_id="x"))
    back = told("event.retracted", "a", 3, data_source="test", data_event_id="x", data_why="mistake")
    write(quick_ledger, back)
    assert only(figures(quick_ledger, "lifetime_value", "sum")).figure.value == 10


def paid(customer: str, days: float, due: float | None = None, kind: str = "settled", **more: Any) -> Wire:
    own = {} if due is None else {"data_due_at": iso(due)}
    return told(f"payment.{kind}", customer, days, **own, **more)


def test_paying_early_is_below_zero_and_counted_and_what_is_not_paid_is_left_out(ledger: Ledger) -> None:
    write(
        ledger,
        ordered("a", 1, case_id="o1"),
        paid("a", 4, 10, case_id="o1"),
        ordered("a", 2, case_id="o2"),
        paid("a", 12, 10, case_id="o2"),
        paid("a", 12, case_id="elsewhere"),
        ordered("a", 3, case_id="o3"),
        paid("a", 4, kind="failed", case_id="o3"),
    )
    rows = figures(ledger, "days_to_pay", "median")
    due, order = (only(rows, clock=clock).figure for clock in ("due", "order"))
    assert (due.value, due.n, due.negative) == (-2.0, 2, 1)
    assert due.excluded == {"failed": 1, "unpaid": 1, "no_due": 1}
    assert (order.value, order.n, order.negative) == (6.5, 2, 0)
    assert order.excluded == {"failed": 1, "unpaid": 1, "no_order": 1}
    assert only(figures(ledger, "days_to_pay", "share")).figure.value == 0.5
    assert only(figures(ledger, "days_to_pay", "share", before=micros(5))).figure.value == 0.0
