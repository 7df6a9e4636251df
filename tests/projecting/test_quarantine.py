"""The quarantine: who is set aside, what would cure them, and the two ways back into the read model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import CustomerNotFound, InvalidArgument, ProjectionRaced, ProjectionStale
from ledger.opening import define
from ledger.projecting.quarantine import Parked, examine
from ledger.schemas.types import types_from_toml, types_to_json
from ledger.store.engine import writing
from tests.ledgers import SetClock, empty
from tests.projecting.test_parking import FROM_THE_FUTURE, header, parked, record, standing
from tests.store.asking import ask
from tests.store.events import fact, merge, order

METER = '[[types]]\nname = "meter.read"\nfamily = "use"\nsummary = "A meter was read."\n'
POINTS = '[[types]]\nname = "points.earned"\nfamily = "use"\nsummary = "Points were earned."\n'
SOON = header("customer.segment_assigned", '{"scheme":"tier","segment":"gold","valid_from":"soon"}')
"""An event that can be read, but no fold can place."""


THREE = [order("o1"), order("o2", "bo"), order("o3", "cy")]


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of three customers with an order each, projections built."""
    ledger.append(THREE)
    ledger.rebuild()
    return ledger


@pytest.fixture
def told_quickly(quick_ledger: Ledger) -> Ledger:
    """Give the same ledger on SQLite alone."""
    quick_ledger.append(THREE)
    quick_ledger.rebuild()
    return quick_ledger


def record_another(ledger: Ledger, customer_id: str, type: str, stored: bytes) -> None:
    """Record a second event that cannot be read."""
    values = {"customer_id": customer_id, "type": type, "type_version": 1, "header": stored.replace(b"f1", b"f2")}
    damage(ledger, FROM_THE_FUTURE.replace("e.position = 1", "e.position = 3"), **values)
    damage(ledger, "UPDATE log_head SET position = position + 1")
    damage(ledger, "UPDATE streams SET version = version + 1 WHERE customer_id = :customer_id", customer_id=customer_id)


def declare(url: str, *types: str) -> None:
    """Put a types file in force."""
    define(url, {"types": types_to_json(types_from_toml("".join(types)))})


def damage(ledger: Ledger, statement: str, **values: object) -> None:
    """Change what the database holds behind the ledger's back."""
    with writing(ledger.store.engine) as connection:
        connection.execute(text(statement), values)


def is_what_a_rebuild_makes(ledger: Ledger) -> bool:
    made = ledger.rebuild()
    return made.live and made.difference is not None and made.difference.equal


def test_it_names_the_customer_the_event_the_reason_and_how_many_events_wait(clocked: Ledger, clock: SetClock) -> None:
    clocked.append([order("o1"), order("o2", "bo")])
    clocked.rebuild()
    record(clocked, "bo", "meter.read", header("meter.read"))
    clock.now += 5_000_000
    clocked.catch_up()
    clocked.append(order("o3", "bo"))
    [one] = clocked.quarantine()
    assert one == Parked(
        customer_id="bo",
        position=3,
        source="shop",
        event_id="f1",
        type="meter.read",
        occurred_at=1_714_550_400_000_000,
        reason=one.reason,
        parked_at=clock.now,
        events_waiting=3,
    )
    assert "its type is unknown" in one.reason


def test_nobody_is_set_aside_before_anything_was_built(ledger: Ledger) -> None:
    assert ledger.quarantine() == []


def test_what_no_single_event_is_to_blame_for_names_no_event_of_somebody_else(told_quickly: Ledger) -> None:
    rating = {"metric": "csat", "score": 1e15, "scale_min": 1, "scale_max": 1e15}
    told_quickly.append([fact("s1", "survey.responded", "bo", rating), order("o4", "cy")])
    told_quickly.catch_up()
    [one] = told_quickly.quarantine()
    assert (one.customer_id, one.source, one.event_id, one.type) == ("bo", None, None, None)
    found = examine(told_quickly.store, "bo")
    assert found.position == 4
    assert "event.retracted" in found.cure


CURES = {
    "an unknown type": ("meter.read", 1, header("meter.read"), "declare meter.read in the types file"),
    "a later version": ("order.placed", 9, header("order.placed", type_version=9), "update customer-ledger"),
    "no text": ("order.placed", 1, b"\xff\xfe", "mend the declaration of order.placed"),
    "no place for it": ("customer.segment_assigned", 1, SOON, "append an event.retracted"),
}


