"""Health: the numbers of a sound ledger, and each damage seen, above all a green lag with a missing event."""

from __future__ import annotations

import pytest

from ledger import Ledger
from ledger.projecting.health import Thresholds
from ledger.sample.simulate import simulate
from tests.ledgers import SetClock
from tests.projecting.test_parking import header, record
from tests.queries.test_verify import damage
from tests.store.events import about, fact, merge, order

SECOND = 1_000_000
LATER = "2024-06-01T10:00:00Z"


CALL = fact("c1", "interaction.started", "ada", channel="phone", direction="inbound", interaction_id="i1")
STORY = [
    order("o1"),
    CALL,
    order("o2", "bo"),
    order("o3", "bo", occurred_at=LATER),
    about("r1", "event.retracted", order("o3", "bo")),
    about("k1", "stage.corrected", CALL, stage="use"),
    merge("m1", "bo", "ada"),
    order("o4", "cy"),
    fact("case1", "case.opened", "cy", case_id="case-1", occurred_at=LATER),
    order("o5", "di"),
]
"""Four customers, of whom two are one; something was retracted, something corrected."""


@pytest.fixture
def told(clocked: Ledger) -> Ledger:
    """Give a ledger that holds STORY, with its projections built."""
    clocked.append(STORY)
    clocked.rebuild()
    return clocked


@pytest.fixture
def told_quickly(quick_ledger: Ledger) -> Ledger:
    """Give the same ledger on SQLite alone."""
    quick_ledger.append(STORY)
    quick_ledger.rebuild()
    return quick_ledger


def test_a_sound_ledger_is_well_and_every_event_is_accounted_for(told: Ledger, clock: SetClock) -> None:
    clock.now += 7 * SECOND
    found = told.health()
    assert found.problems == []
    assert found.ok
    assert (found.head, found.position, found.missing_events, found.lag_events, found.lag_seconds) == (10, 10, 0, 0, 0)
    assert (found.events_folded, found.events_parked, found.events_unfolded) == (6, 0, 4)
    assert (found.version, found.current, found.last_append_seconds) == (1, True, 7)
    assert found.sampled_customers == 3


def test_an_empty_ledger_is_well_and_one_that_was_never_projected_is_not(ledger: Ledger) -> None:
    assert ledger.health().ok
    ledger.append(order("o1"))
    found = ledger.health()
    assert found.problems == ["no read model was built yet: run `customer-ledger rebuild`"]
    assert found.version is None
    ledger.rebuild()
    assert ledger.health().ok


def test_what_waits_is_counted_and_is_no_damage(told: Ledger, clock: SetClock) -> None:
    told.append([order("o6", "bo"), about("r2", "event.retracted", order("o4", "cy")), order("o7", "eve")])
    clock.now += 30 * SECOND
    found = told.health()
    assert found.ok
    assert (found.lag_events, found.lag_seconds, found.events_folded + found.events_unfolded) == (3, 30, 10)
    clock.now += 31 * SECOND
    assert [problem.split(":")[0] for problem in told.health().problems] == [
        "an event has waited to be projected for 61 s"
    ]
    assert told.health(Thresholds(lag=None)).ok
    [problem] = told.health(Thresholds(lag=None, lag_events=2)).problems
    assert problem.startswith("3 events wait to be projected, more than 2")
    told.catch_up()
    assert told.health().ok
    [problem] = told.health(Thresholds(silence=60)).problems
    assert problem.startswith("nothing was appended for 61 s")


def test_who_is_parked_is_counted_with_all_that_waits_with_them(told: Ledger, clock: SetClock) -> None:
    record(told, "cy", "meter.read", header("meter.read"))
    told.append(order("o6", "cy"))
    told.catch_up()
    clock.now += 5 * SECOND
    found = told.health()
    assert (found.parked_customers, found.oldest_parked_seconds, found.events_parked) == (1, 5, 4)
    assert found.events_folded + found.events_parked + found.events_unfolded == found.position
    assert [problem.split(":")[0] for problem in found.problems] == ["1 customer is set aside"]
    assert told.health(Thresholds(parked=1)).ok


