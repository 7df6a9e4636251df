"""Support and advocacy beside the primary track."""

from __future__ import annotations

from ledger.journey.moment import Moment
from tests.journey.histories import Event, entering, event, moments, path


def case(what: str, at: int, case_id: str | None) -> Event:
    return event(f"case.{what}", at, case_id=case_id)


def overlays(events: list[Event]) -> list[tuple[str, ...]]:
    return [moment.overlays for moment in moments(events)]


def test_a_case_opens_support_and_leaves_the_stage_alone() -> None:
    opened = moments([entering("use", 1), case("opened", 2, "c")])[-1]
    assert (opened.stage, opened.overlays) == ("use", ("support",))
    (entry,) = opened.overlays_entered
    assert (entry.stage, entry.transition, entry.rule, entry.cycle) == ("support", "overlay", "case open", 1)


def test_support_is_left_when_the_last_open_case_is_resolved() -> None:
    events = [case("opened", 1, "a"), case("opened", 2, "b"), case("resolved", 3, "a"), case("closed", 4, "b")]
    assert overlays(events) == [("support",), ("support",), ("support",), ()]
    assert moments(events)[-1].overlays_left == ("support",)


def test_resolving_a_case_that_was_never_opened_leaves_nothing() -> None:
    events = [case("opened", 1, "a"), case("resolved", 2, "b")]
    assert overlays(events) == [("support",), ("support",)]


def test_a_case_without_a_case_id_is_let_go_with_the_next_one_resolved() -> None:
    assert overlays([case("opened", 1, None), case("resolved", 2, "b")])[-1] == ()


def test_a_reopened_case_opens_support_again() -> None:
    events = [case("opened", 1, "a"), case("resolved", 2, "a"), case("closed", 3, "a"), case("reopened", 4, "a")]
    assert overlays(events) == [("support",), (), (), ("support",)]


def test_a_second_case_opens_no_second_visit() -> None:
    assert moments([case("opened", 1, "a"), case("opened", 2, "b")])[-1].overlays_entered == ()


def test_advocacy_stays_open() -> None:
    events = [event("review.published", 1), event("contract.terminated", 2), event("referral.made", 3)]
    assert overlays(events) == [("advocacy",)] * 3
    assert path(events) == [("termination", "terminal", 1)]


def test_a_producer_that_stamps_support_on_every_event_of_a_case_can_still_resolve_it() -> None:
    stamped = {"case_id": "a", "stage_hint": "support"}
    events = [
        event("case.opened", 1, **stamped),
        event("case.assigned", 2, **stamped),
        event("case.resolved", 3, **stamped),
    ]
    assert overlays(events) == [("support",), ("support",), ()]


def entry_of(moment: Moment) -> tuple[str, str | None]:
    (entry,) = moment.overlays_entered
    return entry.stage, entry.rule


def test_at_the_same_instant_an_overlay_said_outright_wins_over_its_rules() -> None:
    before = moments([case("opened", 5, "c"), entering("support", 5, "z")])
    assert [moment.overlays_entered == () for moment in before] == [True, False]
    assert entry_of(before[1]) == ("support", None)
    after = moments([entering("support", 5, "a"), case("opened", 5, "c"), case("resolved", 5, "c")])
    assert after[-1].overlays == ("support",)
    later = moments([entering("support", 5, "a"), case("opened", 5, "c"), case("resolved", 6, "c")])
    assert later[-1].overlays == ()


def test_an_overlay_may_be_opened_and_left_by_combinations_each_spent_once_it_has() -> None:
    rules = """
[[rules]]
name = "advocate"
stage = "advocacy"
all = [{ type = "referral.made", count = 2 }]

[[rules]]
name = "quiet again"
stage = "advocacy"
all = [{ type = "page.viewed", count = 2 }]
leaves = true
"""
    names = ["referral.made", "referral.made", "page.viewed", "page.viewed", "referral.made", "page.viewed"]
    found = [moment.overlays for moment in moments([event(name, at) for at, name in enumerate(names)], rules)]
    assert found == [(), ("advocacy",), ("advocacy",), (), (), ()]
