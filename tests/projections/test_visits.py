"""Stage visits: every stay in a stage, its transition, and what happened inside."""

from __future__ import annotations

from ledger.projections.driver import Folds
from tests.journey.histories import Event, context, entering, event
from tests.projections.histories import Told, told


def visits(*events: Event) -> list[Told]:
    return told("stage_visits", *events)


def path(*events: Event) -> list[tuple[str, int, str, int, int | None]]:
    return [(row["track"], row["number"], row["stage"], row["entered_at"], row["left_at"]) for row in visits(*events)]


def test_a_visit_lasts_until_the_next_is_entered_and_the_last_is_open() -> None:
    assert path(event("page.viewed", 1), event("order.placed", 4), event("usage.recorded", 9, data_feature="f")) == [
        ("primary", 1, "awareness", 1, 4),
        ("primary", 2, "purchase", 4, 9),
        ("primary", 3, "use", 9, None),
    ]


def test_the_stages_jumped_over_are_listed_and_have_no_visit() -> None:
    (first, second) = visits(event("page.viewed", 1), event("order.placed", 4))
    assert (first["transition"], first["skipped"]) == ("advance", [])
    assert (second["transition"], second["skipped"]) == ("skip", ["consideration"])


def test_entering_the_current_stage_again_opens_no_visit() -> None:
    assert len(path(entering("use", 1), entering("use", 2))) == 1


def test_a_new_order_after_use_restarts_the_cycle() -> None:
    rows = visits(event("order.placed", 1), event("usage.recorded", 2, data_feature="f"), event("order.placed", 3))
    assert [(row["stage"], row["transition"], row["cycle"]) for row in rows][1:] == [
        ("use", "skip", 1),
        ("purchase", "restart", 2),
    ]


def test_going_back_as_said_outright_is_a_regress() -> None:
    assert visits(entering("use", 1), entering("consideration", 2))[1]["transition"] == "regress"


def test_overlays_are_visits_of_a_track_of_their_own() -> None:
    assert path(
        event("order.placed", 1),
        event("case.opened", 2, case_id="c1"),
        event("case.resolved", 5, case_id="c1"),
        event("case.opened", 7, case_id="c2"),
        event("referral.made", 8),
    ) == [
        ("primary", 1, "purchase", 1, None),
        ("overlay", 1, "support", 2, 5),
        ("overlay", 2, "support", 7, None),
        ("overlay", 3, "advocacy", 8, None),
    ]


def test_the_event_that_enters_is_inside_and_the_one_that_leaves_is_not() -> None:
    viewed = event("page.viewed", 1, channel="web")
    asked = event("question.asked", 2, channel="phone", data_topic="price")
    first, second = visits(viewed, asked, event("note.added", 3))
    assert (first["touchpoints"], first["channels"]) == (1, ["web"])
    assert (second["touchpoints"], second["channels"]) == (1, ["phone"])


def test_touchpoints_count_in_the_stage_and_in_every_open_overlay() -> None:
    rows = visits(
        event("order.placed", 1, channel="web"),
        event("case.opened", 2, case_id="c1", channel="phone"),
        event("interaction.message_sent", 3, channel="email"),
        event("case.resolved", 4, case_id="c1", channel="email"),
        event("page.viewed", 5),
    )
    assert [(row["stage"], row["touchpoints"], row["channels"]) for row in rows] == [
        ("purchase", 5, ["email", "phone", "web"]),
        ("support", 2, ["email", "phone"]),
    ]


def test_what_happens_before_any_stage_is_in_no_visit() -> None:
    (row,) = visits(event("interaction.started", 1, channel="web"), event("order.placed", 2))
    assert (row["number"], row["touchpoints"], row["channels"]) == (1, 1, [])


def test_minutes_and_cost_are_added_up_and_currencies_never_mixed() -> None:
    (row,) = visits(
        event("order.placed", 1),
        event("work.completed", 2, data_minutes=7.5, data_cost="0.1", data_currency="EUR"),
        event("work.completed", 3, data_minutes=2, data_cost="0.2", data_currency="EUR"),
        event("work.completed", 4, data_cost="-1.25", data_currency="NOK"),
        event("work.completed", 5, data_cost="3"),
        event("work.completed", 6),
    )
    assert row["minutes"] == 9.5
    assert row["cost"] == {"EUR": 3000, "NOK": -12500, "": 30000}


def test_a_visit_keeps_the_channel_department_and_segments_of_its_entry() -> None:
    rows = visits(
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold"),
        event("order.placed", 2, channel="store", department="sales"),
        event("customer.segment_assigned", 3, data_scheme="tier", data_segment="basic"),
        event("usage.recorded", 4, data_feature="f"),
    )
    assert [(row["channel"], row["department"], row["segments"]) for row in rows] == [
        ("store", "sales", {"tier": "gold"}),
        ("", "", {"tier": "basic"}),
    ]


SEGMENT_RULE = """
[[rules]]
name = "placed"
stage = "use"
any = ["customer.segment_assigned"]
"""


def test_who_is_moved_by_being_placed_in_a_segment_enters_as_one_of_it() -> None:
    placed = event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold")
    (visit,) = told("stage_visits", placed, folds=Folds(context(SEGMENT_RULE)))
    assert (visit["stage"], visit["segments"]) == ("use", {"tier": "gold"})


def test_a_visit_names_its_rule_and_its_evidence() -> None:
    (row,) = visits(event("order.placed", 1, "o1", source="shop"))
    assert (row["rule"], row["evidence"]) == ("buying", [["shop", "o1"]])
    (row,) = visits(entering("use", 1, "s1"))
    assert (row["rule"], row["evidence"]) == (None, [["crm", "s1"]])


def test_a_late_event_moves_the_visit_it_belongs_to() -> None:
    bought, used = event("order.placed", 10), event("usage.recorded", 20, data_feature="f")
    late = event("onboarding.started", 15)
    assert [row[2:] for row in path(bought, used, late)] == [
        ("purchase", 10, 15),
        ("onboarding", 15, 20),
        ("use", 20, None),
    ]


def test_a_retracted_event_enters_nothing() -> None:
    wrong = event("order.placed", 1, "wrong")
    assert path(wrong, event("event.retracted", 2, data_source="crm", data_event_id="wrong")) == []
