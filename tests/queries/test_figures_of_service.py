"""Figures of the feedback loop, of first contact resolution and of effort, from what a ledger was told."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from tests.queries.telling import Wire, figures, micros, numbers, only, told, values, write

DAY = 86_400_000_000


def received(customer: str, days: float, case_id: str, kind: str = "complaint", **more: Any) -> Wire:
    return told("feedback.received", customer, days, case_id=case_id, data_kind=kind, **more)


def step(what: str, customer: str, days: float, case_id: str, **more: Any) -> Wire:
    return told(f"feedback.{what}", customer, days, case_id=case_id, **more)


LOOPS = (
    told("customer.segment_assigned", "a", -9, data_scheme="tier", data_segment="gold"),
    received("a", 0, "closed", channel="web", data_theme="price"),
    step("dispatched", "a", 2, "closed", data_department="quality"),
    step("dispatched", "a", 3, "closed", data_department="billing"),
    step("resolved", "a", 5, "closed"),
    step("communicated", "a", 9, "closed"),
    # The segment changes after the loop began, and the loop stays where it began.
    told("customer.segment_assigned", "a", 10, data_scheme="tier", data_segment="basic"),
    received("b", 1, "dispatched", "suggestion", channel="phone"),
    step("dispatched", "b", 4, "dispatched", data_department="quality"),
    received("b", 2, "silent", channel="phone"),
    step("communicated", "c", 2, "never received"),
    received("c", 40, "young"),
    told("note.added", "c", 45, data_text="the last thing that happened"),
)


def test_the_loop_is_told_by_leg_closing_dispatch_and_silence(ledger: Ledger) -> None:
    write(ledger, *LOOPS)
    legs = [row for row in figures(ledger, "loop_legs", "median") if row.figure.by["method"] == "completed"]
    assert values(legs, "leg") == {"dispatch": 2.5, "solve": 3.0, "communicate": 4.0, "whole": 9.0}
    assert only(legs, leg="solve").figure.excluded == {"not_received": 1, "not_begun": 2, "open": 1}
    closed = only(figures(ledger, "closed_loop")).figure
    assert (closed.value, closed.n, closed.excluded) == (1 / 3, 3, {"immature": 1, "not_received": 1})
    wrong = only(figures(ledger, "wrong_dispatch")).figure
    assert (wrong.value, wrong.n) == (0.5, 2)
    assert wrong.excluded == {"not_dispatched": 2, "not_received": 1}
    silent = only(figures(ledger, "never_answered", "share")).figure
    assert (silent.numerator, silent.n) == (1, 3)


def test_loops_are_split_by_what_the_feedback_was(quick_ledger: Ledger) -> None:
    write(quick_ledger, *LOOPS)

    def closed(by: str) -> dict[str, Any]:
        return values(figures(quick_ledger, "closed_loop", by=[by]), by)

    assert closed("kind") == {"complaint": 0.5, "suggestion": 0.0, "unknown": None}
    assert closed("theme") == {"price": 1.0, "unknown": 0.0}
    assert closed("channel") == {"phone": 0.0, "web": 1.0, "unknown": None}
    assert closed("segment:tier") == {"gold": 1.0, "unknown": 0.0}
    assert numbers(figures(quick_ledger, "closed_loop", by=["month"]), "month") == {"2024-01": 3, "2024-02": 0}
    sent = figures(quick_ledger, "wrong_dispatch", where={"dispatched_to": "quality"})
    assert only(sent).figure.value == 0.5


def test_another_window_closes_and_judges_other_loops(quick_ledger: Ledger) -> None:
    write(quick_ledger, *LOOPS)
    short = only(figures(quick_ledger, "closed_loop", within=4 * DAY)).figure
    assert (short.value, short.n) == (0.0, 4)
    then = only(figures(quick_ledger, "closed_loop", within=4 * DAY, as_of=micros(5))).figure
    assert (then.n, then.excluded) == (2, {"immature": 1, "not_received": 1})


def test_a_late_dispatch_moves_the_loop_on_and_a_retracted_one_moves_it_back(quick_ledger: Ledger) -> None:
    def dispatched() -> float | None:
        rows = figures(quick_ledger, "loop_legs", "median")
        value = only(rows, leg="dispatch", method="completed").figure.value
        return None if value is None else float(value)

    write(quick_ledger, received("a", 0, "k"), step("dispatched", "a", 4, "k"))
    assert dispatched() == 4
    write(quick_ledger, told("feedback.dispatched", "a", 1, "early", case_id="k"))
    assert dispatched() == 1
    taken_back = {"data_source": "test", "data_event_id": "early", "data_why": "wrong file"}
    write(quick_ledger, told("event.retracted", "a", 50, **taken_back))
    assert dispatched() == 4


def test_nobody_answered_what_an_agent_wrote_to_was_answered(quick_ledger: Ledger) -> None:
    message = {"direction": "outbound", "actor": {"type": "agent"}, "channel": "email"}
    write(
        quick_ledger,
        received("a", 0, "k"),
        told("interaction.message_sent", "a", 2, case_id="k", **message),
        received("b", 0, "silent"),
        told("note.added", "c", 60, data_text="x"),
    )
    silent = only(figures(quick_ledger, "never_answered", "count")).figure
    assert (silent.value, silent.n) == (1, 2)


def solved(customer: str, case_id: str, days: float, **more: Any) -> tuple[Wire, Wire]:
    return (
        told("case.opened", customer, days, case_id=case_id, **more),
        told("case.resolved", customer, days + 1, case_id=case_id),
    )


def called(customer: str, days: float, direction: str = "inbound", **more: Any) -> Wire:
    more = {"interaction_id": f"i-{customer}-{days}", **more}
    return told("interaction.started", customer, days, direction=direction, **more)


CASES = (
    *solved("a", "a1", 0, reason="billing"),
    called("a", 3, reason="delivery"),
    *solved("b", "b1", 0, reason="billing", channel="phone"),
    *solved("b", "b2", 4, reason="billing"),
    *solved("c", "c1", 0, reason="billing"),
    called("c", 2, "outbound", reason="billing"),
    called("c", 3, case_id="c1", reason="billing"),
    told("case.reopened", "c", 4, case_id="c1"),
    *solved("d", "d1", 0),
    told("case.reassigned", "d", 0.5, case_id="d1"),
    told("case.opened", "e", 0, case_id="e1"),
    *solved("f", "f1", 20, reason="billing"),
    told("note.added", "a", 25, data_text="the last thing that happened"),
)


def test_first_contact_resolution_has_four_rules(ledger: Ledger) -> None:
    write(ledger, *CASES)
    rows = figures(ledger, "first_contact_resolution")
    assert {row.figure.by["rule"]: (row.figure.numerator, row.figure.n) for row in rows} == {
        "no_reopen": (5, 6),
        "no_reassignment_no_reopen": (4, 6),
        "no_repeat_contact": (3, 5),
        "no_repeat_contact_same_reason": (3, 4),
    }
    assert [row.figure.excluded for row in rows] == [
        {"unresolved": 1},
        {"unresolved": 1},
        {"unresolved": 1, "immature": 1},
        {"unresolved": 1, "immature": 1, "no_reason": 1},
    ]


def test_first_contact_resolution_with_another_window_and_split(quick_ledger: Ledger) -> None:
    write(quick_ledger, *CASES)
    day = figures(quick_ledger, "first_contact_resolution", within=DAY)
    assert only(day, rule="no_repeat_contact").figure.value == 1.0
    by_channel = figures(quick_ledger, "first_contact_resolution", by=["channel"])
    assert only(by_channel, rule="no_repeat_contact_same_reason", channel="phone").figure.value == 0.0
    # The window of the question leaves out when cases began, never what came after them.
    first = figures(quick_ledger, "first_contact_resolution", before=micros(1))
    assert only(first, rule="no_repeat_contact").figure.numerator == 2


def test_two_customers_who_prove_to_be_one_come_back_to_each_others_cases(quick_ledger: Ledger) -> None:
    write(quick_ledger, *solved("a", "a1", 0), *solved("b", "b1", 3), told("note.added", "a", 25, data_text="x"))
    assert only(figures(quick_ledger, "first_contact_resolution"), rule="no_repeat_contact").figure.value == 1.0
    write(quick_ledger, told("customer.merged", "a", 26, "m", data_from="b", data_into="a"))
    assert only(figures(quick_ledger, "first_contact_resolution"), rule="no_repeat_contact").figure.value == 0.5


def test_effort_is_told_with_its_parts(ledger: Ledger) -> None:
    write(
        ledger,
        *solved("a", "easy", 0, channel="web", department="service"),
        *solved("b", "hard", 0, channel="web", department="service"),
        told("case.reopened", "b", 2, case_id="hard", channel="phone"),
        told("interaction.completed", "b", 3, case_id="hard", department="legal", data_repeated_information=True),
        told("case.resolved", "b", 4, case_id="hard"),
        told("case.opened", "c", 5, case_id="open"),
    )
    rows = figures(ledger, "effort_score", "score")
    hard = {"contacts": 15, "handovers": 20 / 3, "reopenings": 10, "repeated_information": 10, "switches": 10 / 3}
    assert values(rows, "part") == {"all": 22.5, **{part: points / 2 for part, points in hard.items()}}
    assert rows[0].figure.excluded == {"unresolved": 1}
    by_department = figures(ledger, "effort_score", "score", by=["department"])
    assert only(by_department, department="service", part="all").figure.n == 2
    assert only(by_department, department="unknown", part="all").figure.value is None


def test_with_nothing_there_is_nothing_to_tell(quick_ledger: Ledger) -> None:
    write(quick_ledger, told("note.added", "a", 0, data_text="x"))
    for name in ("loop_legs", "closed_loop", "wrong_dispatch", "first_contact_resolution", "effort_score"):
        rows = figures(quick_ledger, name)
        assert rows
        assert {(row.figure.value, row.figure.n) for row in rows} == {(None, 0)}
