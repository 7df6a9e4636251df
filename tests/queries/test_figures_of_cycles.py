"""Cycles of the journey: how many, how long, how far apart, and what stages and cycles use up."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from tests.queries.telling import Wire, figures, micros, numbers, only, ordered, told, values, write


def entered(customer: str, days: float, stage: str, **more: Any) -> Wire:
    return told("stage.entered", customer, days, data_stage=stage, **more)


def twice(customer: str = "a", **more: Any) -> list[Wire]:
    """Bought on day 1, used from day 5 to 20, renewed, bought again on day 30."""
    return [
        ordered(customer, 1, **more),
        entered(customer, 5, "use"),
        entered(customer, 20, "renewal"),
        ordered(customer, 30, **more),
    ]


def test_a_new_order_after_the_purchase_begins_a_cycle(ledger: Ledger) -> None:
    write(ledger, *twice("a"), ordered("b", 3), told("page.viewed", "b", 40))
    share = only(figures(ledger, "cycles_per_customer", "share")).figure
    assert (share.value, share.numerator, share.n) == (0.5, 1, 2)
    assert only(figures(ledger, "cycles_per_customer", "mean")).figure.value == 1.5
    assert values(figures(ledger, "cycles_per_customer", "count"), "cycles") == {1: 1, 2: 1}
    length = figures(ledger, "cycle_length", "median")
    assert values(length, "method") == {"kaplan_meier": 29.0, "completed": 29.0}
    assert [(row.figure.n, row.figure.excluded) for row in length] == [(3, {}), (1, {"open": 2})]


def test_the_pause_runs_from_the_end_of_use_and_purchases_from_one_to_the_next(quick_ledger: Ledger) -> None:
    write(quick_ledger, *twice())
    rows = figures(quick_ledger, "time_between_cycles", "median")
    assert values(rows, "between") == {"pause": 10.0, "purchases": 29.0}
    assert {row.figure.excluded["last"] for row in rows} == {1}


def test_who_goes_from_use_straight_to_a_new_order_makes_no_pause(quick_ledger: Ledger) -> None:
    write(quick_ledger, ordered("a", 1), entered("a", 5, "use"), ordered("a", 30))
    assert only(figures(quick_ledger, "time_between_cycles", "median"), between="pause").figure.value == 0


def test_a_cycle_without_a_purchase_has_no_time_between_purchases(quick_ledger: Ledger) -> None:
    write(quick_ledger, entered("a", 0, "termination"), entered("a", 3, "win_back"))
    rows = figures(quick_ledger, "time_between_cycles", "median")
    assert [(row.figure.value, row.figure.n) for row in rows] == [(None, 0), (None, 0)]
    assert [row.figure.excluded for row in rows] == [{"last": 1, "no_use": 1}, {"last": 1, "no_purchase": 1}]


def test_as_of_a_time_before_the_second_order_the_first_cycle_goes_on(quick_ledger: Ledger) -> None:
    write(quick_ledger, *twice())
    assert only(figures(quick_ledger, "cycles_per_customer", "mean", as_of=micros(25))).figure.value == 1
    row = only(figures(quick_ledger, "cycle_length", "median", as_of=micros(25)), method="kaplan_meier").figure
    assert (row.value, row.n, row.numerator) == (None, 1, 0)


def test_a_visit_that_begins_after_the_as_of_time_is_in_no_cycle_yet(small_ledger: Ledger) -> None:
    """The ledger's clock stands at 2027-01-15 08:00; what is told of the next minutes is still to come."""
    soon = {**ordered("a", 1), "occurred_at": "2027-01-15T08:04:00+00:00"}
    write(small_ledger, soon)
    assert only(figures(small_ledger, "cycles_per_customer", "mean")).figure.n == 0
    assert figures(small_ledger, "stage_resources") == []


def test_a_cycle_is_of_the_channel_and_segments_it_began_in(quick_ledger: Ledger) -> None:
    gold = told("customer.segment_assigned", "a", 10, data_scheme="tier", data_segment="gold")
    first, *rest = twice(channel="web")
    write(quick_ledger, first, gold, *rest)
    by = ["segment:tier", "cycle", "channel"]
    rows = [row for row in figures(quick_ledger, "cycle_length", "median", by=by) if row.figure.n]
    assert {tuple(row.figure.by[key] for key in by) for row in rows} == {("unknown", "1", "web"), ("gold", "2", "web")}
    late = figures(quick_ledger, "cycle_length", "median", since=micros(10))
    assert only(late, method="kaplan_meier").figure.n == 1


def test_a_stage_uses_up_touchpoints_minutes_and_money_of_each_currency(quick_ledger: Ledger) -> None:
    def worked(customer: str, days: float, minutes: float, cost: str, currency: str) -> Wire:
        own = {"data_minutes": minutes, "data_cost": cost, "data_currency": currency}
        return told("work.completed", customer, days, **own)

    write(
        quick_ledger,
        entered("a", 1, "use"),
        worked("a", 2, 7.5, "3.25", "EUR"),
        told("page.viewed", "a", 2.5),
        worked("a", 3, 2.5, "10", "NOK"),
        entered("a", 4, "renewal"),
        entered("a", 5, "use"),
        entered("b", 1, "use"),
        told("page.viewed", "b", 2),
        told("page.viewed", "b", 2),
    )
    in_use = {"where": {"stage": "use"}}
    means = figures(quick_ledger, "stage_resources", "mean", **in_use)
    assert values([row for row in means if row.figure.by["resource"] == "minutes"], "per") == {
        "visit": 10 / 3,
        "customer": 5.0,
    }
    assert numbers(means, "resource", "per")["touchpoints", "customer"] == 2
    sums = figures(quick_ledger, "stage_resources", "sum", **in_use)
    assert {row.figure.unit: row.figure.value for row in sums} == {
        "touchpoints": 3,
        "minutes": 10,
        "EUR": 3.25,
        "NOK": 10,
    }
    only_nok = figures(quick_ledger, "stage_resources", "sum", currency="NOK", **in_use)
    assert {row.figure.unit for row in only_nok} == {"touchpoints", "minutes", "NOK"}


def test_what_happens_in_an_overlay_is_told_there_and_in_the_stage_beside_it(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        entered("a", 1, "use"),
        told("case.opened", "a", 2, case_id="c"),
        told("work.completed", "a", 3, data_minutes=5, case_id="c"),
    )
    rows = figures(quick_ledger, "stage_resources", "sum")
    minutes = values([row for row in rows if row.figure.by["resource"] == "minutes"], "stage")
    assert minutes == {"use": 5.0, "support": 5.0}


def test_a_cycle_uses_up_what_its_visits_do_and_an_open_one_is_not_completed(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        *twice(),
        told("work.completed", "a", 6, data_minutes=5, data_cost="4", data_currency="EUR"),
        told("work.completed", "a", 25, data_minutes=3),
        told("work.completed", "a", 31, data_minutes=1),
    )
    rows = figures(quick_ledger, "cycle_resources", "sum")
    minutes = [row for row in rows if row.figure.by["resource"] == "minutes"]
    assert values(minutes, "cycles") == {"completed": 8.0, "all": 9.0}
    assert [(row.figure.n, row.figure.excluded) for row in minutes] == [(1, {"open": 1}), (2, {})]
    cost = only(rows, resource="cost", cycles="all").figure
    assert (cost.value, cost.n, cost.unit) == (4.0, 1, "EUR")