def test_a_read_model_of_other_definitions_is_not_current(told_quickly: Ledger) -> None:
    damage(told_quickly, "UPDATE checkpoints SET fingerprint = 'of another fold'")
    found = told_quickly.health()
    assert not found.current
    assert [problem.split(":")[0] for problem in found.problems] == [
        "the read model was made by other definitions or folds than those in force"
    ]


MISCOUNTED = "rows of more or fewer events than recorded: "

DAMAGES = {
    "an event is missing": ("DELETE FROM events WHERE position = 3", "the log's head says 10 events and 9 are there"),
    "an event is missing, and the head is put right": (
        (
            "DELETE FROM events WHERE position = 10; UPDATE log_head SET position = 9; "
            "UPDATE checkpoints SET position = 9; UPDATE streams SET version = 0 WHERE customer_id = 'di'"
        ),
        MISCOUNTED + "di (first 0 expected, 1 found)",
    ),
    "a stream's head is wrong": (
        (
            "UPDATE streams SET version = version + 1 WHERE customer_id = 'cy'; "
            "UPDATE streams SET version = version - 1 WHERE customer_id = 'ada'"
        ),
        "the heads of the streams tell 10 events and 10 are there, and differ with ada, cy",
    ),
    "the checkpoint is moved on": ("UPDATE checkpoints SET position = 12", "the projections stand at a position that"),
    "the checkpoint is moved back": (
        "UPDATE checkpoints SET position = 9",
        MISCOUNTED + "di (first 0 expected, 1 found)",
    ),
    "one checkpoint is moved": (
        "UPDATE checkpoints SET position = 9 WHERE projection = 'cases'",
        "the projections stand at different positions",
    ),
    "a customer is skipped": (
        (
            "DELETE FROM journey_position__v1 WHERE customer = 3; DELETE FROM stage_visits__v1 WHERE customer = 3; "
            "DELETE FROM channel_history__v1 WHERE customer = 3; DELETE FROM cases__v1 WHERE customer = 3; "
            "DELETE FROM experience_metrics__v1 WHERE customer = 3"
        ),
        MISCOUNTED + "cy (first 2 expected, 0 found)",
    ),
    "a customer stands twice": (
        "INSERT INTO journey_position__v1 SELECT * FROM journey_position__v1 WHERE customer = 3",
        MISCOUNTED + "cy (first 2 expected, 4 found)",
    ),
    "somebody has rows who is merged into another": (
        "UPDATE journey_position__v1 SET customer = 2, events = 2 WHERE customer = 1",
        MISCOUNTED + "ada, bo (first 3 expected, 0 found)",
    ),
    "rows of nobody": (
        "UPDATE journey_position__v1 SET customer = 99 WHERE customer = 4",
        MISCOUNTED + "di, stream 99",
    ),
    "a parked customer has rows": (
        "INSERT INTO parked__v1 VALUES (4, 10, 'none', 0)",
        MISCOUNTED + "di (first 0 expected, 1 found)",
    ),
    "a parked customer is forgotten": (
        "DELETE FROM journey_position__v1 WHERE customer = 4; DELETE FROM parked__v1",
        MISCOUNTED + "di (first 1 expected, 0 found)",
    ),
    "a visit is missing": ("DELETE FROM stage_visits__v1 WHERE customer = 1 AND number = 1", "stage_visits "),
    "the last visit is missing": (
        "DELETE FROM stage_visits__v1 WHERE customer = 4",
        "stage_visits does not lead to the stage that journey_position tells, of di",
    ),
    "a channel is missing": (
        "DELETE FROM channel_history__v1 WHERE customer = 1 AND channel = 'phone'",
        "channel_history tells another number of touchpoints than journey_position, of ada",
    ),
    "a month is missing": (
        "DELETE FROM touchpoint_history__v1 WHERE customer = 1",
        "touchpoint_history tells another number of touchpoints than journey_position, of ada",
    ),
    "cases of nobody": (
        "UPDATE cases__v1 SET customer = 99 WHERE customer = 3",
        "cases has rows of somebody who is not in journey_position, of stream 99",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_seen_without_a_fold(told_quickly: Ledger, name: str) -> None:
    statements, said = DAMAGES[name]
    damage(told_quickly, *statements.split("; "))
    found = told_quickly.health(Thresholds(lag=None, parked=None), sample=0)
    assert not found.ok
    assert any(problem.startswith(said) for problem in found.problems), found.problems


def test_a_projection_that_came_after_the_version_was_built_has_no_say(told_quickly: Ledger) -> None:
    damage(
        told_quickly,
        "DELETE FROM checkpoints WHERE projection = 'touchpoint_history'",
        "DROP TABLE touchpoint_history__v1",
    )
    found = told_quickly.health(Thresholds(lag=None, parked=None), sample=0)
    assert found.disagreeing_customers == 0


def test_a_checkpoint_that_is_moved_past_an_event_does_not_make_the_lag_green(told: Ledger) -> None:
    told.append(order("o6", "di"))
    damage(told, "UPDATE checkpoints SET position = 11")
    found = told.health(sample=0)
    assert (found.lag_events, found.lag_seconds) == (0, 0)
    assert found.problems == [
        MISCOUNTED + "di (first 2 expected, 1 found): run `customer-ledger quarantine replay CUSTOMER`, "
        "or `customer-ledger rebuild` for many"
    ]
    told.refold(["di"])
    assert told.health().ok


def test_what_only_a_fold_can_tell_is_seen_with_a_sampled_customer(told_quickly: Ledger) -> None:
    damage(told_quickly, "UPDATE cases__v1 SET events = 7 WHERE customer = 3")
    assert told_quickly.health(sample=0).ok
    found = told_quickly.health(sample=100)
    assert (found.sampled_customers, found.differing_customers) == (3, 1)
    assert found.problems[0].startswith("rows that a fold of the log does not make: cy")


def test_simulated_lives_are_accounted_for_at_every_batch(quick_ledger: Ledger) -> None:
    quick_ledger.rebuild()
    kept = [outcome for outcome in quick_ledger.append_many(simulate(40, 11)) if not isinstance(outcome, Exception)]
    while (found := quick_ledger.health(Thresholds(lag=None), sample=5)).lag_events:
        assert found.problems == []
        assert found.events_folded + found.events_parked + found.events_unfolded == found.position
        quick_ledger.catch_up()
    assert found.position == len({outcome.position for outcome in kept})
    assert found.events_unfolded > 0


def test_every_damage_is_told_by_its_own_number(told: Ledger) -> None:
    damage(told, "DELETE FROM stage_visits__v1 WHERE customer = 4")
    damage(told, "UPDATE journey_position__v1 SET events = 5 WHERE customer = 3")
    damage(told, "DELETE FROM events WHERE position = 10")
    found = told.health(sample=100)
    assert (found.missing_events, found.miscounted_customers, found.disagreeing_customers) == (1, 1, 1)
    assert {problem.split()[0] for problem in found.problems} == {"the", "rows", "stage_visits"}


def test_what_a_retraction_takes_nothing_away_from_is_counted_once(told_quickly: Ledger) -> None:
    correction = about("k1", "stage.corrected", CALL, stage="use")
    told_quickly.append([about("r2", "event.retracted", correction), about("r3", "event.retracted", order("e1", "di"))])
    told_quickly.append(fact("e1", "customer.erased", "di"))
    told_quickly.catch_up()
    found = told_quickly.health()
    assert found.problems == []
    assert (found.events_folded, found.events_unfolded) == (7, 6)


def test_a_read_model_from_before_a_projection_was_thought_of_is_told_as_not_current(told_quickly: Ledger) -> None:
    damage(
        told_quickly,
        "DROP VIEW answers",
        "DROP TABLE answers__v1",
        "DELETE FROM checkpoints WHERE projection = 'answers'",
    )
    found = told_quickly.health()
    assert not found.current
    assert any("rebuild" in problem for problem in found.problems)
