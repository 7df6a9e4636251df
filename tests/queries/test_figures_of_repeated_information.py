"""Figures of what customers are asked for again."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from ledger.metrics.proportions import wilson
from tests.queries.telling import figures, micros, numbers, only, told, values, write


def request(customer: str, days: float, *fields: str, step: str | None = "completed", **more: Any) -> Any:
    own = {"data_fields": list(fields)} | ({"data_lifecycle": step} if step else {})
    return told("information.requested", customer, days, **own, **more)


def ended(customer: str, days: float, name: str, repeated: bool | None, **more: Any) -> Any:
    own = {} if repeated is None else {"data_repeated_information": repeated}
    return told("interaction.completed", customer, days, interaction_id=name, **own, **more)


def story() -> list[Any]:
    """Return three interactions that say nothing, one flagged, and askings in and outside interactions."""
    return [
        *(ended("a", 1 + n, f"silent {n}", None, channel="web") for n in range(3)),
        ended("a", 5, "flagged", True, channel="phone", department="service"),
        ended("a", 6, "denied", False, channel="phone", department="service"),
        request("a", 10, "x", "y", channel="web"),
        request("a", 11, "x", "z", channel="web", interaction_id="asked again"),
        request("a", 12, "q", channel="web", interaction_id="asked"),
        request("a", 13, "w", channel="web", data_already_held=["w"]),
    ]


def test_the_rate_is_told_over_all_contacts_and_over_those_that_tell(ledger: Ledger) -> None:
    write(ledger, *story())
    rows = figures(ledger, "repeated_information_rate")
    told_ = {
        (row.figure.by["basis"], row.figure.by["over"]): (row.figure.numerator, row.figure.n, row.figure.excluded)
        for row in rows
    }
    assert told_ == {
        ("any", "all"): (3, 9, {}),
        ("any", "known"): (3, 6, {"unknown": 3}),
        ("flagged", "known"): (1, 2, {"unknown": 7}),
        ("declared", "known"): (1, 4, {"unknown": 5}),
        ("compared", "known"): (1, 4, {"unknown": 5}),
    }
    rate = only(rows, over="all").figure
    assert (rate.value, rate.low, rate.high) == (3 / 9, *(wilson(3, 9) or ()))


def test_the_rate_is_split_by_channel_department_and_month(ledger: Ledger) -> None:
    write(ledger, *story(), ended("b", 40, "later", True, department="sales"))
    by_channel = figures(ledger, "repeated_information_rate", by=["channel"])
    all_ = [row for row in by_channel if row.figure.by["over"] == "all"]
    assert values(all_, "channel") == {"web": 2 / 7, "phone": 1 / 2, "unknown": 1.0}
    by_department = figures(ledger, "repeated_information_rate", by=["department"])
    assert only(by_department, department="service", over="all").figure.n == 2
    by_month = figures(ledger, "repeated_information_rate", by=["month"])
    assert numbers([row for row in by_month if row.figure.by["over"] == "all"], "month") == {
        "2024-01": 9,
        "2024-02": 1,
    }
    window = figures(ledger, "repeated_information_rate", since=micros(9.5), before=micros(12))
    assert only(window, over="all").figure.n == 2


def test_an_interaction_that_denies_it_but_asks_for_a_held_field_has_asked_again(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        request("a", 1, "x"),
        request("a", 2, "x", interaction_id="i"),
        ended("a", 3, "i", False),
    )
    rows = figures(quick_ledger, "repeated_information_rate")
    assert only(rows, basis="any", over="known").figure.numerator == 1
    assert only(rows, basis="flagged").figure.numerator == 0
    assert only(rows, basis="compared").figure.numerator == 1


def test_several_askings_in_one_interaction_are_one_contact(ledger: Ledger) -> None:
    write(
        ledger,
        request("a", 1, "x"),
        request("a", 2, "x", interaction_id="i"),
        request("a", 3, "x", "y", interaction_id="i"),
        # Another customer's interaction of the same name, with nothing held.
        request("b", 4, "x", interaction_id="i"),
    )
    compared = only(figures(ledger, "repeated_information_rate"), basis="compared").figure
    assert (compared.numerator, compared.n) == (1, 3)


def test_a_field_given_late_makes_an_earlier_known_asking_a_repeated_one(quick_ledger: Ledger) -> None:
    write(quick_ledger, request("a", 5, "x"))
    assert only(figures(quick_ledger, "repeated_information_rate"), over="all").figure.numerator == 0
    given = request("a", 1, "x")
    write(quick_ledger, given)
    assert only(figures(quick_ledger, "repeated_information_rate"), over="all").figure.numerator == 1
    own = {"data_source": given["source"], "data_event_id": given["event_id"], "data_why": "another person's"}
    write(quick_ledger, told("event.retracted", "a", 6, **own))
    assert only(figures(quick_ledger, "repeated_information_rate"), over="all").figure.numerator == 0


def test_fields_are_ranked_by_how_often_they_are_asked_for_again(quick_ledger: Ledger) -> None:
    write(
        quick_ledger, request("a", 1, "x", "y"), request("a", 2, "x"), request("a", 3, "x", "y"), request("b", 1, "z")
    )
    rows = figures(quick_ledger, "fields_asked_again", "share")
    assert [(row.figure.by["field"], row.figure.numerator, row.figure.n) for row in rows] == [
        ("x", 2, 3),
        ("y", 1, 2),
        ("z", 0, 1),
    ]
    assert [row.figure.by["rank"] for row in rows] == [1, 2, 3]
    assert len(figures(quick_ledger, "fields_asked_again", "count", top=2)) == 2


def test_without_contacts_nothing_is_divided(ledger: Ledger) -> None:
    write(ledger, told("page.viewed", "a", 1))
    rows = figures(ledger, "repeated_information_rate")
    assert len(rows) == 5
    assert {(row.figure.value, row.figure.n) for row in rows} == {(None, 0)}
    assert figures(ledger, "fields_asked_again") == []
