"""Handovers: who hands a file or an interaction to whom, how long that takes, and whether it comes back."""

from __future__ import annotations

from typing import Any

from tests.journey.histories import HOUR, Event, entering, event
from tests.projections.histories import Told, told


def handovers(*events: Event) -> list[Told]:
    return told("handovers", *events)


def passed(*events: Event) -> list[tuple[str, str, int | None, int]]:
    return [(row["from_department"], row["to_department"], row["wait"], row["bounced"]) for row in handovers(*events)]


def worked(at: int, department: str | None, case_id: str | None = "c1", **more: Any) -> Event:
    return event("case.progressed", at, case_id=case_id, department=department, **more)


def said(at: int, department: str | None = None, interaction_id: str | None = "i1", **more: Any) -> Event:
    return event("interaction.message_sent", at, interaction_id=interaction_id, department=department, **more)


def handed_over(at: int, giver: str | None, receiver: str | None, interaction_id: str | None = "i1", **m: Any) -> Event:
    return event("interaction.handed_over", at, interaction_id=interaction_id, data_from_=giver, data_to=receiver, **m)


def completed(at: int, department: str | None = None, **more: Any) -> Event:
    return event("interaction.completed", at, interaction_id="i1", department=department, **more)


def test_nothing_is_handed_over_where_one_department_does_it_all() -> None:
    assert passed() == []
    assert passed(worked(1, "sales"), worked(2, None), worked(3, "sales")) == []


def test_a_file_that_passes_to_another_department_waits_from_the_last_event_of_the_giver() -> None:
    assert passed(worked(1, "sales"), worked(4, "sales"), worked(5, None), worked(9, "legal")) == [
        ("sales", "legal", 5, 0)
    ]


def test_what_goes_back_to_a_department_that_gave_it_away_bounces() -> None:
    events = [worked(at, department) for at, department in enumerate(("a", "b", "c", "a", "c", "d"))]
    assert [(row[1], row[3]) for row in passed(*events)] == [("b", 0), ("c", 0), ("a", 1), ("c", 1), ("d", 0)]


def test_every_file_is_followed_by_itself() -> None:
    assert passed(worked(1, "a", "c1"), worked(2, "b", "c2"), worked(3, "a", None), worked(4, "b", None)) == []


def test_a_handover_stands_where_the_receiver_took_it_and_names_its_evidence() -> None:
    (row,) = handovers(
        entering("use", 0),
        event("customer.segment_assigned", 0, data_scheme="tier", data_segment="gold"),
        worked(1, "sales"),
        worked(2, "legal", event_id="there", source="erp", channel="email"),
    )
    assert (row["stage"], row["channel"], row["segments"]) == ("use", "email", {"tier": "gold"})
    assert (row["source"], row["event_id"], row["at"], row["cycle"]) == ("erp", "there", 2, 1)
    assert (row["kind"], row["case_id"], row["interaction_id"], row["announced"]) == ("case", "c1", "", 0)


def test_an_announced_handover_waits_for_the_next_event_of_the_interaction() -> None:
    assert passed(handed_over(1, "bot", "service")) == [("bot", "service", None, 0)]
    assert passed(handed_over(1, "bot", "service"), said(8, interaction_id="another")) == [("bot", "service", None, 0)]
    assert passed(handed_over(1, "bot", "service"), said(8), said(9)) == [("bot", "service", 7, 0)]


def test_the_change_of_department_that_was_announced_is_the_same_handover() -> None:
    announced = [said(1, "service"), handed_over(2, "service", "second line", department="service")]
    assert passed(*announced, said(5, "second line"), completed(6, "second line")) == [("service", "second line", 3, 0)]
    # The registry's own word for the one who received it.
    assert passed(*announced, said(5, "back office")) == [("service", "second line", 3, 0)]


def test_a_queue_that_the_envelope_never_names_hands_over_once() -> None:
    events = [said(1, "service"), handed_over(2, "first line", "second line", department="service")]
    assert passed(*events, said(4, "service"), completed(5, "service")) == [("first line", "second line", 2, 0)]


def test_after_an_announced_handover_the_way_back_is_a_bounce() -> None:
    events = [said(1, "a"), handed_over(2, "a", "b"), said(3, "b"), said(5, "a")]
    assert passed(*events) == [("a", "b", 1, 0), ("b", "a", 2, 1)]


