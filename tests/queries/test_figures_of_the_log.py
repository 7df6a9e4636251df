"""Figures over the log itself: time between types, transitions and variants, of what stands and as merged."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.queries.metrics import metrics
from tests.queries.telling import figures, iso, micros, numbers, only, told, values, write

HOUR = 1 / 24


def between(ledger: Ledger, **asked: Any) -> Any:
    return only(figures(ledger, "time_between", "median", from_type="order.placed", to_type="order.delivered", **asked))


def step(name: str, customer: str, days: float, **more: Any) -> dict[str, Any]:
    return told("application.progressed", customer, days, touchpoint_id=name, **{"case_id": "k", **more})


def test_the_time_between_is_from_the_first_to_the_first_of_each_case(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="o1"),
        told("order.placed", "a", 1 * HOUR, case_id="o1"),
        told("order.delivered", "a", 5 * HOUR, case_id="o1"),
        told("order.delivered", "a", 9 * HOUR, case_id="o1"),
        told("order.placed", "a", 0, case_id="o2"),
        told("order.delivered", "a", 7 * HOUR, case_id="o2"),
        told("order.placed", "b", 0, case_id="o1"),
        told("order.placed", "b", 0),
        build=False,
    )
    figure = between(ledger).figure
    assert (figure.value, figure.n, figure.negative, figure.unit) == (6.0, 2, 0, "hours")
    assert figure.excluded == {"no_end": 1}
    assert figure.by == {"from_type": "order.placed", "to_type": "order.delivered"}


def test_a_negative_time_is_counted_and_shown(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 2 * HOUR, case_id="o"),
        told("order.delivered", "a", 0, case_id="o"),
        told("order.delivered", "b", 0, case_id="o"),
        build=False,
    )
    figure = between(ledger).figure
    assert (figure.value, figure.n, figure.negative, figure.excluded) == (-2.0, 1, 1, {"no_start": 1})


def test_the_time_between_is_of_cases_interactions_or_customers(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="o1", interaction_id="i1"),
        told("order.delivered", "a", HOUR, interaction_id="i1"),
        told("order.delivered", "a", 3 * HOUR, case_id="o1"),
        build=False,
    )
    assert between(ledger).figure.value == 3
    assert between(ledger, per="interaction").figure.value == 1
    assert between(ledger, per="customer").figure.value == 1


def test_a_retracted_event_is_left_out(ledger: Ledger) -> None:
    write(
        ledger,
        told("order.placed", "a", 0, case_id="o"),
        told("order.delivered", "a", HOUR, "wrong", case_id="o"),
        told("order.delivered", "a", 2 * HOUR, case_id="o"),
        told("order.delivered", "b", HOUR, case_id="o"),
        told("event.retracted", "a", 9, data_source="test", data_event_id="wrong"),
        build=False,
    )
    assert between(ledger).figure.value == 2
    assert between(ledger, as_of=micros(1)).figure.value == 2


def test_a_retraction_by_another_customer_removes_nothing(ledger: Ledger) -> None:
    write(
        ledger,
        told("event.retracted", "b", 9, data_source="test", data_event_id="right"),
        told("order.placed", "a", 0, case_id="o"),
        told("order.delivered", "a", HOUR, "right", case_id="o"),
        build=False,
    )
    assert between(ledger).figure.n == 1


def test_merged_customers_are_one(ledger: Ledger) -> None:
    write(ledger, told("order.placed", "visitor", 0), told("order.delivered", "a", HOUR), build=False)
    assert between(ledger, per="customer").figure.n == 0
    known = ledger.store.clock()
    write(ledger, told("customer.merged", "visitor", 5, "m", data_into="a", data_from="visitor"), build=False)
    assert between(ledger, per="customer").figure.value == 1
    assert between(ledger, per="customer", known_at=known).figure.n == 0


def test_the_time_between_counts_where_it_starts(ledger: Ledger) -> None:
    write(
        ledger,
        told("customer.segment_assigned", "a", 50, data_scheme="tier", data_segment="gold"),
        told("order.placed", "a", 0, case_id="o", channel="web", department="shop"),
        told("order.delivered", "a", 40, case_id="o", channel="parcel"),
        told("order.delivered", "b", 40, case_id="o", channel="parcel"),
        build=False,
    )
    asked = {"from_type": "order.placed", "to_type": "order.delivered"}
    rows = figures(ledger, "time_between", "median", by=["channel", "month", "segment:tier"], **asked)
    assert numbers(rows, "channel", "month", "segment:tier") == {
        ("web", "2024-01", "gold"): 1,
        ("parcel", "2024-02", "unknown"): 0,
    }
    assert between(ledger, since=micros(0), before=micros(1)).figure.excluded == {}
    assert between(ledger, where={"department": "shop"}).figure.n == 1


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (None, "order.placed", "give both"),
        ("order.place", "order.delivered", "did you mean order.placed"),
        ("xyz", "order.delivered", "there is no type of event 'xyz'"),
        ("order.placed", "order.placed", "to itself has no meaning"),
    ],
)
def test_types_there_are_not_are_refused(small_ledger: Ledger, start: str | None, end: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        metrics(small_ledger.store, ["time_between"], from_type=start, to_type=end)


def test_transitions_and_variants_follow_the_order_of_the_fold(ledger: Ledger) -> None:
    write(
        ledger,
        step("B", "a", 2),
        step("A", "a", 1),
        step("C", "a", 3, source_sequence=1),
        step("D", "a", 3, source_sequence=0),
        step("A", "b", 1),
        step("B", "b", 2),
        told("note.added", "b", 3, case_id="k", data_text="x"),
        step("A", "c", 1, case_id=None),
        build=False,
    )
    pairs = values(figures(ledger, "transitions"), "from_step", "to_step")
    assert pairs == {("A", "B"): 2, ("B", "D"): 1, ("D", "C"): 1, ("B", "note.added"): 1}
    assert only(figures(ledger, "variants", "count")).figure.value == 2
    shares = figures(ledger, "variants", "share")
    assert {row.figure.by["variant"] for row in shares} == {"A → B → D → C", "A → B → note.added"}
    assert only(figures(ledger, "variants", "share", top=1)).figure.by["rank"] == 1


def test_steps_can_be_types_and_sequences_those_of_customers(ledger: Ledger) -> None:
    write(ledger, step("A", "a", 1), told("order.placed", "a", 2), build=False)
    assert values(figures(ledger, "transitions", step="type", per="customer"), "from_step", "to_step") == {
        ("application.progressed", "order.placed"): 1
    }
    assert figures(ledger, "transitions") == []


def test_a_sequence_counts_where_its_first_event_stood(ledger: Ledger) -> None:
    write(
        ledger, step("A", "a", 1, channel="web"), step("B", "a", 40, channel="phone"), step("A", "b", 40), build=False
    )
    assert numbers(figures(ledger, "variants", "count", by=["channel"]), "channel") == {"web": 1, "unknown": 1}
    assert numbers(figures(ledger, "variants", "count", by=["month"]), "month") == {"2024-01": 1, "2024-02": 1}
    assert only(figures(ledger, "variants", "count", before=micros(31))).figure.n == 1


def test_a_figure_of_the_log_needs_no_read_model(ledger: Ledger) -> None:
    write(ledger, step("A", "a", 1), step("B", "a", 2), build=False)
    (row,) = figures(ledger, "transitions")
    assert (row.position, row.from_, row.to, row.as_of) == (2, iso(1), iso(2), iso(2))
