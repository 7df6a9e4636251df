"""Explaining a customer: every value is told by the events that made it, each with why, and nothing is made up."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from ledger import Ledger
from ledger.errors import CustomerNotFound, InvalidArgument, ReadModelNotFound, Undecodable
from ledger.opening import define
from ledger.projecting.rebuild import build
from ledger.projections import PROJECTIONS
from ledger.queries.explain import Between, Explained, explain, explain_between, plainly
from ledger.queries.folded import fold_customer
from ledger.queries.tracing import Cause, Value
from ledger.sample.simulate import simulate
from ledger.schemas.definitions import Definitions
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.schemas.types import types_from_toml, types_to_json
from ledger.store.log import Until
from tests.ledgers import SetClock
from tests.projecting.test_parking import header, record
from tests.store.events import about, fact, merge, order


def at(day: int) -> str:
    return f"2024-05-{day:02}T10:00:00+00:00"


VIEWED = fact("v1", "page.viewed", occurred_at=at(1), channel="web", direction="inbound")
BOUGHT = order("o1", occurred_at=at(3), channel="shop")
OPENED = fact("k1", "case.opened", occurred_at=at(4), channel="phone", case_id="k")
CLOSED = fact("k2", "case.closed", occurred_at=at(6), channel="phone", case_id="k")


STORY = [BOUGHT, OPENED, CLOSED, VIEWED]
"""A customer who looked, bought and asked; the look arrived last."""


@pytest.fixture
def told(quick_ledger: Ledger) -> Ledger:
    """Give a ledger that holds STORY."""
    quick_ledger.append(STORY)
    return quick_ledger


@pytest.fixture
def told_on_both(clocked: Ledger) -> Ledger:
    """Give a ledger that holds STORY, on SQLite and again on PostgreSQL."""
    clocked.append(STORY)
    return clocked


def value(ledger: Ledger, projection: str, column: str, customer_id: str = "ada", **key: Any) -> Value:
    """The one value of a column, in the row of that key."""
    found = explain(ledger.store, customer_id, projection=projection, column=column)
    [one] = [row.values[0] for row in found.rows if key.items() <= row.key.items()]
    return one


def events(causes: list[Cause]) -> list[str]:
    return [cause.event.event_id for cause in causes]


def test_a_stage_is_told_by_the_moves_that_led_to_it_the_last_first(told_on_both: Ledger) -> None:
    stage = value(told_on_both, "journey_position", "stage")
    assert stage.value == "purchase"
    assert [(cause.event.event_id, cause.before, cause.after, cause.why) for cause in stage.causes] == [
        ("o1", "awareness", "purchase", "skip to purchase, rule buying"),
        ("v1", None, "awareness", "advance to awareness, rule noticing"),
    ]


def test_a_total_is_told_by_every_event_that_was_counted(told: Ledger) -> None:
    total = value(told, "journey_position", "events")
    assert (total.value, events(total.causes)) == (4, ["k2", "k1", "o1", "v1"])
    assert {cause.why for cause in total.causes} == {"counted"}
    assert [cause.after for cause in total.causes] == [4, 3, 2, 1]


def test_what_an_event_moved_is_told_apart_from_what_it_was_counted_in(told: Ledger) -> None:
    assert value(told, "journey_position", "last_type").causes[-2].why == "counted"
    left = value(told, "stage_visits", "left_at", track="overlay", number=1)
    assert [(cause.event.event_id, cause.why) for cause in left.causes[:1]] == [("k2", "closes support")]
    opened = value(told, "stage_visits", "stage", track="overlay", number=1)
    assert [(cause.event.event_id, cause.why) for cause in opened.causes] == [("k1", "opens support, rule case open")]


def test_a_stage_that_was_said_outright_says_so(quick_ledger: Ledger) -> None:
    quick_ledger.append([order("o1", stage_hint="use")])
    assert value(quick_ledger, "journey_position", "stage").causes[0].why == "skip to use, said outright"


def test_a_row_shows_its_own_evidence(told: Ledger) -> None:
    [row] = explain(told.store, "ada", projection="journey_position").rows
    assert row.key == {}
    assert row.evidence == [("shop", "o1")]
    visits = explain(told.store, "ada", projection="stage_visits", column="stage").rows
    assert [(row.key["track"], row.key["number"], row.evidence) for row in visits] == [
        ("primary", 1, [("shop", "v1")]),
        ("primary", 2, [("shop", "o1")]),
        ("overlay", 1, [("shop", "k1")]),
    ]


def test_an_event_that_came_late_says_so(told: Ledger) -> None:
    found = explain(told.store, "ada")
    assert found.late == {4}


def test_a_retracted_event_is_behind_nothing_and_names_what_retracted_it(told: Ledger) -> None:
    told.append(
        [about("r1", "event.retracted", BOUGHT, why="a test order"), fact("n1", "note.added", data={"text": "x"})]
    )
    found = explain(told.store, "ada")
    assert value(told, "journey_position", "stage").value == "awareness"
    assert [(one.event.event_id, one.why) for one in found.left_out] == [
        ("r1", "retracts shop/o1"),
        ("o1", "retracted by shop/r1: a test order"),
    ]
    assert "o1" not in {cause.event.event_id for row in found.rows for one in row.values for cause in one.causes}


def test_a_corrected_stage_names_the_correction(told: Ledger) -> None:
    told.append(about("c1", "stage.corrected", BOUGHT, stage="consideration"))
    found = explain(told.store, "ada", projection="journey_position", column="stage")
    [cause, _] = found.rows[0].values[0].causes
    assert (cause.event.event_id, cause.why) == ("o1", "advance to consideration, said outright")
    assert found.corrected == {1: ("shop", "c1")}
    assert [one.why for one in found.left_out] == ["corrects the stage of shop/o1 to consideration"]


def test_the_events_of_merged_customers_are_explained_together_each_under_its_own_key(told_on_both: Ledger) -> None:
    told_on_both.append([order("o2", "bo", occurred_at=at(7)), merge("m1", "bo", "ada")])
    found = explain(told_on_both.store, "bo", column="events", projection="journey_position")
    assert found.customer_id == "ada"
    cause = found.rows[0].values[0].causes[0]
    assert (cause.event.event_id, found.names[cause.event.stream]) == ("o2", "bo")
    assert [one.why for one in found.left_out] == ["says that two customers are one"]


def test_events_of_one_instant_are_told_apart(quick_ledger: Ledger) -> None:
    quick_ledger.append([order(f"o{number}", occurred_at=at(1)) for number in range(4)])
    assert events(value(quick_ledger, "journey_position", "events").causes) == ["o3", "o2", "o1", "o0"]


def test_it_is_told_as_of_a_time_and_as_known_at_one(clocked: Ledger, clock: SetClock) -> None:
    clocked.append([VIEWED, BOUGHT])
    clock.now += 1_000_000
    clocked.append(OPENED)
    known = explain(clocked.store, "ada", until=Until(known_at=clock.now - 1))
    assert known.events == 2
    assert explain(clocked.store, "ada", until=Until(as_of=1_714_600_000_000_000)).events == 1


def test_every_value_is_what_the_fold_makes_and_its_causes_lead_to_it(quick_ledger: Ledger) -> None:
    for _ in quick_ledger.append_many(simulate(12, 3)):
        pass
    customers = {event["customer_id"] for event in simulate(12, 3)}
    moved = 0
    for customer_id in sorted(customers):
        found = explain(quick_ledger.store, customer_id)
        folded = fold_customer(quick_ledger.store, customer_id, PROJECTIONS).rows
        assert rows_of(found) == {name: rows for name, rows in folded.items() if rows}
        for one in (one for row in found.rows for one in row.values):
            assert_leads_to(one)
            moved += sum(cause.why != "counted" for cause in one.causes)
    assert moved > 100


def rows_of(found: Explained) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in found.rows:
        rows.setdefault(row.projection, []).append({one.column: one.value for one in row.values})
    return rows


def assert_leads_to(one: Value) -> None:
    assert one.causes[0].after == one.value
    assert all(later.before == earlier.after for later, earlier in zip(one.causes, one.causes[1:], strict=False))
    assert all(cause.before != cause.after or cause is one.causes[-1] for cause in one.causes)
    assert one.causes[-1].before is None


def test_what_there_is_not_is_refused_with_what_there_is(told: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="no projection 'position': did you mean 'journey_position'"):
        explain(told.store, "ada", projection="position")
    with pytest.raises(InvalidArgument, match="no column 'colour' in journey_position: there are stage, "):
        explain(told.store, "ada", column="colour", projection="journey_position")
    with pytest.raises(CustomerNotFound):
        explain(told.store, "nobody")
    assert {row.projection for row in explain(told.store, "ada", column="stage").rows} >= {
        "journey_position", "stage_visits", "experience_metrics", "cases",
    }  # fmt: skip
    assert {row.projection for row in explain(told.store, "ada", column="cycle").rows} <= {
        projection.name for projection in PROJECTIONS if "cycle" in {column.name for column in projection.columns}
    }


def test_a_customer_whom_no_fold_takes_is_told_with_the_position(told: Ledger) -> None:
    record(
        told,
        "ada",
        "customer.segment_assigned",
        header("customer.segment_assigned", '{"scheme":"tier","segment":"gold","valid_from":"soon"}'),
    )
    with pytest.raises(Undecodable, match="position 5"):
        explain(told.store, "ada")


def test_values_are_shown_as_json_has_them() -> None:
    assert plainly("journey_position", "entered_at", 1_000_000) == "1970-01-01T00:00:01+00:00"
    assert plainly("journey_position", "segments", '{"tier":"gold"}') == {"tier": "gold"}
    assert plainly("experience_metrics", "period", 31) == "1970-02-01"
    assert plainly("journey_position", "stage", None) is None


def without(rule: str, name: str) -> str:
    """The journey in force, but for one rule."""
    journey = default_journey()
    rules = tuple(one for one in journey.rules if one.name != rule)
    assert len(rules) < len(journey.rules)
    return journey_to_json(structs.replace(journey, name=name, rules=rules))


def between(told: Ledger, definitions: Definitions, **asked: Any) -> Between:
    told.rebuild()
    build(told.store, "what-if", definitions=definitions)
    return explain_between(told.store, "ada", "1", "what-if", **asked)


def test_two_versions_are_told_by_what_differs_and_by_the_events_and_rules_of_each(told_on_both: Ledger) -> None:
    changed = structs.replace(told_on_both.store.definitions, journey=without("buying", "no buying"))
    found = between(told_on_both, changed, projection="journey_position", column="stage")
    assert found.definitions == ["journey"]
    assert (found.before.version, found.after.name) == (1, "what-if")
    [difference] = found.differences
    assert difference.before is not None
    assert difference.after is not None
    assert (difference.before.value, difference.after.value) == ("purchase", "awareness")
    assert difference.before.causes[0].why == "skip to purchase, rule buying"
    assert events(difference.after.causes) == ["v1"]


def test_a_row_that_only_one_version_has_is_no_row_of_the_other(told: Ledger) -> None:
    changed = structs.replace(told.store.definitions, journey=without("buying", "no buying"))
    found = between(told, changed, projection="stage_visits", column="stage")
    [gone] = [one for one in found.differences if one.key == {"track": "primary", "number": 2}]
    assert gone.before is not None
    assert (gone.before.value, gone.after) == ("purchase", None)


def test_versions_under_the_same_definitions_say_the_same(told: Ledger) -> None:
    found = between(told, told.store.definitions)
    assert (found.definitions, found.differences) == ([], [])
    with pytest.raises(ReadModelNotFound):
        explain_between(told.store, "ada", "1", "nothing")


def test_a_version_that_cannot_read_an_event_says_so(told: Ledger) -> None:
    told.rebuild()
    types = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'
    define(told.store.url, {"types": types_to_json(types_from_toml(types))})
    with Ledger.open(told.store.url) as more:
        more.append(fact("f1", "meter.read"))
        build(more.store, "more")
        found = explain_between(more.store, "ada", "1", "more", column="events", projection="journey_position")
    assert found.before_parked is not None
    assert "its type is unknown" in found.before_parked
    assert found.after_parked is None
    [difference] = found.differences
    assert difference.before is None
