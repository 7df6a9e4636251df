"""Leaving as an experience: reasons, attempts to keep, satisfaction at the end, referrals and returns after it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import Wire, figures, micros, numbers, only, ordered, rated, told, values, write

DAY = 86_400_000_000


def requested(customer: str, days: float, **more: Any) -> Wire:
    return told("termination.requested", customer, days, **more)


def ended(customer: str, days: float, *name: str, **more: Any) -> Wire:
    return told("contract.terminated", customer, days, *name, **more)


def until(days: float) -> Wire:
    """Return an event of somebody else, at which observation ends."""
    return told("page.viewed", "watcher", days)


def shares(ledger: Ledger, name: str, key: str, **asked: Any) -> dict[Any, tuple[float | None, int]]:
    rows = figures(ledger, name, "share", **asked)
    return {row.figure.by[key]: (row.figure.numerator, row.figure.n) for row in rows}


def said(ledger: Ledger, aspect: str, **asked: Any) -> dict[Any, Any]:
    rows = [row for row in figures(ledger, "termination_reasons", **asked) if row.figure.by["aspect"] == aspect]
    return {row.figure.by["said"]: row.figure.numerator for row in rows}


def test_leavings_are_told_by_reason_category_will_and_outcome(ledger: Ledger) -> None:
    write(
        ledger,
        requested("a", 1, data_reason="price", data_voluntary=True),
        ended("b", 2, data_reason="price", data_category="market", data_voluntary=False),
        told("contract.lapsed", "c", 3),
        requested("d", 4),
        told("contract.renewed", "d", 5),
    )
    assert said(ledger, "reason") == {"price": 2, "unknown": 2}
    assert said(ledger, "category") == {"unknown": 3, "market": 1}
    assert said(ledger, "voluntary") == {"involuntary": 1, "lapsed": 1, "unknown": 1, "voluntary": 1}
    assert said(ledger, "outcome") == {"requested": 1, "ended": 2, "retained": 1, "back_without_end": 0}
    row = only(figures(ledger, "termination_reasons"), aspect="reason", said="price")
    assert (row.figure.value, row.figure.low, row.figure.high) == (0.5, *(wilson(2, 4) or ()))


def test_leavings_are_split_by_where_they_began_and_by_why(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="gold"),
        told("usage.recorded", "a", 1, data_feature="search"),
        requested("a", 2, channel="phone", department="service", data_reason="price"),
        told("customer.segment_assigned", "a", 3, data_scheme="tier", data_segment="basic"),
        ended("b", 40),
    )
    for by, expected in {
        "segment:tier": {"gold", "unknown"}, "stage": {"use", "unknown"}, "channel": {"phone", "unknown"},
        "department": {"service", "unknown"}, "month": {"2024-01", "2024-02"}, "reason": {"price", "unknown"},
        "voluntary": {"unknown"}, "category": {"unknown"},
    }.items():  # fmt: skip
        assert {row.figure.by[by] for row in figures(small_ledger, "termination_reasons", by=[by])} == expected
    assert said(small_ledger, "outcome", where={"reason": "price"})["requested"] == 1
    assert said(small_ledger, "outcome", since=micros(30))["ended"] == 1


def test_nobody_who_was_kept_only_later_or_is_still_asking_makes_the_success_worse(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(requested(name, 1) for name in ("kept", "late", "lost", "alone")),
        *(told("retention.attempted", name, 2) for name in ("kept", "late", "lost", "new")),
        ordered("kept", 3),
        ordered("late", 95),
        ended("lost", 3),
        requested("new", 60),
        ended("gone", 1),
        until(100),
    )
    assert shares(small_ledger, "retention_success", "attempted") == {"yes": (1, 3), "no": (0, 1), "all": (1, 4)}
    row = only(figures(small_ledger, "retention_success", "share"), attempted="yes")
    assert row.figure.excluded == {"immature": 1, "not_requested": 1}
    longer = shares(small_ledger, "retention_success", "attempted", within=95 * DAY)
    assert longer == {"yes": (2, 3), "no": (0, 1), "all": (2, 4)}


def test_the_difference_an_attempt_goes_with_has_an_interval_and_needs_both_groups(small_ledger: Ledger) -> None:
    write(small_ledger, requested("a", 1), told("retention.attempted", "a", 2), ordered("a", 3), until(100))
    (row,) = figures(small_ledger, "retention_success", "difference")
    assert (row.figure.value, row.figure.n, row.figure.low) == (None, 0, None)
    write(small_ledger, requested("b", 1))
    (row,) = figures(small_ledger, "retention_success", "difference")
    assert (row.figure.value, row.figure.n) == (1.0, 2)
    assert row.figure.low is not None
    assert row.figure.low < 1


def test_success_is_split_by_offer_and_return_by_campaign(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        requested("a", 1),
        told("retention.attempted", "a", 2, data_offer="half"),
        ordered("a", 3),
        requested("b", 1),
        ended("c", 1),
        told("winback.attempted", "c", 2, data_campaign="spring"),
        ordered("c", 3),
        until(400),
    )
    kept = [row for row in figures(small_ledger, "retention_success", "share", by=["offer"]) if row.figure.n]
    assert values(kept, "offer", "attempted") == {
        ("half", "yes"): 1, ("half", "all"): 1, ("unknown", "no"): 0, ("unknown", "all"): 0,
    }  # fmt: skip
    back = [row for row in figures(small_ledger, "win_back", "share", by=["campaign"]) if row.figure.n]
    assert values(back, "campaign", "attempted") == {("spring", "yes"): 1, ("spring", "all"): 1}


def test_an_attempt_after_the_window_is_none(small_ledger: Ledger) -> None:
    write(small_ledger, requested("a", 1), told("retention.attempted", "a", 12), ordered("a", 13), until(100))
    found = shares(small_ledger, "retention_success", "attempted", within=10 * DAY)
    assert found == {"yes": (0, 0), "no": (0, 1), "all": (0, 1)}


def test_the_time_to_the_decision_has_open_leavings_as_censored(small_ledger: Ledger) -> None:
    write(small_ledger, requested("a", 0), ended("a", 10), requested("b", 0), ordered("b", 30), requested("c", 0),
          ended("d", 5), until(50))  # fmt: skip
    rows = figures(small_ledger, "leaving_time", "median")
    assert values(rows, "outcome") == {"decided": 30, "ended": 10, "retained": 30}
    assert numbers(rows, "outcome") == {"decided": 3, "ended": 1, "retained": 1}
    assert only(rows, outcome="decided").figure.excluded == {"not_requested": 1}
    assert only(rows, outcome="decided").figure.numerator == 2
    assert only(rows, outcome="ended").figure.excluded == {"not_requested": 1, "open": 1}
    (row,) = [row for row in figures(small_ledger, "leaving_time", "median", as_of=micros(20)) if row.figure.numerator]
    assert (row.figure.value, row.figure.n, row.figure.numerator) == (None, 3, 1)


def test_a_leaving_won_back_without_a_recorded_end_is_observed_until_the_return(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        requested("a", 0),
        told("winback.succeeded", "a", 20),
        requested("b", 0),
        ended("b", 30),
        until(50),
    )
    row = only(figures(small_ledger, "leaving_time", "p90"), outcome="decided")
    assert (row.figure.value, row.figure.n, row.figure.numerator) == (30, 2, 1)


def test_who_came_back_with_no_end_recorded_is_an_outcome_and_none_of_those_won_back(small_ledger: Ledger) -> None:
    write(small_ledger, requested("a", 0), told("winback.succeeded", "a", 20), until(500))
    assert said(small_ledger, "outcome") == {"requested": 0, "ended": 0, "retained": 0, "back_without_end": 1}
    back = only(figures(small_ledger, "win_back", "share"), attempted="all").figure
    assert (back.n, back.excluded) == (0, {"not_ended": 1})


def test_a_request_after_its_end_is_a_negative_time_that_counts(small_ledger: Ledger) -> None:
    write(small_ledger, ended("a", 10), requested("a", 12))
    rows = figures(small_ledger, "leaving_time", "median")
    assert [(row.figure.value, row.figure.negative) for row in rows[:2]] == [(-2, 1), (-2, 1)]
    assert shares(small_ledger, "retention_success", "attempted", within=0)["all"] == (0, 0)


def test_csat_at_termination_is_that_of_answers_given_while_leaving(ledger: Ledger) -> None:
    write(
        ledger,
        rated("a", 1, 5, "csat"),
        requested("a", 2, data_reason="price"),
        rated("a", 3, 1, "csat", channel="phone"),
        rated("a", 4, 4, "csat", channel="web"),
        rated("a", 5, 9, "nps"),
        {**rated("a", 6, 1, "csat"), "data": {"metric": "csat", "score": 7, "scale_min": 1, "scale_max": 10}},
        ordered("a", 7),
        rated("a", 8, 5, "csat"),
    )
    share, mean = figures(ledger, "csat_at_termination")
    assert (share.figure.value, share.figure.n, share.figure.excluded) == (0.5, 2, {"other_scale": 1})
    assert mean.figure.value == 2.5
    by_channel = figures(ledger, "csat_at_termination", "share", by=["channel"])
    assert numbers(by_channel, "channel") == {"phone": 1, "web": 1, "unknown": 0}


def test_csat_at_termination_is_split_by_the_leaving_it_was_given_in(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        requested("a", 2, data_reason="price", data_voluntary=True),
        rated("a", 3, 1, "csat"),
        ordered("a", 4),
        ended("a", 5, data_reason="moved", data_voluntary=False),
        rated("a", 6, 4, "csat"),
        told("stage.entered", "b", 1, data_stage="termination"),
        rated("b", 2, 3, "csat"),
    )
    asked = figures(small_ledger, "csat_at_termination", "mean", by=["reason", "voluntary"])
    assert values(asked, "reason", "voluntary") == {
        ("price", "voluntary"): 1, ("moved", "involuntary"): 4, ("unknown", "unknown"): 3,
    }  # fmt: skip


def test_referrals_count_within_180_days_after_the_end_of_those_that_had_so_long(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(ended(name, 10) for name in ("soon", "late", "never")),
        ended("recent", 100),
        requested("staying", 10),
        *(told("referral.made", name, days) for name, days in (("soon", 20), ("late", 191), ("recent", 101))),
        until(200),
    )
    (row,) = figures(small_ledger, "referrals_after_termination")
    assert (row.figure.numerator, row.figure.n, row.figure.excluded) == (1, 3, {"immature": 1, "not_ended": 1})
    (row,) = figures(small_ledger, "referrals_after_termination", within=50 * DAY)
    assert (row.figure.numerator, row.figure.n) == (2, 4)


def test_a_referral_before_the_end_is_none_after_it(small_ledger: Ledger) -> None:
    write(small_ledger, requested("a", 1), told("referral.made", "a", 2), ended("a", 3), until(200))
    (row,) = figures(small_ledger, "referrals_after_termination")
    assert (row.figure.numerator, row.figure.n) == (0, 1)


def test_win_back_counts_who_returned_within_a_year_with_an_attempt_and_without(small_ledger: Ledger) -> None:
    write(
        small_ledger,
        *(ended(name, 0) for name in ("tried", "lost", "alone", "late")),
        told("winback.attempted", "tried", 10),
        told("winback.succeeded", "tried", 20),
        told("winback.attempted", "lost", 10),
        ordered("alone", 40),
        ordered("late", 380),
        ended("recent", 100),
        requested("unsure", 0),
        until(400),
    )
    assert shares(small_ledger, "win_back", "attempted") == {"yes": (1, 2), "no": (1, 2), "all": (2, 4)}
    assert only(figures(small_ledger, "win_back", "share"), attempted="all").figure.excluded == {
        "immature": 1,
        "not_ended": 1,
    }
    assert only(figures(small_ledger, "win_back", "mean"), attempted="all").figure.value == 30
    (median,) = figures(small_ledger, "win_back", "median")
    assert (median.figure.value, median.figure.n, median.figure.numerator) == (380, 5, 3)
    assert shares(small_ledger, "win_back", "attempted", within=400 * DAY)["all"] == (3, 4)


def test_what_comes_after_an_end_counts_when_it_ended(small_ledger: Ledger) -> None:
    write(
        small_ledger, requested("a", 20), ended("a", 40), told("referral.made", "a", 41), ordered("a", 42), until(500)
    )
    for name in ("referrals_after_termination", "win_back"):
        rows = figures(small_ledger, name, "share", by=["month"])
        assert {(row.figure.by["month"], row.figure.numerator) for row in rows if row.figure.numerator} == {
            ("2024-02", 1)
        }
        assert {row.figure.n for row in figures(small_ledger, name, "share", before=micros(30))} == {0}
        assert 1 in {row.figure.n for row in figures(small_ledger, name, "share", since=micros(30))}
    assert said(small_ledger, "outcome", before=micros(30))["ended"] == 1
    assert numbers(figures(small_ledger, "leaving_time", "median", before=micros(30)), "outcome")["ended"] == 1
    assert shares(small_ledger, "retention_success", "attempted", since=micros(30))["all"] == (0, 0)


@pytest.mark.parametrize("name", ["win_back", "referrals_after_termination"])
def test_what_never_ended_is_left_out_when_it_began(small_ledger: Ledger, name: str) -> None:
    write(small_ledger, requested("a", 10), requested("b", 50), requested("c", 10), ended("c", 50), until(1_000))

    def left_out(**asked: Any) -> list[tuple[int, dict[str, int]]]:
        return [(row.figure.n, row.figure.excluded) for row in figures(small_ledger, name, "share", **asked)[-1:]]

    assert left_out() == [(1, {"not_ended": 2})]
    assert left_out(before=micros(30)) == [(0, {"not_ended": 1})]
    assert left_out(since=micros(30)) == [(1, {"not_ended": 1})]
    months = {row.figure.by["month"]: row.figure.excluded for row in figures(small_ledger, name, "share", by=["month"])}
    assert months == {"2024-01": {"not_ended": 1}, "2024-02": {"not_ended": 1}}


def test_a_late_request_and_a_retracted_end_move_the_figures(small_ledger: Ledger) -> None:
    write(small_ledger, ended("a", 10, "end"), until(20))
    assert said(small_ledger, "outcome")["ended"] == 1
    assert numbers(figures(small_ledger, "leaving_time", "median"), "outcome")["decided"] == 0
    write(small_ledger, requested("a", 4, data_reason="price"), build=False)
    small_ledger.catch_up()
    assert values(figures(small_ledger, "leaving_time", "median"), "outcome")["decided"] == 6
    assert said(small_ledger, "reason") == {"price": 1}
    write(small_ledger, told("event.retracted", "a", 21, data_source="test", data_event_id="end"), build=False)
    small_ledger.catch_up()
    assert said(small_ledger, "outcome") == {"requested": 1, "ended": 0, "retained": 0, "back_without_end": 0}


@pytest.mark.parametrize("days", [29.99, 30.01])
def test_a_month_is_that_of_the_zone(small_ledger: Ledger, days: float) -> None:
    write(small_ledger, ended("a", days + 1 - 1 / 24))
    month = {29.99: ("2024-01", "2024-01"), 30.01: ("2024-01", "2024-02")}[days]
    for zone, expected in zip(("UTC", "Europe/Berlin"), month, strict=True):
        rows = figures(small_ledger, "termination_reasons", by=["month"], zone=zone)
        assert {row.figure.by["month"] for row in rows} == {expected}
