"""Risk periods: what was known at the start of each horizon, and never what came after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ledger.events import VOCABULARY
from ledger.journey.reading import effective
from ledger.projections.driver import Folds
from ledger.projections.risk import risk
from tests.journey.histories import DAY, HOUR, Event, context, event
from tests.projections.histories import histories

AT = 180 * DAY
HORIZON = 30 * DAY

Told = dict[str, Any]


def periods(*events: Event, at: int = AT, horizon: int = HORIZON) -> list[Told]:
    """Return the rows of a customer, in order, the instants in days."""
    projection = risk(at, horizon)
    folds = Folds(context(), (projection,))
    state = folds.initial()
    folds.feed(state, effective(events))
    names = [column.name for column in projection.columns]
    return [dict(zip(names, row, strict=True)) for row in folds.rows(state)["risk"]]


def at_day(rows: list[Told], day: int) -> Told:
    (row,) = [row for row in rows if row["start"] == day * DAY]
    return row


def days(rows: list[Told]) -> list[float]:
    return [row["start"] / DAY for row in rows]


def using(day: float = 1) -> Event:
    return event("usage.recorded", int(day * DAY), data_feature="search")


def left(day: float) -> Event:
    return event("contract.terminated", int(day * DAY))


def test_a_customer_is_a_row_at_each_start_after_they_entered_a_stage() -> None:
    assert days(periods(using(40))) == [60, 90, 120, 150, 180]


def test_the_grid_of_starts_ends_at_the_time_of_the_prediction() -> None:
    assert days(periods(using(40), at=185 * DAY)) == [65, 95, 125, 155, 185]


def test_whoever_is_silent_is_at_risk_all_the_same_and_ever_longer_quiet() -> None:
    rows = periods(using(1))
    assert [(row["in_stage"], row["quiet"]) for row in rows] == [
        (day * DAY - DAY, day * DAY - DAY) for day in (30, 60, 90, 120, 150, 180)
    ]


def test_what_occurs_at_the_start_itself_is_not_known_then() -> None:
    rows = periods(using(1), event("obstacle.hit", 30 * DAY))
    assert [row["obstacles"] for row in rows] == [0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(("day", "period"), [(60, 1), (69.99, 1), (70, 2), (80, 3), (89.99, 3)])
def test_who_leaves_marks_the_period_of_the_horizon_that_runs(day: float, period: int) -> None:
    rows = periods(using(1), left(day))
    assert [(row["start"] / DAY, row["left_in"]) for row in rows] == [(30, 0), (60, period)]


def test_the_last_period_reaches_to_the_end_where_a_horizon_is_no_multiple_of_three() -> None:
    (row,) = periods(using(0), left(1.5), at=1 * DAY, horizon=1 * DAY - 1)[-1:]
    assert row["left_in"] == 2
    rows = periods(using(0), event("contract.terminated", DAY - 2), at=DAY - 1, horizon=DAY - 2)
    assert [(row["start"], row["left_in"]) for row in rows] == [(1, 3)]


def test_who_has_left_is_at_risk_no_more_until_they_are_won_back() -> None:
    rows = periods(using(1), left(70), event("winback.succeeded", 130 * DAY))
    assert [(row["start"] / DAY, row["stage"], row["left_in"]) for row in rows] == [
        (30, "use", 0), (60, "use", 2), (150, "win_back", 0), (180, "win_back", 0)
    ]  # fmt: skip


def test_the_first_leaving_within_a_horizon_is_the_one_that_counts() -> None:
    back = event("winback.succeeded", 65 * DAY)
    rows = periods(using(1), left(62), back, event("contract.terminated", 85 * DAY))
    assert at_day(rows, 60)["left_in"] == 1


def test_a_customer_in_no_stage_is_no_row() -> None:
    assert periods(event("note.added", DAY)) == []
    assert periods() == []


def test_a_case_resolved_after_the_start_is_open_at_it() -> None:
    opened = event("case.opened", 50 * DAY, case_id="c1")
    resolved = event("case.resolved", 100 * DAY, case_id="c1")
    rows = periods(using(1), opened, resolved)
    assert [(row["start"] / DAY, row["cases_open"]) for row in rows] == [
        (30, 0), (60, 1), (90, 1), (120, 0), (150, 0), (180, 0)
    ]  # fmt: skip
    assert periods(using(1), opened, resolved, at=99 * DAY)[-1]["cases_open"] == 1


def test_an_interaction_that_is_over_later_has_not_repeated_anything_yet() -> None:
    started = event("interaction.started", 59 * DAY, interaction_id="i", direction="inbound")
    over = event("interaction.completed", 61 * DAY, interaction_id="i", data_repeated_information=True)
    rows = periods(using(1), started, over)
    assert (at_day(rows, 60)["repeated"], at_day(rows, 60)["contacts"]) == (0, 1)
    assert (at_day(rows, 90)["repeated"], at_day(rows, 90)["contacts"]) == (1, 1)


def test_contacts_count_for_thirty_days_and_all_else_for_ninety() -> None:
    complaint = event("feedback.received", 31 * DAY, data_kind="complaint")
    compliment = event("feedback.received", 32 * DAY, data_kind="compliment")
    rows = periods(using(1), complaint, compliment)
    assert [row["contacts"] for row in rows] == [0, 2, 0, 0, 0, 0]
    assert [row["complaints"] for row in rows] == [0, 1, 1, 1, 0, 0]


def test_the_last_rating_lies_between_worst_and_best_whatever_its_scale() -> None:
    def rated(day: int, score: float, low: float, high: float, **more: str) -> Event:
        return event(
            "survey.responded", day * DAY, data_metric="nps",
            data_score=score, data_scale_min=low, data_scale_max=high, **more,
        )  # fmt: skip

    rows = periods(using(1), rated(40, 9, 0, 10), rated(70, 2, 1, 5, data_high_is="bad"), rated(100, 3, 3, 3))
    assert [row["rating"] for row in rows] == [None, 0.9, 0.75, 0.75, 0.75, 0.75]


def test_a_segment_is_that_of_the_time() -> None:
    gold = event("customer.segment_assigned", 70 * DAY, data_scheme="tier", data_segment="gold")
    rows = periods(using(1), gold)
    assert [row["segments"] for row in rows][:3] == ["{}", "{}", '{"tier":"gold"}']


def test_a_segment_assigned_from_a_day_gone_by_is_not_known_before_it_was_assigned() -> None:
    def assigned(day: int, segment: str, since: str | None = None) -> Event:
        when = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).isoformat()
        made = event(
            "customer.segment_assigned", day * DAY, data_scheme="tier", data_segment=segment, data_valid_from=since
        )
        return structs.replace(made, occurred_at=when)

    rows = periods(using(1), assigned(70, "gold", "1970-01-11T00:00:00Z"))
    assert [row["segments"] for row in rows] == ["{}"] * 2 + ['{"tier":"gold"}'] * 4
    rows = periods(using(1), assigned(70, "gold", "1970-01-11T00:00:00Z"), assigned(40, "base"))
    assert [row["segments"] for row in rows] == ["{}"] + ['{"tier":"base"}'] * 5


def test_a_cycle_and_time_in_the_stage_begin_with_its_entry() -> None:
    again = event("order.placed", 70 * DAY, data_value="1", data_currency="EUR")
    rows = periods(using(1), again)
    assert (at_day(rows, 60)["cycle"], at_day(rows, 60)["stage"]) == (1, "use")
    assert (at_day(rows, 90)["cycle"], at_day(rows, 90)["in_stage"]) == (2, 20 * DAY)


@given(events=histories(), at=st.integers(1, 200), horizon=st.sampled_from([20 * DAY, 90 * DAY]))
def test_what_is_known_at_a_start_is_the_same_from_a_log_that_ends_there(
    events: list[Event], at: int, horizon: int
) -> None:
    whole = periods(*events, at=at * DAY, horizon=horizon)
    for row in {row["start"]: row for row in (*whole[:1], *whole[len(whole) // 2 :][:2], *whole[-1:])}.values():
        start = row["start"]
        before = [event for event in events if event.at < start]
        (same,) = [other for other in periods(*before, at=start, horizon=horizon) if other["start"] == start]
        assert same | {"left_in": 0} == row | {"left_in": 0}


@given(events=histories(), cut=st.integers(0, 25))
def test_how_the_events_are_cut_into_calls_makes_no_difference(events: list[Event], cut: int) -> None:
    later = [event for event in events[cut:] if not events[:cut] or event.at > events[:cut][-1].at]
    earlier = [event for event in events if event not in later]
    folds = Folds(context(), (risk(AT, HORIZON),))
    state = folds.initial()
    folds.feed(state, earlier)
    folds.rows(state)
    folds.feed(state, later)
    whole = folds.initial()
    folds.feed(whole, earlier + later)
    assert folds.rows(state) == folds.rows(whole)


def test_it_handles_or_ignores_every_type() -> None:
    projection = risk(AT, HORIZON)
    assert [name for name, kind in VOCABULARY.items() if projection.treatment(kind) is None] == []
    families = {event_type.family for event_type in VOCABULARY.values()}
    assert projection.handles <= VOCABULARY.keys()
    assert projection.ignores - {"company"} <= VOCABULARY.keys() | families


def test_hours_count_too() -> None:
    assert periods(using(1), at=10 * DAY + HOUR, horizon=DAY)[-1]["in_stage"] == 9 * DAY + HOUR
