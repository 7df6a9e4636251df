"""Needs: expressed, and how each was concluded."""

from __future__ import annotations

from typing import Any

from tests.journey.histories import DAY, Event, entering, event
from tests.projections.histories import only, told


def need(kind: str, at: int, name: str = "price", event_id: str | None = None, **more: Any) -> Event:
    return event(f"need.{kind}", at, event_id, data_need=name, **more)


def concluded(*events: Event) -> list[tuple[str, int | None, int | None, int | None]]:
    """Return (event, expressed, met, unmet) of each row."""
    return [(row["event_id"], row["expressed_at"], row["met_at"], row["unmet_at"]) for row in sorted_by_id(*events)]


def sorted_by_id(*events: Event) -> list[dict[str, Any]]:
    return sorted(told("needs", *events), key=lambda row: str(row["event_id"]))


def test_a_need_keeps_where_it_was_expressed_and_not_where_it_was_met() -> None:
    row = only(
        "needs",
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold"),
        entering("consideration", 2),
        need("expressed", 3, "price", "e1", channel="web", department="sales", data_manner="stated"),
        event("customer.segment_assigned", 4, data_scheme="tier", data_segment="basic"),
        entering("use", 5),
        need("met", 6, "price", "e2", channel="phone", department="service", data_manner="revealed"),
    )
    assert row == {
        "source": "crm",
        "event_id": "e1",
        "at": 3,
        "expressed_at": 3,
        "need": "price",
        "manner": "stated",
        "stage": "consideration",
        "cycle": 1,
        "channel": "web",
        "department": "sales",
        "segments": {"tier": "gold"},
        "met_at": 6,
        "unmet_at": None,
    }


def test_what_is_not_known_of_a_need_is_empty() -> None:
    row = only("needs", need("expressed", 3))
    assert (row["manner"], row["channel"], row["department"], row["segments"]) == ("", "", "", {})
    # The default journey takes a need for consideration.
    assert row["stage"] == "consideration"


def test_a_conclusion_is_of_the_oldest_open_need_of_that_name() -> None:
    assert concluded(
        need("expressed", 1, "price", "a"),
        need("expressed", 2, "price", "b"),
        need("expressed", 3, "speed", "c"),
        need("unmet", 4, "price"),
        need("met", 5, "price"),
    ) == [("a", 1, None, 4), ("b", 2, 5, None), ("c", 3, None, None)]


def test_a_conclusion_is_of_the_need_that_it_names_as_its_cause() -> None:
    first, second = need("expressed", 1, "price", "a"), need("expressed", 2, "price", "b")
    assert concluded(first, second, need("met", 3, causation_id="b")) == [("a", 1, None, None), ("b", 2, 3, None)]
    # What is no waiting need of that name is no cause of it.
    assert concluded(first, second, need("met", 3, causation_id="offer")) == [("a", 1, 3, None), ("b", 2, None, None)]
    failed = first, need("unmet", 3, causation_id="a"), second
    assert concluded(*failed, need("met", 4, causation_id="a")) == [("a", 1, 4, 3), ("b", 2, None, None)]
    assert concluded(*failed, need("unmet", 4, causation_id="a")) == [("a", 1, None, 3), ("b", 2, None, 4)]


def test_a_need_may_be_met_after_all_once_no_other_of_the_name_is_open() -> None:
    first, second = need("expressed", 1, "price", "a"), need("expressed", 4, "price", "b")
    unmet = need("unmet", 3)
    assert concluded(first, unmet, need("met", 5)) == [("a", 1, 5, 3)]
    assert concluded(first, unmet, second, need("met", 5)) == [("a", 1, None, 3), ("b", 4, 5, None)]
    assert concluded(first, unmet, second, need("met", 5), need("met", 6)) == [("a", 1, 6, 3), ("b", 4, 5, None)]


def test_a_conclusion_without_a_need_is_a_row_that_was_never_expressed() -> None:
    lost = [need("met", 2, "price", "m"), need("unmet", 2, "speed", "u")]
    assert concluded(*lost) == [("m", None, 2, None), ("u", None, None, 2)]
    # A later need is another one, and what was concluded is not concluded again.
    expressed = need("expressed", 3, "price", "n")
    assert concluded(*lost, expressed) == [("m", None, 2, None), ("n", 3, None, None), ("u", None, None, 2)]
    again = need("met", 4, "price", "o"), need("met", 5, "price", "p"), need("unmet", 6, "price", "q")
    assert concluded(expressed, *again) == [("n", 3, 4, None), ("p", None, 5, None), ("q", None, None, 6)]


def test_in_one_instant_the_conclusion_may_stand_before_its_need() -> None:
    # Events of one instant are in the order of their sources, which says nothing of what came first.
    early = need("met", DAY, "price", "m", source="a")
    late = need("expressed", DAY, "price", "e", source="b")
    assert concluded(early, late) == [("e", DAY, DAY, None)]
    assert concluded(need("unmet", DAY, "price", "m", source="a"), late, need("met", DAY + 1)) == [
        ("e", DAY, DAY + 1, DAY)
    ]
    assert concluded(need("met", DAY, "speed", "m", source="a"), late) == [
        ("e", DAY, None, None),
        ("m", None, DAY, None),
    ]
    assert concluded(early, need("expressed", DAY + 1, "price", "e")) == [
        ("e", DAY + 1, None, None),
        ("m", None, DAY, None),
    ]


def test_two_early_conclusions_of_one_instant_take_two_needs() -> None:
    assert concluded(
        need("met", DAY, "price", "m", source="a"),
        need("unmet", DAY, "price", "n", source="a"),
        need("expressed", DAY, "price", "x", source="b"),
        need("expressed", DAY, "price", "y", source="b"),
    ) == [("x", DAY, DAY, None), ("y", DAY, None, DAY)]
