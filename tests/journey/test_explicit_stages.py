"""Stages said outright: by stage.entered, or as a hint on any event."""

from __future__ import annotations

import pytest

from tests.journey.histories import entering, event, moments, path


def test_a_hint_enters_the_stage_with_the_event_as_its_evidence_and_no_rule() -> None:
    (moment,) = moments([event("survey.sent", 1, "s1", stage_hint="use")])
    assert moment.entered is not None
    assert (moment.entered.rule, moment.entered.evidence) == (None, (("crm", "s1"),))


@pytest.mark.parametrize("explicit_id", ["a", "z"])
@pytest.mark.parametrize("source", ["aa", "zz"])
def test_at_the_same_instant_the_explicit_stage_wins_whatever_the_ids(explicit_id: str, source: str) -> None:
    events = [event("order.placed", 5, "m"), entering("consideration", 5, explicit_id, source=source)]
    assert path(events) == [("consideration", "skip", 1)]


@pytest.mark.parametrize("explicit_id", ["a", "z"])
def test_an_explicit_stage_that_is_the_current_one_keeps_rules_out_of_its_instant(explicit_id: str) -> None:
    events = [entering("consideration", 1), event("order.placed", 5, "m"), entering("consideration", 5, explicit_id)]
    assert path(events) == [("consideration", "skip", 1)]


def test_a_moment_later_the_rules_decide_again() -> None:
    assert path([entering("consideration", 5), event("order.placed", 6)])[-1] == ("purchase", "advance", 1)


def test_several_explicit_stages_of_one_instant_are_entered_in_the_order_of_the_fold() -> None:
    events = [entering("use", 5, "b"), entering("purchase", 5, "a")]
    assert path(events) == [("purchase", "skip", 1), ("use", "skip", 1)]


def test_a_stage_the_journey_does_not_know_moves_nothing_and_is_told() -> None:
    (moment,) = moments([event("order.placed", 1, stage_hint="Shopping")])
    assert moment.unknown_stage == "Shopping"
    assert moment.stage == "purchase"
    (moment,) = moments([entering("nowhere", 1)])
    assert (moment.unknown_stage, moment.stage) == ("nowhere", None)


def test_a_hint_that_names_an_overlay_leaves_the_primary_track_to_the_rules() -> None:
    (moment,) = moments([event("order.placed", 1, stage_hint="support")])
    assert (moment.stage, moment.overlays) == ("purchase", ("support",))
