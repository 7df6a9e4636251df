"""What holds for every history: no order of arrival, no cut and no batch changes where the journey stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.identity import CustomerSegmentAssigned
from ledger.journey.moment import Moment
from ledger.journey.reading import Horizon, effective
from ledger.journey.tracker import Tracker, TrackerState
from tests.journey.histories import DAY, Event, context, event, moments

TRACKER = Tracker(context())

PLAIN: dict[str, dict[str, Any]] = {
    "page.viewed": {},
    "campaign.responded": {},
    "touchpoint.occurred": {"data_kind": "action"},
    "interaction.started": {"direction": "inbound"},
    "question.asked": {"data_topic": "price"},
    "order.placed": {},
    "order.shipped": {},
    "order.delivered": {},
    "usage.recorded": {"data_feature": "x"},
    "renewal.offered": {},
    "contract.renewed": {},
    "contract.terminated": {},
    "winback.succeeded": {},
    "case.opened": {"case_id": "a"},
    "case.reopened": {},
    "case.resolved": {"case_id": "a"},
    "case.closed": {"case_id": "b"},
    "review.published": {},
    "survey.sent": {},
    "customer.merged": {},
}

instants = st.integers(0, 12).map(lambda day: day * DAY)
ids = st.sampled_from([f"{letter}{number}" for letter in "amz" for number in range(8)])
schemes, segments = st.sampled_from(["tier", "region"]), st.sampled_from(["g", "h"])
hints = st.sampled_from([None, None, None, "purchase", "use", "support", "termination", "elsewhere"])


@st.composite
def recorded(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Event:
    """One event of any kind that matters here; ids are few, so that control events find their targets."""
    at, event_id, stream = draw(instants), draw(ids), draw(st.sampled_from([1, 1, 2]))
    named = {"data_source": "crm", "data_event_id": draw(ids)}
    kind = draw(st.sampled_from(["plain"] * 8 + ["entered", "retracted", "corrected", "assigned"]))
    if kind == "entered":
        return event("stage.entered", at, event_id, stream=stream, data_stage=draw(hints) or "onboarding")
    if kind == "retracted":
        return event("event.retracted", at, event_id, stream=stream, **named)
    if kind == "corrected":
        return event("stage.corrected", at, event_id, stream=stream, data_stage=draw(hints), **named)
    if kind == "assigned":
        valid = draw(st.sampled_from([None, "1970-01-03T00:00:00+00:00", "1970-01-20T00:00:00+00:00"]))
        own = {"data_scheme": draw(schemes), "data_segment": draw(segments), "data_valid_from": valid}
        return event("customer.segment_assigned", at, event_id, stream=stream, **own)
    name = draw(st.sampled_from(sorted(PLAIN)))
    sequence = draw(st.sampled_from([None, None, 1, 2]))
    more = {"stage_hint": draw(hints), "source_sequence": sequence, "stream": stream}
    return event(name, at, event_id, **more, **PLAIN[name])


histories = st.lists(recorded(), max_size=24, unique_by=lambda made: made.event_id)


def plain(found: list[Moment]) -> list[Any]:
    """Return moments as values that compare."""
    return [msgspec.to_builtins(moment) for moment in found]


def reloaded(state: TrackerState) -> TrackerState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=TrackerState)


@given(histories, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_moments(events: list[Event], chance: Any) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert plain(moments(shuffled)) == plain(moments(events))


@given(histories, st.sets(st.integers(0, 25)))
def test_cutting_between_instants_and_going_on_from_the_stored_state_gives_the_same_moments_and_state(
    events: list[Event], cuts: set[int]
) -> None:
    ordered = effective(events)
    at_once = TRACKER.initial()
    whole = TRACKER.advance(at_once, ordered)
    state, found = TRACKER.initial(), list[Moment]()
    batch: list[Event] = []
    for place, seen in enumerate(ordered):
        if batch and place in cuts and seen.at > batch[-1].at:
            found += TRACKER.advance(state, batch)
            state, batch = reloaded(state), []
        batch.append(seen)
    found += TRACKER.advance(state, batch)
    assert plain(found) == plain(whole)
    assert state == at_once


@given(histories)
def test_a_stretch_is_of_the_segments_its_events_found_the_customer_in_or_placed_them_in(events: list[Event]) -> None:
    ordered = effective(events)
    stretches = TRACKER.follow(TRACKER.initial(), ordered)
    expected, now = [], dict[str, str]()
    for seen in ordered:
        if isinstance(seen.data, CustomerSegmentAssigned):
            now = now | {seen.data.scheme: seen.data.segment}
        expected.append((seen.event_id, now))
    told = [(seen.event_id, json.loads(stretch.segments)) for stretch in stretches for seen in stretch.events]
    assert told == expected


@given(st.lists(histories, max_size=5))
def test_catching_up_batch_by_batch_ends_where_folding_the_whole_does(batches: list[list[Event]]) -> None:
    known: list[Event] = []
    names: set[str] = set()
    state, horizon = TRACKER.initial(), Horizon()
    for batch in batches:
        arrived = [made for made in batch if made.event_id not in names]
        names |= {made.event_id for made in arrived}
        known += arrived
        if horizon.allows(arrived):
            folded = effective(arrived)
            TRACKER.advance(state, folded)
            horizon = horizon.after(folded)
        else:
            folded, state = effective(known), TRACKER.initial()
            TRACKER.advance(state, folded)
            horizon = Horizon.of(known, folded)
        state = reloaded(state)
    whole = TRACKER.initial()
    TRACKER.advance(whole, effective(known))
    assert state == whole
    assert horizon == Horizon.of(known, effective(known))


@given(histories)
def test_visits_follow_each_other_and_cycles_only_grow(events: list[Event]) -> None:
    stage, cycle = None, 1
    for moment in moments(events):
        if moment.entered is not None:
            assert moment.entered.stage != stage
            assert moment.entered.cycle - cycle == (
                moment.entered.transition in {"restart", "win_back"} and stage is not None
            )
            assert moment.entered.evidence[-1] == (moment.event.source, moment.event.event_id)
            stage, cycle = moment.entered.stage, moment.entered.cycle
        assert (moment.stage, moment.cycle) == (stage, cycle)


@given(histories)
def test_an_overlay_is_left_only_after_it_was_entered(events: list[Event]) -> None:
    running: list[str] = []
    for moment in moments(events):
        opened = [entry.stage for entry in moment.overlays_entered]
        assert not set(opened) & set(running)
        assert set(moment.overlays_left) <= {*running, *opened}
        running = [stage for stage in [*running, *opened] if stage not in moment.overlays_left]
        assert moment.overlays == tuple(running)