@pytest.mark.parametrize("name", CURES)
def test_it_shows_the_event_as_far_as_it_can_be_read_and_the_cure(told_quickly: Ledger, name: str) -> None:
    type, type_version, stored, cure = CURES[name]
    record(told_quickly, "bo", type, stored, type_version)
    told_quickly.catch_up()
    found = examine(told_quickly.store, "bo")
    assert found.position == 4
    assert found.header == stored.decode(errors="backslashreplace")
    assert found.envelope is not None
    assert (found.envelope["type"], found.envelope["source"], found.envelope["position"]) == (type, "shop", 4)
    assert cure in found.cure
    assert "quarantine retry bo" in found.cure


def test_it_blames_the_first_event_and_not_the_last_one_that_waits_behind_it(told_quickly: Ledger) -> None:
    record(told_quickly, "bo", "customer.segment_assigned", SOON)
    told_quickly.append([order(f"p{number}", "bo") for number in range(5)])
    told_quickly.catch_up()
    assert examine(told_quickly.store, "bo").position == 4


def test_personal_fields_stay_out_of_what_is_shown(told_quickly: Ledger) -> None:
    told_quickly.append(
        fact("n1", "note.added", "bo", {"text": "allergic to bees"}, actor={"type": "agent", "id": "kim"})
    )
    with writing(told_quickly.store.engine) as connection:
        connection.execute(text("INSERT INTO parked__v1 VALUES (2, 4, 'as if', 0)"))
    record(told_quickly, "bo", "meter.read", header("meter.read"))
    told_quickly.catch_up()
    shown = repr((told_quickly.quarantine(), examine(told_quickly.store, "bo")))
    assert "bees" not in shown
    assert "kim" not in shown


def test_a_retry_takes_back_whoever_can_be_projected_now_without_a_rebuild(told: Ledger, quick_url: str) -> None:
    record(told, "bo", "meter.read", header("meter.read"))
    record_another(told, "cy", "points.earned", header("points.earned"))
    told.catch_up()
    declare(quick_url, METER)
    with Ledger.open(quick_url) as mended:
        with pytest.raises(ProjectionStale):
            mended.catch_up()
        made = mended.retry()
        assert made.widened
        assert made.projected == ["bo"]
        assert [one.customer_id for one in made.parked] == ["cy"]
        assert (standing(mended), parked(mended)) == (["ada", "bo"], [("cy", 5)])
        assert is_what_a_rebuild_makes(mended)


def test_more_types_than_before_need_no_rebuild_and_everything_else_does(told: Ledger, quick_url: str) -> None:
    declare(quick_url, METER)
    with Ledger.open(quick_url) as mended:
        assert mended.retry().widened
        mended.append(fact("m1", "meter.read", "bo"))
        assert mended.catch_up().parked == 0
        assert is_what_a_rebuild_makes(mended)
    declare(quick_url, METER.replace('"use"', '"support"'), POINTS)
    with Ledger.open(quick_url) as other, pytest.raises(ProjectionStale):
        other.retry()


def test_whoever_projected_under_the_fewer_types_stops(told: Ledger, quick_url: str) -> None:
    declare(quick_url, METER)
    with Ledger.open(quick_url) as mended:
        mended.retry()
    told.append(order("o4", "bo"))
    with pytest.raises(ProjectionStale):
        told.catch_up()


def test_a_retry_of_named_customers_leaves_the_others(told_quickly: Ledger) -> None:
    record(told_quickly, "bo", "customer.segment_assigned", SOON)
    record_another(told_quickly, "cy", "customer.segment_assigned", SOON)
    told_quickly.catch_up()
    damage(told_quickly, "UPDATE parked__v1 SET reason = 'as it was'")
    made = told_quickly.retry(["cy"])
    assert made.customers == ["cy"]
    assert [one.customer_id for one in made.parked] == ["cy"]
    assert sorted(one.reason == "as it was" for one in told_quickly.quarantine()) == [False, True]


def test_an_event_that_was_retracted_parks_nobody_any_more(told: Ledger) -> None:
    record(told, "bo", "customer.segment_assigned", SOON)
    told.catch_up()
    told.append(fact("r1", "event.retracted", "bo", {"source": "shop", "event_id": "f1"}))
    made = told.retry(["bo"])
    assert (made.projected, made.parked, made.position) == (["bo"], [], 5)
    assert standing(told) == ["ada", "bo", "cy"]
    assert is_what_a_rebuild_makes(told)


def test_a_customer_is_found_by_every_key_that_is_merged_into_them(told_quickly: Ledger) -> None:
    record(told_quickly, "bo", "customer.segment_assigned", SOON)
    told_quickly.append(merge("m1", "bo", "ada"))
    told_quickly.catch_up()
    assert [one.events_waiting for one in told_quickly.quarantine()] == [4]
    assert told_quickly.retry(["bo"]).customers == ["ada"]
    assert examine(told_quickly.store, "bo").parked.customer_id == "ada"