def test_what_comes_back_to_the_one_whose_queue_was_named_otherwise_is_a_bounce() -> None:
    events = [said(1, "service"), handed_over(2, "first line", "second line"), said(3, "second line")]
    assert passed(*events, said(5, "service"))[1:] == [("second line", "service", 2, 1)]


def test_the_receiver_may_go_on_in_the_case_before_the_interaction_does() -> None:
    here = {"case_id": "c1"}
    events = [said(1, "a", **here), handed_over(2, "a", "b", **here), worked(3, "b")]
    assert passed(*events) == [("a", "b", None, 0)]
    assert passed(*events, said(9, "b")) == [("a", "b", 7, 0)]


def test_a_change_elsewhere_in_the_case_is_not_the_one_announced_in_the_interaction() -> None:
    here = {"case_id": "c1"}
    events = [said(1, "a", **here), handed_over(2, "a", "b", **here), worked(4, "legal"), said(6, "b", **here)]
    assert passed(*events) == [("a", "b", 4, 0), ("a", "legal", 3, 0)]
    assert passed(*events[:3]) == [("a", "b", None, 0), ("a", "legal", 3, 0)]


def test_a_handover_within_an_interaction_of_a_case_is_counted_once_and_belongs_to_the_case() -> None:
    (row,) = handovers(
        event("case.opened", 0, case_id="c1", department="a"),
        said(1, "a", case_id="c1"),
        handed_over(2, "a", "b"),
        said(3, "b"),
        worked(4, "b"),
    )
    assert (row["kind"], row["case_id"], row["interaction_id"], row["wait"]) == ("case", "c1", "i1", 1)


def test_one_that_names_no_department_is_told_by_the_departments_alone() -> None:
    assert passed(said(1, "a"), handed_over(2, "a", None), said(3, "b")) == [("a", "b", 2, 0)]
    assert passed(said(1, "a"), handed_over(2, None, None), said(3, "a")) == []


def test_one_from_an_unnamed_giver_comes_from_the_department_before() -> None:
    assert passed(said(1, "a"), handed_over(2, None, "b")) == [("a", "b", None, 0)]
    assert passed(handed_over(2, None, "b")) == [("", "b", None, 0)]


def test_nobody_hands_over_to_themselves() -> None:
    assert passed(said(1, "a"), handed_over(2, "a", "a"), said(3, "a")) == []


def test_a_handover_of_no_named_interaction_is_one_that_nothing_follows() -> None:
    (row,) = handovers(handed_over(1, "a", "b", None), handed_over(1, "b", "b", None, event_id="other"))
    assert (row["kind"], row["interaction_id"], row["wait"]) == ("interaction", "", None)


def test_feedback_is_handed_to_the_department_it_is_dispatched_to() -> None:
    received = event("feedback.received", 1, case_id="f1", department="shop", data_kind="complaint")
    dispatched = event("feedback.dispatched", 3, case_id="f1", data_department="quality")
    (row,) = handovers(received, dispatched, event("feedback.resolved", 9, case_id="f1", department="quality"))
    assert (row["kind"], row["from_department"], row["to_department"], row["wait"]) == (
        "feedback",
        "shop",
        "quality",
        2,
    )
    assert passed(event("feedback.received", 1, case_id="f1", data_kind="complaint"), dispatched) == []


def test_the_kind_is_what_the_file_is_however_late_that_shows() -> None:
    payments = [event("payment.settled", at, case_id="f", department=name) for at, name in enumerate("ab")]
    kinds = {
        "": [],
        "order": [event("order.placed", 9, case_id="f")],
        "application": [event("application.progressed", 9, case_id="f")],
        "case": [event("order.placed", 9, case_id="f"), event("case.opened", 9, case_id="f")],
        "interaction": [event("interaction.started", 9, case_id="f", interaction_id="i")],
    }
    for kind, more in kinds.items():
        assert [row["kind"] for row in handovers(*payments, *more)] == [kind]


def test_an_event_that_comes_late_moves_the_handover() -> None:
    first, last = worked(1, "a"), worked(9 * HOUR, "b")
    assert passed(first, last) == [("a", "b", 9 * HOUR - 1, 0)]
    assert passed(first, worked(4 * HOUR, "b"), last) == [("a", "b", 4 * HOUR - 1, 0)]
