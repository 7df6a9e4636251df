"""Dwell, conversion and the funnel, from the visits."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from ledger.queries.funnel import funnel
from tests.queries.telling import figures, micros, numbers, only, ordered, told, values, write

DAY = 86_400_000_000


def looked(customer: str, days: float, **more: str) -> dict[str, object]:
    return told("page.viewed", customer, days, **more)


def asked_for(customer: str, days: float, **more: str) -> dict[str, object]:
    return told("question.asked", customer, days, data_topic="price", **more)


def three_customers(ledger: Ledger) -> None:
    write(
        ledger,
        looked("a", 0, channel="web"),
        asked_for("a", 2, channel="phone"),
        ordered("a", 3),
        looked("b", 40, channel="web"),
        asked_for("b", 44),
        looked("c", 40),
        told("page.viewed", "d", 50),
    )


def test_dwell_is_always_told_by_stage(ledger: Ledger) -> None:
    three_customers(ledger)
    completed = [row for row in figures(ledger, "dwell", "median") if row.figure.by["method"] == "completed"]
    assert values(completed, "stage") == {"awareness": 3.0, "consideration": 1.0, "purchase": None}
    assert completed[0].figure.excluded == {"open": 2}
    lasting = [row for row in figures(ledger, "dwell", "median") if row.figure.by["method"] == "kaplan_meier"]
    assert numbers(lasting, "stage") == {"awareness": 4, "consideration": 2, "purchase": 1}
    by_channel = figures(ledger, "dwell", "mean", by=["channel"], where={"stage": "awareness"})
    assert values(by_channel, "channel") == {"web": 3.0, "unknown": None}


def test_a_visit_is_open_at_the_as_of_time(ledger: Ledger) -> None:
    three_customers(ledger)
    (row,) = figures(ledger, "dwell", "mean", as_of=micros(1))
    assert (row.figure.by["stage"], row.figure.n, row.figure.excluded) == ("awareness", 0, {"open": 1})


def test_a_visit_counts_when_it_was_entered(ledger: Ledger) -> None:
    three_customers(ledger)
    rows = figures(ledger, "dwell", "mean", since=micros(44), before=micros(50))
    assert [(row.figure.by["stage"], row.figure.excluded) for row in rows] == [("consideration", {"open": 1})]


def test_conversion_is_from_each_primary_stage_to_the_next(ledger: Ledger) -> None:
    three_customers(ledger)
    reached = values(figures(ledger, "conversion", "count"), "to_stage")
    assert {stage: n for stage, n in reached.items() if n} == {"awareness": 4, "consideration": 2, "purchase": 1}
    closed = [row for row in figures(ledger, "conversion", "share") if row.figure.by["funnel"] == "closed"]
    assert values(closed, "from_stage")["awareness"] == 0.5
    assert values(closed, "from_stage")["consideration"] == 0.5
    asked: dict[str, Any] = {"from_type": "awareness", "to_type": "purchase"}
    assert only(figures(ledger, "conversion", **asked), funnel="closed").figure.value == 0.25


def test_a_customer_converts_where_their_first_visit_began(ledger: Ledger) -> None:
    three_customers(ledger)
    asked: dict[str, Any] = {"from_type": "awareness", "to_type": "consideration", "by": ["channel", "month"]}
    closed = [row for row in figures(ledger, "conversion", **asked) if row.figure.by["funnel"] == "closed"]
    assert values(closed, "channel", "month") == {
        ("web", "2024-01"): 1.0,
        ("web", "2024-02"): 1.0,
        ("unknown", "2024-02"): 0.0,
    }
    assert only(figures(ledger, "conversion", **asked, since=micros(45)), funnel="closed").figure.n == 1


def test_customers_whose_window_is_not_over_are_immature(ledger: Ledger) -> None:
    three_customers(ledger)
    asked: dict[str, Any] = {"from_type": "awareness", "to_type": "consideration", "within": 3 * DAY}
    figure = only(figures(ledger, "conversion", **asked), funnel="closed").figure
    assert (figure.value, figure.n, figure.excluded) == (1 / 3, 3, {"immature": 1})


def test_the_funnel_has_the_primary_stages_in_order(ledger: Ledger) -> None:
    three_customers(ledger)
    rows = funnel(ledger.store)
    assert [row["stage"] for row in rows] == list(ledger.store.context.journey.primary)
    first, second, last = rows[0], rows[1], rows[-1]
    assert (first["customers"], first["of"], first["next_stage"], first["share"], first["n"]) == (
        4,
        4,
        "consideration",
        0.5,
        4,
    )
    assert first["low"] < 0.5 < first["high"]
    assert (second["customers"], second["share"]) == (2, 0.5)
    assert (last["next_stage"], last["share"]) == (None, None)
    web = funnel(ledger.store, by=["channel"])
    assert [(row["channel"], row["customers"]) for row in web if row["stage"] == "awareness"] == [
        ("web", 2),
        ("unknown", 2),
    ]
