"""From which stage to which, and what that is called."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidArgument
from ledger.journey.definition import Journey, Stage
from ledger.journey.tracker import Tracker
from ledger.journey.transitions import Step, steps_of
from tests.journey.histories import DAY, context, entering, event, moments, path


def test_the_first_stage_in_order_is_entered_by_an_advance() -> None:
    assert path([entering("awareness", 1)]) == [("awareness", "advance", 1)]


def test_a_later_stage_entered_first_is_a_skip_that_lists_the_earlier_ones() -> None:
    (moment,) = moments([entering("purchase", 1)])
    assert moment.entered is not None
    assert (moment.entered.transition, moment.entered.skipped) == ("skip", ("awareness", "consideration"))


def test_the_next_stage_is_an_advance_and_one_further_on_a_skip() -> None:
    events = [entering("awareness", 1), entering("consideration", 2), entering("use", 3)]
    last = moments(events)[-1].entered
    assert path(events)[1:] == [("consideration", "advance", 1), ("use", "skip", 1)]
    assert last is not None
    assert last.skipped == ("purchase", "onboarding")


def test_an_earlier_stage_said_outright_is_a_regress() -> None:
    assert path([entering("use", 1), entering("consideration", 2)])[-1] == ("consideration", "regress", 1)


def test_the_current_stage_entered_again_opens_no_new_visit() -> None:
    assert path([entering("use", 1), entering("use", 2)]) == [("use", "skip", 1)]


def test_repeated_orders_in_purchase_are_one_visit() -> None:
    assert path([event("order.placed", day) for day in range(1, 5)]) == [("purchase", "skip", 1)]


def test_an_order_after_the_purchase_restarts_the_cycle() -> None:
    events = [event("order.placed", 1), event("order.delivered", 2), event("order.placed", 3)]
    assert path(events) == [("purchase", "skip", 1), ("use", "skip", 1), ("purchase", "restart", 2)]


def test_an_order_that_also_says_its_stage_restarts_the_cycle_too() -> None:
    events = [event("order.placed", 1), event("order.delivered", 2), event("order.placed", 3, stage_hint="purchase")]
    assert path(events)[-1] == ("purchase", "restart", 2)


def test_the_end_is_terminal_and_a_stage_said_after_it_restarts_the_cycle() -> None:
    events = [entering("use", 1), event("contract.terminated", 2), entering("awareness", 3)]
    assert path(events)[1:] == [("termination", "terminal", 1), ("awareness", "restart", 2)]
    ended = moments(events)[1].entered
    assert ended is not None
    assert ended.skipped == ("renewal",)


def test_a_page_viewed_after_the_end_changes_nothing() -> None:
    assert path(
        [entering("termination", 1), event("page.viewed", 2), event("usage.recorded", 3, data_feature="x")]
    ) == [("termination", "terminal", 1)]


def test_a_customer_won_back_begins_a_cycle_and_advances_to_any_stage_with_nothing_skipped() -> None:
    events = [
        event("contract.terminated", 1),
        event("winback.succeeded", 2),
        event("usage.recorded", 3, data_feature="x"),
    ]
    assert path(events)[1:] == [("win_back", "win_back", 2), ("use", "advance", 2)]
    last = moments(events)[-1].entered
    assert last is not None
    assert last.skipped == ()


def test_the_first_stage_known_is_of_the_first_cycle_even_if_it_is_the_win_back() -> None:
    assert path([event("winback.succeeded", 1)]) == [("win_back", "win_back", 1)]


def test_leaving_again_after_a_win_back_is_terminal() -> None:
    events = [event("winback.succeeded", 1), event("contract.lapsed", 2)]
    assert path(events)[-1] == ("termination", "terminal", 1)


def test_a_page_viewed_by_a_customer_in_use_does_not_send_them_back() -> None:
    assert path([event("order.delivered", 1), event("page.viewed", 2)]) == [("use", "skip", 1)]


def test_usage_ends_a_renewal_only_once_it_is_agreed() -> None:
    used = {"data_feature": "x"}
    events = [
        event("usage.recorded", 1 * DAY, **used),
        event("renewal.offered", 2 * DAY),
        event("usage.recorded", 3 * DAY, **used),
        event("contract.renewed", 4 * DAY),
        event("usage.recorded", 5 * DAY, **used),
    ]
    assert path(events) == [("use", "skip", 1), ("renewal", "advance", 1), ("use", "regress", 1)]
    assert [moment.stage for moment in moments(events)] == ["use", "renewal", "renewal", "renewal", "use"]


def test_a_renewal_after_the_end_was_asked_for_restarts_the_cycle() -> None:
    assert path([event("termination.requested", 1), event("contract.renewed", 2)])[-1] == ("renewal", "restart", 2)


def test_before_any_stage_there_is_none() -> None:
    (moment,) = moments([event("customer.registered", 1)])
    assert (moment.stage, moment.cycle, moment.entered) == (None, 1, None)


def test_an_end_that_is_jumped_over_is_not_skipped() -> None:
    stages = (Stage(name="trial"), Stage(name="expired", terminal=True), Stage(name="paid"))
    steps = steps_of(Journey(name="two ends", version=1, zone="UTC", stages=stages))
    assert steps["trial"]["paid"] == Step("advance")
    assert steps[None]["paid"] == Step("skip", ("trial",))
    assert steps["expired"]["paid"] == Step("restart", cycles=1)


def test_events_that_are_not_later_than_those_tracked_are_refused() -> None:
    tracker = Tracker(context())
    state = tracker.initial()
    tracker.advance(state, [event("page.viewed", 5)])
    with pytest.raises(InvalidArgument, match="fold the whole customer again"):
        tracker.advance(state, [event("page.viewed", 5, "again")])
