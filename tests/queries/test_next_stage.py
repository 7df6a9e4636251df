"""The next stage: from a customer's own record once it is long enough, from others' before."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import Ledger
from ledger.errors import CustomerNotFound, InvalidArgument
from ledger.metrics.proportions import wilson
from ledger.queries.figure_row import FigureRow
from ledger.queries.next_stage import next_stage
from ledger.queries.prediction import Outlook
from tests.queries.telling import Wire, micros, told, write

DAY = 86_400_000_000
OUTLOOK = Outlook(horizon=30 * DAY)


def stage(customer: str, name: str, days: float) -> Wire:
    return told("stage.entered", customer, days, data_stage=name)


def gold(customer: str, days: float) -> Wire:
    return told("customer.segment_assigned", customer, days, data_scheme="tier", data_segment="gold")


def shares(rows: list[FigureRow]) -> dict[str, Any]:
    return {str(row.figure.by["next_stage"]): row.figure.value for row in rows if row.figure.metric == "next_stage"}


def time(rows: list[FigureRow]) -> Any:
    (found,) = [row.figure for row in rows if row.figure.metric == "time_to_next_stage"]
    return found


def often(customer: str, times: int, lasting: float = 10) -> list[Wire]:
    """A customer who was in use so many times, each visit longer by a day, and renewed after all but the first."""
    events, at = [], 0.0
    for number in range(times):
        events.append(stage(customer, "use", at))
        at += lasting + number
        events.append(stage(customer, "renewal" if number else "purchase", at))
        at += 5
    return [*events, stage(customer, "use", at)]


def test_a_record_of_ones_own_that_is_long_enough_is_told_from(ledger: Ledger) -> None:
    write(ledger, *often("a", 6), *often("b", 2))
    rows = next_stage(ledger.store, "a", OUTLOOK)
    assert {row.figure.by["basis"] for row in rows} == {"own"}
    assert shares(rows) == {"renewal": pytest.approx(5 / 6), "purchase": pytest.approx(1 / 6)}
    assert (rows[0].figure.low, rows[0].figure.high) == wilson(5, 6)
    assert (time(rows).value, time(rows).n) == (12.5, 6)


def test_what_is_spent_already_is_given_and_shorter_visits_say_nothing(small_ledger: Ledger) -> None:
    events = often("a", 8)
    write(small_ledger, *events, told("note.added", "a", 8 * 5 + sum(range(10, 18)) + 12.5, data_text="hello"))
    rows = next_stage(small_ledger.store, "a", OUTLOOK)
    # Of visits of 10 to 17 days the five that lasted longer than 12.5 are left: 13, 14, 15, 16, 17.
    assert (time(rows).n, time(rows).value, time(rows).by["basis"]) == (5, 2.5, "own")
    assert {row.figure.by["own_visits"] for row in rows} == {5}


def test_one_visit_too_few_and_others_are_told_from(small_ledger: Ledger) -> None:
    write(small_ledger, *often("a", 4), *often("b", 9))
    rows = next_stage(small_ledger.store, "a", Outlook(as_of=micros(66)))
    assert {row.figure.by["basis"] for row in rows} == {"all customers"}
    assert {row.figure.by["own_visits"] for row in rows} == {4}
    assert time(rows).n == 8


def test_others_are_told_by_cumulative_incidence_and_what_stays_is_told(small_ledger: Ledger) -> None:
    events = []
    for number in range(10):
        name = f"c{number}"
        events += [stage(name, "use", 0), stage(name, ("renewal", "termination")[number % 2], 20 + number)]
    write(small_ledger, *events, stage("slow", "use", 0), stage("me", "use", 29))
    rows = next_stage(small_ledger.store, "me", Outlook(horizon=24 * DAY))
    found = shares(rows)
    assert found["renewal"] == pytest.approx(3 / 11)
    assert found["termination"] == pytest.approx(2 / 11)
    assert found["stays"] == pytest.approx(6 / 11)
    (stays,) = [row.figure for row in rows if row.figure.by.get("next_stage") == "stays"]
    assert stays.low is not None
    assert stays.high is not None
    assert 0 < stays.low < 6 / 11 < stays.high < 1
    assert time(rows).value == pytest.approx(25)
    assert [row.figure.numerator for row in rows[:2]] == [3, 2]


def test_a_segment_is_told_from_where_it_has_enough_visits(small_ledger: Ledger) -> None:
    events = []
    for number in range(80):
        name = f"c{number}"
        events += [gold(name, 0)] if number < 35 else []
        events += [stage(name, "use", 1), stage(name, "renewal" if number < 35 else "termination", 11)]
    write(small_ledger, *events, gold("me", 0), stage("me", "use", 10), stage("other", "use", 10))
    golden = next_stage(small_ledger.store, "me", Outlook(scheme="tier"))
    assert golden[0].figure.by["basis"] == "segment:tier=gold"
    assert (shares(golden)["renewal"], golden[0].figure.n) == (pytest.approx(1.0), 35)
    everyone = next_stage(small_ledger.store, "me", Outlook())
    assert everyone[0].figure.by["basis"] == "all customers"
    assert shares(everyone)["termination"] == pytest.approx(45 / 80)
    unplaced = next_stage(small_ledger.store, "other", Outlook(scheme="tier"))
    assert unplaced[0].figure.by["basis"] == "all customers"
    assert [rows[0].figure.by["segment_visits"] for rows in (golden, everyone, unplaced)] == [35, 0, 0]


def test_a_scheme_in_which_nobody_was_placed_is_no_reason_to_tell_from_all(small_ledger: Ledger) -> None:
    write(small_ledger, gold("me", 0), stage("me", "use", 8))
    with pytest.raises(InvalidArgument, match="in a segment of the scheme 'teir'"):
        next_stage(small_ledger.store, "me", Outlook(scheme="teir"))


def test_a_segment_with_too_few_visits_gives_way_to_all(small_ledger: Ledger) -> None:
    events = [stage(f"c{number}", name, at) for number in range(40) for name, at in (("use", 1), ("renewal", 9))]
    few = [gold(f"c{number}", 0) for number in range(29)]
    write(small_ledger, *events, *few, gold("me", 0), stage("me", "use", 8))
    assert next_stage(small_ledger.store, "me", Outlook(scheme="tier"))[0].figure.by["basis"] == "all customers"


def test_as_of_a_time_only_what_had_happened_by_then_is_told_from(small_ledger: Ledger) -> None:
    events = [stage("old", "use", 0), stage("old", "renewal", 10), stage("me", "use", 12), stage("late", "use", 0)]
    write(small_ledger, *events, stage("late", "termination", 40))
    rows = next_stage(small_ledger.store, "me", Outlook(as_of=micros(13), horizon=10 * DAY))
    assert (shares(rows)["renewal"], "termination" in shares(rows)) == (pytest.approx(0.5), False)
    assert rows[0].as_row()["as_of"] == "2024-01-14T00:00:00+00:00"


def test_beyond_what_anybody_was_observed_no_share_is_told(small_ledger: Ledger) -> None:
    events = [event for n in range(4) for event in (stage(f"c{n}", "use", 0), stage(f"c{n}", "renewal", 10 + n))]
    write(small_ledger, *events, stage("open", "use", 0), stage("me", "use", 18), told("page.viewed", "x", 20))
    known = next_stage(small_ledger.store, "me", Outlook(horizon=18 * DAY))
    assert shares(known) == {"renewal": pytest.approx(4 / 5), "stays": pytest.approx(1 / 5)}
    beyond = next_stage(small_ledger.store, "me", Outlook(horizon=19 * DAY))
    assert shares(beyond) == {"renewal": None, "stays": None}
    assert {(row.figure.low, row.figure.high) for row in beyond if "next_stage" in row.figure.by} == {(None, None)}
    assert (beyond[0].figure.n, beyond[0].figure.numerator, time(beyond).value) == (5, 4, time(known).value)


def test_where_nobody_stayed_as_long_nothing_is_told(small_ledger: Ledger) -> None:
    write(small_ledger, stage("a", "use", 0), stage("b", "use", 5), stage("b", "renewal", 9))
    rows = next_stage(small_ledger.store, "a", OUTLOOK)
    assert [(row.figure.value, row.figure.n) for row in rows] == [(None, 0), (None, 0)]


def test_who_stands_in_no_stage_or_is_unknown_is_said(small_ledger: Ledger) -> None:
    write(small_ledger, told("note.added", "a", 1, data_text="hello"))
    with pytest.raises(InvalidArgument, match="stood in no stage"):
        next_stage(small_ledger.store, "a", OUTLOOK)
    with pytest.raises(CustomerNotFound):
        next_stage(small_ledger.store, "b", OUTLOOK)
