"""Touchpoint history: where a customer met what, how often, and what went wrong there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journey.histories import DAY, Event, entering, event
from tests.projections.histories import Told, only, told

ROWS = "touchpoint_history"


def ways(*events: Event) -> dict[str, tuple[str, str, int]]:
    return {row["touchpoint"]: (row["trouble"], row["cause"], row["n"]) for row in told(ROWS, *events)}


def test_a_touchpoint_is_called_by_its_id_an_obstacle_by_its_step_all_else_by_its_type() -> None:
    assert ways(
        event("page.viewed", 1, touchpoint_id="page:home"),
        event("page.viewed", 2),
        event("obstacle.hit", 3, data_step="form"),
        event("obstacle.hit", 4, data_step="form", touchpoint_id="page:order", data_cause="process"),
        event("obstacle.hit", 5),
    ) == {
        "page:home": ("", "", 1),
        "page.viewed": ("", "", 1),
        "form": ("obstacle", "", 1),
        "page:order": ("obstacle", "process", 1),
        "obstacle.hit": ("obstacle", "", 1),
    }


def test_encounters_of_one_month_and_place_are_one_row() -> None:
    row = only(ROWS, *(event("page.viewed", at, f"e{at}", channel="web") for at in (5, 9, 7)))
    assert (row["first_at"], row["last_at"], row["n"]) == (5, 9, 3)
    assert (row["stage"], row["channel"], row["department"], row["segments"]) == ("awareness", "web", "", {})


def test_another_month_channel_stage_or_segment_is_another_row() -> None:
    rows = told(
        ROWS,
        event("page.viewed", 1, channel="web"),
        event("page.viewed", 40 * DAY, channel="web"),
        event("page.viewed", 41 * DAY),
        event("customer.segment_assigned", 42 * DAY, data_scheme="tier", data_segment="gold"),
        event("page.viewed", 43 * DAY),
        entering("use", 44 * DAY),
        event("page.viewed", 45 * DAY, department="sales"),
    )
    assert [(row["period"], row["stage"], row["channel"], row["department"], row["segments"]) for row in rows] == [
        (0, "awareness", "web", "", {}),
        (31, "awareness", "web", "", {}),
        (31, "awareness", "", "", {}),
        (31, "awareness", "", "", {"tier": "gold"}),
        (31, "use", "", "sales", {"tier": "gold"}),
    ]


def test_encounters_of_another_direction_are_another_row() -> None:
    directions = ("inbound", "outbound", None, "inbound")
    rows = told(ROWS, *(event("page.viewed", at, direction=name) for at, name in enumerate(directions)))
    assert {row["direction"]: (row["n"], row["touchpoints"]) for row in rows} == {
        "inbound": (2, 2), "outbound": (1, 1), "": (1, 1),
    }  # fmt: skip


def prefers(at: int, channel: str) -> Event:
    return event("preference.set", at, data_preferred_channel=channel)


def test_an_encounter_is_held_against_the_channel_that_was_preferred_at_that_time() -> None:
    rows = told(
        ROWS,
        event("page.viewed", 1, channel="web"),
        prefers(2, "phone"),
        event("page.viewed", 3, channel="web"),
        event("page.viewed", 4, channel="phone", direction="outbound"),
        event("page.viewed", 5),
        prefers(6, "web"),
        event("page.viewed", 7, channel="web"),
    )
    assert [(row["channel"], row["preferred"], row["direction"], row["n"]) for row in rows] == [
        ("web", "", "", 1),
        ("web", "other", "", 1),
        ("phone", "preferred", "outbound", 1),
        ("", "", "", 1),
        ("web", "preferred", "", 1),
    ]


def test_an_encounter_counts_in_the_stage_it_enters_and_before_any_in_none() -> None:
    assert [row["stage"] for row in told(ROWS, event("interaction.started", 1), event("order.placed", 2))] == [
        "", "purchase",
    ]  # fmt: skip


def test_what_merely_names_a_touchpoint_is_an_encounter_and_no_touchpoint() -> None:
    row = only(ROWS, event("order.placed", 1, touchpoint_id="shop"), event("order.approved", 2, touchpoint_id="shop"))
    assert (row["first_at"], row["last_at"], row["n"], row["touchpoints"]) == (1, 2, 2, 1)
    assert only(ROWS, event("order.approved", 3, touchpoint_id="letter"))["touchpoints"] == 0


def test_many_encounters_of_one_place_are_few_rows() -> None:
    row = only(ROWS, *(event("page.viewed", at, channel="web") for at in range(1000)))
    assert (row["n"], row["touchpoints"]) == (1000, 1000)


def test_the_back_office_meets_nobody_unless_it_names_a_touchpoint() -> None:
    assert told(ROWS, event("case.triaged", 1), event("note.added", 2, data_text="x", touchpoint_id="desk")) == []
    assert ways(event("order.approved", 3, touchpoint_id="letter")) == {"letter": ("", "", 1)}


SURVEY: dict[str, Any] = {"data_scale_min": 1, "data_scale_max": 5, "data_metric": "csat", "touchpoint_id": "t"}


@pytest.mark.parametrize(
    ("met", "trouble"),
    [
        (event("interaction.abandoned", 1, touchpoint_id="t"), "abandoned"),
        (event("interaction.completed", 1, touchpoint_id="t", data_objective_achieved=False), "not_achieved"),
        (event("interaction.completed", 1, touchpoint_id="t", data_objective_achieved=True), ""),
        (event("interaction.completed", 1, touchpoint_id="t"), ""),
        (event("payment.failed", 1, touchpoint_id="t"), "payment_failed"),
        (event("opportunity.unsupported", 1, touchpoint_id="t"), "unsupported"),
        (event("feedback.received", 1, touchpoint_id="t", data_kind="complaint"), "negative_feedback"),
        (event("feedback.received", 1, touchpoint_id="t", data_kind="suggestion", data_sentiment=-0.1),
         "negative_feedback"),
        (event("feedback.received", 1, touchpoint_id="t", data_kind="suggestion", data_sentiment=0.0), ""),
        (event("survey.responded", 1, data_score=2, **SURVEY), "low_rating"),
        (event("survey.responded", 1, data_score=3, **SURVEY), ""),
        (event("survey.responded", 1, data_score=2, **{**SURVEY, "data_scale_max": 10}), ""),
        (event("survey.responded", 1, data_score=2, data_high_is="bad", **SURVEY), ""),
    ],
)  # fmt: skip
def test_what_went_wrong_is_what_the_event_says(met: Event, trouble: str) -> None:
    assert only(ROWS, met)["trouble"] == trouble


def test_a_complaint_or_a_low_rating_about_nothing_in_particular_breaks_no_touchpoint() -> None:
    rating = {**SURVEY, "touchpoint_id": None}
    rows: list[Told] = told(
        ROWS, event("feedback.received", 1, data_kind="complaint"), event("survey.responded", 2, data_score=1, **rating)
    )
    assert [row["trouble"] for row in rows] == ["", ""]


def test_the_fold_does_not_look_at_when_an_event_arrived() -> None:
    late, early = event("page.viewed", 1, "late", channel="web"), event("page.viewed", 9, "early", channel="web")
    assert told(ROWS, early, late) == told(ROWS, late, early)
