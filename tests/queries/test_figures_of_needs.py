"""Figures of needs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ledger import Ledger
from ledger.metrics.differences import newcombe
from ledger.metrics.means import student
from ledger.metrics.proportions import wilson
from tests.queries.telling import figures, iso, micros, numbers, only, told, values, write

NAMES = (
    "needs_expressed",
    "need_outcome",
    "time_to_met",
    "stated_and_revealed",
    "need_agreement",
    "need_mix",
    "need_shift",
    "need_change",
)


def need(kind: str, customer: str, days: float, name: str = "price", manner: str | None = None, **more: Any) -> Any:
    own = {"data_need": name} | ({"data_manner": manner} if manner else {})
    return told(f"need.{kind}", customer, days, **own, **more)


def test_needs_are_counted_and_conclusions_without_one_are_left_out(ledger: Ledger) -> None:
    write(
        ledger,
        need("expressed", "a", 1, "price", "stated", channel="web"),
        need("met", "a", 2, "price"),
        need("expressed", "b", 3, "speed", "revealed"),
        need("unmet", "b", 40, "lost", channel="web"),
    )
    figure = only(figures(ledger, "needs_expressed")).figure
    assert (figure.value, figure.n, figure.excluded) == (2, 2, {"not_expressed": 1})
    by_need = figures(ledger, "needs_expressed", by=["need"])
    assert values(by_need, "need") == {"price": 1, "speed": 1, "lost": 0}
    by_month = figures(ledger, "needs_expressed", by=["month", "channel"])
    assert values(by_month, "month", "channel") == {
        ("2024-01", "web"): 1,
        ("2024-01", "unknown"): 1,
        ("2024-02", "web"): 0,
    }
    assert only(figures(ledger, "needs_expressed", since=micros(2), before=micros(4))).figure.value == 1
    assert only(figures(ledger, "needs_expressed", where={"manner": "stated"})).figure.value == 1


def test_outcomes_are_of_needs_whose_window_is_over(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        need("expressed", "a", 0),
        need("met", "a", 30),  # exactly at the end of the window
        need("expressed", "b", 0),
        need("unmet", "b", 3),
        need("expressed", "c", 0),
        need("unmet", "c", 3),
        need("met", "c", 5),  # after all
        need("expressed", "d", 0),
        need("met", "d", 30.01),  # too late
        need("expressed", "e", 35),  # 30 days are not over at day 60
        need("expressed", "f", 30),  # just over
        need("met", "g", 60),
    )
    rows = figures(quick_ledger, "need_outcome")
    assert numbers(rows, "outcome") == {"met": 5, "unmet": 5, "open": 5}
    assert values(rows, "outcome") == {"met": 2 / 5, "unmet": 1 / 5, "open": 2 / 5}
    assert rows[0].figure.excluded == {"not_expressed": 1, "immature": 1}
    assert (rows[0].figure.low, rows[0].figure.high) == wilson(2, 5)
    short = figures(quick_ledger, "need_outcome", within=4 * 86_400_000_000)
    assert values(short, "outcome") == {"met": 0, "unmet": 2 / 6, "open": 4 / 6}
    early = figures(quick_ledger, "need_outcome", as_of=micros(31))
    assert values(early, "outcome") == {"met": 2 / 4, "unmet": 1 / 4, "open": 1 / 4}


def test_time_to_met_keeps_unmet_needs_as_not_met(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        need("expressed", "a", 0),
        need("met", "a", 1),
        need("expressed", "b", 0),
        need("met", "b", 2),
        need("expressed", "c", 0),
        need("unmet", "c", 0.5),
        need("expressed", "d", 0),
        need("met", "z", 10),
    )
    rows = figures(quick_ledger, "time_to_met")
    median = only([row for row in rows if row.figure.statistic == "median"], method="all").figure
    # Half of four are met by day 2; had the unmet one been cut off at half a day, it would be two of three.
    assert (median.value, median.n, median.numerator) == (2.0, 4, 2)
    assert median.excluded == {"not_expressed": 1}
    assert only([row for row in rows if row.figure.statistic == "p90"], method="all").figure.value is None
    alone = only([row for row in rows if row.figure.statistic == "median"], method="met").figure
    assert (alone.value, alone.n, alone.excluded) == (1.5, 2, {"not_expressed": 1, "not_met": 2})


def test_a_need_that_is_met_later_is_open_as_of_earlier(quick_ledger: Ledger) -> None:
    write(quick_ledger, need("expressed", "a", 0), need("met", "a", 5), need("expressed", "b", 8))
    now = only([r for r in figures(quick_ledger, "time_to_met", "median") if r.figure.by["method"] == "met"]).figure
    then = only(
        [r for r in figures(quick_ledger, "time_to_met", "median", as_of=micros(4)) if r.figure.by["method"] == "met"]
    ).figure
    assert (now.value, now.n, then.value, then.n, then.excluded) == (5.0, 1, None, 0, {"not_met": 1})


def test_a_late_conclusion_closes_the_need_it_follows_and_a_retraction_opens_it_again(quick_ledger: Ledger) -> None:
    write(quick_ledger, need("expressed", "a", 0), need("expressed", "a", 10), told("page.viewed", "a", 100))
    met = need("met", "a", 5)
    write(quick_ledger, met)
    assert values(figures(quick_ledger, "need_outcome"), "outcome")["met"] == 1 / 2
    own = {"data_source": met["source"], "data_event_id": met["event_id"], "data_why": "a mistake"}
    write(quick_ledger, told("event.retracted", "a", 101, **own))
    assert values(figures(quick_ledger, "need_outcome"), "outcome")["met"] == 0


def test_stated_and_revealed_are_told_by_need(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        need("expressed", "a", 1, "price", "stated"),
        need("expressed", "b", 1, "price", "stated"),
        need("expressed", "b", 2, "price", "revealed"),
        need("expressed", "c", 2, "price"),
        need("expressed", "c", 2, "speed"),
    )
    rows = figures(quick_ledger, "stated_and_revealed", "share")
    assert values(rows, "need", "manner") == {
        ("price", "stated"): 2 / 3,
        ("price", "revealed"): 1 / 3,
        ("speed", "stated"): None,
        ("speed", "revealed"): None,
    }
    assert only(rows, need="price", manner="stated").figure.excluded == {"no_manner": 1}
    counted = figures(quick_ledger, "stated_and_revealed", "count")
    assert only(counted, need="price", manner="stated").figure.value == 2


def test_agreement_compares_the_sets_of_each_customer(quick_ledger: Ledger) -> None:
    def said(customer: str, manner: str, *names: str) -> list[Any]:
        return [need("expressed", customer, 1 + place, name, manner) for place, name in enumerate(names)]

    write(
        quick_ledger,
        *said("only stated", "stated", "x", "x", "y"),
        *said("only revealed", "revealed", "x"),
        *said("same", "stated", "x", "y"),
        *said("same", "revealed", "y", "x", "x"),
        *said("some", "stated", "x", "y"),
        *said("some", "revealed", "x", "z"),
        *said("none", "stated", "x"),
        *said("none", "revealed", "z"),
        need("expressed", "unknown", 1),
        need("met", "unknown", 1, "lost", "stated"),
    )
    rows = figures(quick_ledger, "need_agreement", "share")
    assert values(rows, "overlap") == dict.fromkeys(("only_stated", "only_revealed", "same", "some", "none"), 1 / 5)
    assert rows[0].figure.excluded == {"no_manner": 1}
    mean = only(figures(quick_ledger, "need_agreement", "mean")).figure
    assert mean.value == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert (mean.n, mean.excluded) == (3, {"no_manner": 1, "one_manner": 2})
    assert (mean.low, mean.high) == pytest.approx(student(3, Fraction(4, 3), Fraction(10, 9)))


def test_the_mix_of_a_stage_shifts_to_the_next(ledger: Ledger) -> None:
    write(
        ledger,
        *(need("expressed", f"c{n}", 1, "price" if n < 3 else "speed") for n in range(4)),
        told("stage.entered", "u", 1, data_stage="purchase"),
        need("expressed", "u", 2, "speed"),
        told("stage.entered", "v", 1, data_stage="purchase"),
        need("expressed", "v", 2, "trust"),
        told("stage.entered", "w", 1, data_stage="use"),
        need("expressed", "w", 2, "trust"),
    )
    mix = figures(ledger, "need_mix")
    assert values(mix, "stage", "need") == {
        ("consideration", "price"): 3 / 4,
        ("consideration", "speed"): 1 / 4,
        ("purchase", "speed"): 1 / 2,
        ("purchase", "trust"): 1 / 2,
        ("use", "trust"): 1.0,
    }
    # Onboarding has no needs, so nothing is said of the ways to it and from it.
    shift = only(figures(ledger, "need_shift")).figure
    assert shift.by == {"from_stage": "consideration", "to_stage": "purchase", "from_n": 4, "to_n": 2}
    assert (shift.value, shift.n) == (3 / 4, 2)
    change = figures(ledger, "need_change")
    assert values(change, "need") == {"price": -3 / 4, "speed": 1 / 4, "trust": 1 / 2}
    price = only(change, need="price").figure
    assert (price.low, price.high) == newcombe((3, 4), (0, 2))
    split = figures(ledger, "need_shift", by=["channel"])
    assert only(split).figure.by["channel"] == "unknown"


def test_where_there_are_no_needs_nothing_is_divided(ledger: Ledger) -> None:
    write(ledger, told("page.viewed", "a", 1))
    assert [row.figure.value for row in figures(ledger, "needs_expressed")] == [0]
    for name in ("need_outcome", "time_to_met", "need_agreement"):
        assert {(row.figure.value, row.figure.n) for row in figures(ledger, name)} == {(None, 0)}
    for name in ("stated_and_revealed", "need_mix", "need_shift", "need_change"):
        assert figures(ledger, name) == []


@pytest.mark.parametrize("name", NAMES)
def test_needs_are_split_by_the_segment_of_their_time(quick_ledger: Ledger, name: str) -> None:
    def tier(customer: str, days: float, segment: str) -> Any:
        return told("customer.segment_assigned", customer, days, data_scheme="tier", data_segment=segment)

    write(
        quick_ledger,
        tier("a", 0, "gold"),
        need("expressed", "a", 1, "price", "stated"),
        tier("a", 2, "basic"),
        need("expressed", "b", 1, "price", "stated"),
        *(
            event
            for customer, segment in (("p", "gold"), ("q", "basic"))
            for event in (
                tier(customer, 0, segment),
                told("stage.entered", customer, 1, data_stage="purchase"),
                need("expressed", customer, 2, "price", "revealed"),
            )
        ),
    )
    found = {row.figure.by["segment:tier"] for row in figures(quick_ledger, name, by=["segment:tier"])}
    assert found == ({"gold"} if name in ("need_shift", "need_change") else {"gold", "basic", "unknown"})


def test_needs_by_month_follow_the_zone(quick_ledger: Ledger) -> None:
    write(quick_ledger, need("expressed", "a", 30.99, "price"))  # 2024-01-31 23:45 UTC
    assert iso(30.99).startswith("2024-01-31")
    assert set(values(figures(quick_ledger, "needs_expressed", by=["month"]), "month")) == {"2024-01"}
    berlin = figures(quick_ledger, "needs_expressed", by=["month"], zone="Europe/Berlin")
    assert set(values(berlin, "month")) == {"2024-02"}


def test_a_need_of_a_visitor_is_met_once_they_are_known_and_open_again_once_they_are_not(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        need("expressed", "anonymous:1", 1),
        need("met", "known", 2),
        told("page.viewed", "known", 100),
    )
    apart = figures(quick_ledger, "need_outcome")
    assert only(apart, outcome="met").figure.numerator == 0
    assert apart[0].figure.excluded == {"not_expressed": 1}
    merged = told("customer.merged", "known", 3, data_from="anonymous:1", data_into="known")
    write(quick_ledger, merged)
    together = figures(quick_ledger, "need_outcome")
    assert only(together, outcome="met").figure.numerator == 1
    assert together[0].figure.excluded == {}
    own = {"data_source": merged["source"], "data_event_id": merged["event_id"]}
    write(quick_ledger, told("customer.unmerged", "known", 4, **own))
    assert [row.figure for row in figures(quick_ledger, "need_outcome")] == [row.figure for row in apart]
