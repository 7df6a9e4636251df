"""What the folds see: retracted, corrected and retimed, in the order of the fold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.journey.reading import Horizon, effective
from tests.journey.histories import DAY, Event, entering, event, path


def retraction(of: str, at: int = 90, *, stream: int = 0, event_id: str = "r") -> Event:
    return event("event.retracted", at, event_id, stream=stream, data_source="crm", data_event_id=of)


def correction(of: str, stage: str | None, at: int = 90, event_id: str = "c") -> Event:
    return event("stage.corrected", at, event_id, data_source="crm", data_event_id=of, data_stage=stage)


def assigned(at: int, valid_from: int | None, event_id: str = "s") -> Event:
    text = None if valid_from is None else datetime.fromtimestamp(valid_from // 1_000_000, UTC).isoformat()
    own: dict[str, Any] = {"data_scheme": "value", "data_segment": "gold", "data_valid_from": text}
    return event("customer.segment_assigned", at, event_id, **own)


def ids(events: list[Event]) -> list[str]:
    return [seen.event_id for seen in events]


def test_events_come_by_instant_then_source_then_sequence_then_id() -> None:
    events = [
        event("page.viewed", 2, "a"),
        event("page.viewed", 1, "é", source="b"),
        event("page.viewed", 1, "z", source="b"),
        event("page.viewed", 1, "a", source="b", source_sequence=2),
        event("page.viewed", 1, "b", source="b", source_sequence=-1),
        event("page.viewed", 1, "x", source="a"),
    ]
    assert ids(effective(events)) == ["x", "z", "é", "b", "a", "a"]


def test_a_retracted_event_is_left_out_and_so_is_the_retraction() -> None:
    assert ids(effective([event("order.placed", 1, "o"), event("page.viewed", 2, "p"), retraction("o")])) == ["p"]


def test_a_retraction_reaches_no_other_stream() -> None:
    events = [event("order.placed", 1, "o", stream=1), retraction("o", stream=2)]
    assert ids(effective(events)) == ["o"]


def test_a_retraction_acts_whenever_it_says_it_occurred_and_before_its_event_arrives() -> None:
    assert effective([retraction("o", at=0), event("order.placed", 1, "o")]) == []


def test_an_erasure_cannot_be_retracted_but_a_note_can() -> None:
    events = [
        event("customer.erased", 1, "e"),
        event("note.added", 2, "n"),
        retraction("e"),
        retraction("n", event_id="q"),
    ]
    assert ids(effective(events)) == ["e"]


def test_a_retraction_cannot_be_retracted() -> None:
    events = [event("order.placed", 1, "o"), retraction("o", event_id="r1"), retraction("r1", event_id="r2")]
    assert effective(events) == []


def test_merging_and_unmerging_leave_nothing_to_fold() -> None:
    unmerged = event("customer.unmerged", 3, "u", data_source="crm", data_event_id="m")
    events = [event("page.viewed", 1, "p"), event("customer.merged", 2, "m"), unmerged]
    assert ids(effective(events)) == ["p"]


def test_a_corrected_stage_replaces_the_hint() -> None:
    events = [event("page.viewed", 1, "p", stage_hint="use"), correction("p", "purchase")]
    assert path(events) == [("purchase", "skip", 1)]


def test_a_corrected_stage_replaces_a_stage_entered() -> None:
    assert path([entering("use", 1, "e"), correction("e", "purchase")]) == [("purchase", "skip", 1)]


def test_a_correction_to_no_stage_leaves_the_rules_to_decide() -> None:
    assert path([event("page.viewed", 1, "p", stage_hint="use"), correction("p", None)]) == [
        ("awareness", "advance", 1)
    ]
    assert path([entering("use", 1, "e"), correction("e", None)]) == []


def test_of_several_corrections_the_last_in_the_order_of_the_fold_wins() -> None:
    first, last = correction("p", "purchase", 5, "c1"), correction("p", "use", 6, "c2")
    assert path([event("page.viewed", 1, "p"), last, first]) == [("use", "skip", 1)]


def test_a_retracted_correction_corrects_nothing() -> None:
    events = [event("page.viewed", 1, "p"), correction("p", "use", event_id="c"), retraction("c")]
    assert path(events) == [("awareness", "advance", 1)]


def test_a_segment_is_assigned_when_it_is_valid() -> None:
    events = [event("page.viewed", 2 * DAY, "p"), assigned(3 * DAY, 1 * DAY), assigned(4 * DAY, None, "t")]
    assert [(seen.event_id, seen.at) for seen in effective(events)] == [("s", DAY), ("p", 2 * DAY), ("t", 4 * DAY)]


def test_as_of_an_instant_leaves_out_what_occurred_later_but_not_what_is_known() -> None:
    events = [
        event("order.placed", 1, "o"),
        event("page.viewed", 2, "p"),
        event("page.viewed", 9, "q"),
        retraction("o"),
    ]
    assert ids(effective(events, as_of=5)) == ["p"]


def test_as_of_an_instant_a_segment_counts_once_it_was_assigned_not_once_it_is_valid() -> None:
    assert effective([assigned(3 * DAY, 1 * DAY)], as_of=2 * DAY) == []


PAST = [event("order.placed", 10, "o"), event("page.viewed", 20, "p")]


@pytest.mark.parametrize(
    ("arrived", "allowed"),
    [
        ([], True),
        ([event("page.viewed", 21)], True),
        ([event("page.viewed", 20)], False),
        ([event("page.viewed", 21), event("page.viewed", 19)], False),
        ([retraction("o")], False),
        ([correction("o", "use")], False),
        ([event("customer.merged", 99)], False),
        ([event("customer.unmerged", 99, data_source="crm", data_event_id="m")], False),
        ([assigned(30, None)], True),
        ([assigned(DAY, DAY - 1_000_000)], True),
        ([assigned(DAY, 0)], False),
    ],
)
def test_only_what_is_strictly_later_and_changes_no_past_is_folded_on_top(arrived: list[Event], allowed: bool) -> None:
    assert Horizon.of(PAST, effective(PAST)).allows(arrived) == allowed


def test_an_event_that_was_retracted_before_it_arrived_is_not_folded_on_top() -> None:
    known = [*PAST, retraction("late", at=1)]
    horizon = Horizon.of(known, effective(known))
    assert not horizon.allows([event("page.viewed", 21, "late")])
    assert horizon.allows([event("page.viewed", 21, "late", stream=7)])


def test_a_customer_of_whom_nothing_remains_allows_anything_plain() -> None:
    horizon = Horizon.of([retraction("x")], [])
    assert horizon.allows([event("page.viewed", -5)])