def test_a_retry_is_for_those_who_are_set_aside(told_quickly: Ledger) -> None:
    with pytest.raises(InvalidArgument, match=r"'ada' is not set aside.*quarantine replay ada"):
        told_quickly.retry(["ada"])
    with pytest.raises(InvalidArgument, match="not set aside"):
        examine(told_quickly.store, "ada")
    with pytest.raises(CustomerNotFound):
        told_quickly.retry(["nobody"])
    with pytest.raises(CustomerNotFound):
        told_quickly.refold(["ada", "nobody"])


DAMAGES = {
    "a row is missing": "DELETE FROM stage_visits__v1 WHERE customer = 2",
    "a row is wrong": "UPDATE journey_position__v1 SET events = 7 WHERE customer = 2",
    "a row is too many": "INSERT INTO journey_position__v1 SELECT * FROM journey_position__v1 WHERE customer = 2",
    "the rows are another's": "UPDATE channel_history__v1 SET customer = 2 WHERE customer = 3",
    "parked without a reason": "INSERT INTO parked__v1 VALUES (2, 2, 'none', 0)",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_replay_puts_right_whatever_is_stored_of_a_customer(told: Ledger, name: str) -> None:
    damage(told, DAMAGES[name])
    assert not told.verify(whole=True).ok
    made = told.refold(["bo", "cy"] if "another" in name else ["bo"])
    assert made.parked == []
    assert told.verify(whole=True).ok


def test_a_replay_puts_the_stored_state_right_too(told_quickly: Ledger) -> None:
    told_quickly.append(
        [order("o4", occurred_at="2024-05-02T10:00:00Z"), order("o5", "bo", occurred_at="2024-05-02T10:00:00Z")]
    )
    told_quickly.catch_up()
    of_ada = "(SELECT state FROM fold_states__v1 WHERE customer = 1)"
    damage(told_quickly, f"UPDATE fold_states__v1 SET state = {of_ada} WHERE customer = 2")
    told_quickly.refold(["bo"])
    told_quickly.append(order("o6", "bo", occurred_at="2024-05-03T10:00:00Z"))
    told_quickly.catch_up()
    assert told_quickly.verify(whole=True).ok


def test_rows_of_a_key_that_was_merged_away_go_with_a_replay_of_who_survives(told_quickly: Ledger) -> None:
    told_quickly.append(merge("m1", "bo", "ada"))
    told_quickly.catch_up()
    names = "customer, stage, cycle, evidence, overlays, first_at, last_at, last_source, last_event_id, last_type"
    rest = "last_channel, events, touchpoints, segments"
    damage(
        told_quickly,
        f"INSERT INTO journey_position__v1 ({names}, {rest}) "
        f"SELECT 2, {names.removeprefix('customer, ')}, {rest} FROM journey_position__v1 WHERE customer = 1",
    )
    assert not told_quickly.verify(whole=True).ok
    told_quickly.refold(["ada"])
    assert told_quickly.verify(whole=True).ok


def test_a_replay_takes_the_events_with_it_that_came_meanwhile(told_quickly: Ledger) -> None:
    told_quickly.append([order("o4", "bo"), order("o5", "cy")])
    assert told_quickly.refold(["bo"]).position == 5
    assert told_quickly.catch_up().events == 0
    assert told_quickly.verify(whole=True).ok


def test_an_append_between_reading_and_writing_makes_it_begin_again(kept_postgres: str) -> None:
    """On SQLite nobody appends while somebody else writes."""
    empty(kept_postgres)
    came: list[int] = []

    def clock() -> int:
        # The clock is read inside the transaction that writes, after all was folded.
        if not came:
            came.append(1)
            ledger.append(order("o2"))
        return 1_800_000_000_000_000

    with Ledger.open(kept_postgres) as ledger, Ledger.open(kept_postgres, clock=clock) as slow:
        ledger.append(order("o1"))
        ledger.rebuild()
        assert slow.refold(["ada"]).position == 2
        assert came
        assert ledger.verify(whole=True).ok


def test_replays_beside_projectors_and_appends_lose_nothing(told: Ledger, quick_url: str) -> None:
    customers = ("ada", "bo", "cy")
    rounds = 12

    def appending() -> None:
        for number in range(rounds):
            told.append([order(f"t{number}{who}", who) for who in customers])

    def projecting() -> None:
        for _ in range(rounds):
            with suppress(ProjectionRaced):
                told.catch_up()

    with Ledger.open(quick_url) as other, ThreadPoolExecutor(3) as crew:
        works = [crew.submit(appending), crew.submit(projecting)]
        for number in range(rounds):
            other.refold([customers[number % 3]])
        for work in works:
            work.result()
    told.catch_up()
    assert told.verify(whole=True).ok
    assert ask(told, "SELECT sum(events) FROM journey_position") == [(3 + rounds * 3,)]
