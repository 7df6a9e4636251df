"""Who stays, who returns and who is gone."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from tests.queries.telling import Wire, figures, micros, numbers, only, ordered, told, values, write

DAY = 86_400_000_000
FEB, MARCH, APRIL, MAY = 31, 60, 91, 121


def viewed(customer: str, days: float, direction: str = "inbound", **more: Any) -> Wire:
    return told("page.viewed", customer, days, direction=direction, **more)


def later(ledger: Ledger, days: int, **asked: Any) -> dict[Any, Any]:
    rows = figures(ledger, "rolling_retention", "share", **asked)
    return values([row for row in rows if row.figure.by["days_later"] == days], "activity", "counted")


def test_orders_and_what_customers_start_themselves_keep_them_apart(ledger: Ledger) -> None:
    write(
        ledger,
        ordered("a", 1, channel="web"),
        ordered("a", 35),
        ordered("b", 2),
        viewed("b", 2),
        viewed("b", 90),
        viewed("b", 34, "outbound"),
        viewed("b", 95, "outbound"),
    )
    assert later(ledger, 30) == {
        ("order", "within"): 0.5,
        ("order", "or_later"): 0.5,
        ("inbound", "within"): 0.0,
        ("inbound", "or_later"): 1.0,
    }
    rows = figures(ledger, "rolling_retention", "share", by=["channel", "month"], where={"activity": "order"})
    assert {(row.figure.by["channel"], row.figure.by["month"]) for row in rows} == {
        ("web", "2024-01"),
        ("unknown", "2024-01"),
    }


def test_the_length_of_a_period_can_be_asked_in_whole_days(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), ordered("a", 9), viewed("z", 50))
    asked: Any = {"where": {"activity": "order"}, "within": 7 * DAY}
    assert later(quick_ledger, 7, **asked) == {("order", "within"): 1.0, ("order", "or_later"): 1.0}
    assert later(quick_ledger, 14, **asked) == {("order", "within"): 0.0, ("order", "or_later"): 0.0}
    with pytest.raises(InvalidArgument, match="whole days"):
        later(quick_ledger, 7, within=DAY // 2)


def test_a_window_is_rounded_out_to_whole_days_for_both_activities(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        ordered("a", 1.2),
        viewed("a", 1.2),
        ordered("a", 33.8),
        viewed("a", 33.8),
        viewed("z", 90, "outbound"),
    )
    window: Any = {"since": micros(1.5), "before": micros(33.5)}
    (order, *_), (inbound, *_) = (
        figures(quick_ledger, "rolling_retention", "share", where={"activity": activity}, **window)
        for activity in ("order", "inbound")
    )
    for row in (order, inbound):
        assert (row.figure.value, row.figure.n) == (1.0, 1)
        assert (row.from_, row.to) == ("2024-01-02T00:00:00+00:00", "2024-02-04T00:00:00+00:00")


def test_a_cohort_is_of_the_segments_as_of_the_first_order(quick_ledger: Ledger) -> None:
    def placed(days: float, segment: str) -> Wire:
        return told("customer.segment_assigned", "a", days, data_scheme="tier", data_segment=segment)

    write(quick_ledger, placed(0, "basic"), ordered("a", 1), viewed("a", 1), placed(2, "gold"), ordered("a", 40))
    rows = figures(quick_ledger, "rolling_retention", "share", by="segment:tier")
    assert {(row.figure.by["activity"], row.figure.by["segment:tier"]) for row in rows} == {
        ("order", "basic"),
        ("inbound", "gold"),
    }


def test_as_of_an_earlier_time_a_cohort_is_immature(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), ordered("a", 35), viewed("z", 90))
    row = [
        row for row in figures(quick_ledger, "rolling_retention", as_of=micros(40)) if row.figure.by["days_later"] == 30
    ]
    assert [(one.figure.value, one.figure.excluded) for one in row] == [(None, {"immature": 1})] * 2


def parts(ledger: Ledger, month: str, **asked: Any) -> dict[Any, Any]:
    asked = {"where": {"activity": "order", "month": month}, **asked}
    return values(figures(ledger, "lifecycle", "count", **asked), "lifecycle")


def test_a_customer_is_new_returns_is_dormant_and_comes_back(ledger: Ledger) -> None:
    write(ledger, ordered("a", 1), ordered("a", FEB), ordered("a", APRIL), viewed("z", MAY, "outbound"))
    one = {"active": 1, "new": 0, "returning": 0, "resurrecting": 0, "dormant": 0}
    assert parts(ledger, "2024-01") == {**one, "new": 1}
    assert parts(ledger, "2024-02") == {**one, "returning": 1}
    assert parts(ledger, "2024-03") == {**one, "active": 0, "dormant": 1}
    assert parts(ledger, "2024-04") == {**one, "resurrecting": 1}
    assert parts(ledger, "2024-05") == {}, "May was not over"


def test_what_came_before_the_window_tells_who_is_new_in_it(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), ordered("a", FEB), ordered("b", FEB), viewed("z", MAY, "outbound"))
    rows = figures(quick_ledger, "lifecycle", "count", since=micros(FEB), before=micros(MARCH))
    assert {row.figure.by["month"] for row in rows} == {"2024-02"}
    assert values(rows, "lifecycle") == {"active": 2, "new": 1, "returning": 1, "resurrecting": 0, "dormant": 0}


def test_an_inbound_touchpoint_is_activity_and_an_outbound_one_is_none(quick_ledger: Ledger) -> None:
    write(quick_ledger, viewed("a", 1), viewed("b", 1, "outbound"), viewed("a", FEB), viewed("z", MAY, "outbound"))
    write(quick_ledger, told("order.approved", "a", MARCH + 1, direction="inbound", touchpoint_id="no touchpoint"))
    rows = figures(quick_ledger, "lifecycle", "share", by="segment:tier")
    assert numbers(rows, "activity", "month") == {
        ("inbound", "2024-01"): 0,
        ("inbound", "2024-02"): 1,
        ("inbound", "2024-03"): 1,
    }
    assert only(rows, month="2024-03").figure.value == 0


def test_a_month_is_one_of_the_zone(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", FEB - 0.1), viewed("z", MAY, "outbound"))
    assert parts(quick_ledger, "2024-01")["new"] == 1
    assert parts(quick_ledger, "2024-02", zone="Asia/Tokyo")["new"] == 1


def test_who_is_under_contract_when_a_month_begins_stays_or_goes_and_may_come_back(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        told("contract.activated", "a", 5),
        told("contract.terminated", "a", FEB + 3),
        told("contract.renewed", "a", MARCH + 2),
        told("contract.activated", "b", 6),
        told("contract.lapsed", "b", FEB + 1),
        told("contract.renewed", "b", FEB + 2),
        told("contract.terminated", "c", FEB + 2),
        told("page.viewed", "z", MAY),
    )
    rows = figures(quick_ledger, "contract_retention", "share")
    assert values(rows, "month") == {"2024-02": 0.5, "2024-03": 1.0, "2024-04": 1.0}
    assert numbers(rows, "month") == {"2024-02": 2, "2024-03": 1, "2024-04": 2}
    assert [row.figure.excluded for row in rows] == [{"no_start": 1}, {}, {}]
    since = figures(quick_ledger, "contract_retention", "share", since=micros(APRIL), by="segment:tier")
    assert numbers(since, "segment:tier", "month") == {("unknown", "2024-04"): 2}
