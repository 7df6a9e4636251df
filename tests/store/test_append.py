"""What an append keeps, where, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from ledger import Conflict, InvalidInput, Ledger, LedgerError, Refused
from ledger.commands import BATCH
from ledger.errors import ContentConflict, InvalidArgument, InvalidEvent, MergeCycle, OccurredInFuture, VersionConflict
from ledger.events.event import utc
from ledger.opening import define
from ledger.queries.history import event, export, history
from ledger.schemas.journey import default_journey, journey_to_json
from ledger.store.append import TOLERANCE
from ledger.store.plan import Recorded, Request
from tests.ledgers import SetClock
from tests.store.asking import ask, column, contents
from tests.store.events import Wire, about, fact, merge, order

SECOND = 1_000_000


def places(outcomes: Sequence[Recorded]) -> list[tuple[int, int, bool]]:
    return [(place.position, place.version, place.recorded) for place in outcomes]


def kept(ledger: Ledger, events: list[Wire]) -> list[tuple[int, int, bool]]:
    outcomes = []
    for outcome in ledger.append_many(events):
        assert isinstance(outcome, Recorded), outcome
        outcomes.append(outcome)
    return places(outcomes)


def iso(microseconds: int) -> str:
    return utc(microseconds).isoformat()


# The same event again


def test_the_same_event_again_returns_its_first_place_and_writes_nothing(ledger: Ledger) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    before = contents(ledger)
    assert places(ledger.append(order("o1"))) == [(1, 1, False)]
    assert kept(ledger, [order("o2", "bo"), order("o1")]) == [(2, 1, False), (1, 1, False)]
    assert contents(ledger) == before


def test_the_order_of_an_events_fields_and_when_it_was_received_are_not_its_content(ledger: Ledger) -> None:
    ledger.append(order("o1", received_at="2024-05-01T10:00:00Z"))
    again = dict(reversed(order("o1", received_at="2025-01-01T00:00:00Z").items()))
    assert places(ledger.append(again)) == [(1, 1, False)]


@pytest.mark.parametrize(
    "change",
    [
        {"value": "10.01"},
        {"occurred_at": "2024-05-01T08:00:00+00:00"},
        {"channel": "web"},
        {"type": "order.shipped", "data": {}},
        {"customer_id": "bo"},
    ],
    ids=["its data", "the same instant in another zone", "a field more", "another type", "another customer"],
)
def test_other_content_under_the_same_key_is_a_conflict_and_writes_nothing(
    ledger: Ledger, change: dict[str, Any]
) -> None:
    ledger.append(order("o1"))
    before = contents(ledger)
    other = order("o1", **change) if "data" not in change else order("o1") | change
    with pytest.raises(ContentConflict, match="position 1 with other content") as caught:
        ledger.append(other)
    assert (caught.value.source, caught.value.event_id, caught.value.position) == ("shop", "o1", 1)
    assert contents(ledger) == before


def test_two_sources_may_use_one_event_id(ledger: Ledger) -> None:
    assert kept(ledger, [order("o1"), order("o1", source="till")]) == [(1, 1, True), (2, 2, True)]


def test_a_key_with_other_content_later_in_the_same_batch_conflicts_alone(ledger: Ledger) -> None:
    first, same, other, last = ledger.append_many([order("o1"), order("o1"), order("o1", value="9.99"), order("o2")])
    assert isinstance(first, Recorded)
    assert isinstance(same, Recorded)
    assert isinstance(last, Recorded)
    assert places([first, same, last]) == [(1, 1, True), (1, 1, False), (2, 2, True)]
    assert isinstance(other, ContentConflict)
    assert other.position == 1
    assert "is recorded at position 1 with other content" in str(other)


def test_the_same_event_twice_in_one_atomic_append_is_kept_once(ledger: Ledger) -> None:
    assert places(ledger.append([order("o1"), order("o2"), order("o1")])) == [(1, 1, True), (2, 2, True), (1, 1, False)]
    assert column(ledger, "SELECT count(*) FROM events") == [2]


def test_one_key_with_two_contents_in_one_atomic_append_is_refused_whole(ledger: Ledger) -> None:
    before = contents(ledger)
    with pytest.raises(ContentConflict, match="in the same call"):
        ledger.append([order("o1"), order("o1", value="9.99")])
    assert contents(ledger) == before


def test_the_key_is_checked_before_anything_else(ledger: Ledger) -> None:
    ledger.append([order("o1"), fact("gone", "customer.erased")])
    assert places(ledger.append(order("o1"), expected_version=0)) == [(1, 1, False)]
    with pytest.raises(ContentConflict):
        ledger.append(order("o1", value="9.99"))


# Several together


@pytest.mark.parametrize("place", [0, 1, 2])
def test_of_events_appended_together_none_is_kept_when_one_is_refused(ledger: Ledger, place: int) -> None:
    ledger.append([order("o1"), fact("gone", "customer.erased")])
    before = contents(ledger)
    together = [order("n1", "new", source="till"), fact("n2", "customer.identified", "new", IDENTIFIER)]
    together.insert(place, order("late", "ada"))
    with pytest.raises(Refused):
        ledger.append(together)
    assert contents(ledger) == before
    together.pop(place)
    assert places(ledger.append(together)) == [(3, 1, True), (4, 2, True)]


IDENTIFIER = {"namespace": "email", "value": "new@example.org"}


def test_of_events_appended_together_none_is_kept_when_one_is_invalid(ledger: Ledger) -> None:
    with pytest.raises(InvalidEvent, match="currency"):
        ledger.append([order("o1"), order("o2") | {"data": {"value": "1.00"}}])
    assert column(ledger, "SELECT count(*) FROM events") == [0]


def test_a_refused_request_leaves_nothing_to_the_requests_after_it(ledger: Ledger) -> None:
    """Requests that share a transaction, as concurrent appends will: each has its own result."""
    prepare = ledger.store.preparer.prepare

    def request(*wires: Wire, expected_version: int | None = None) -> Request:
        return Request(tuple(prepare(wire, received=0) for wire in wires), expected_version)

    merged = merge("m1", "bo", "ada")
    kept(ledger, [order("o1"), merged])
    outcomes = ledger.store.appender.append(
        [
            request(order("x1", "new"), merge("x2", "newer", "new"), merge("x3", "new", "newer")),
            request(about("u1", "customer.unmerged", merged), order("o1", value="9.99")),
            request(merge("m2", "ada", "bo")),
            request(order("x1", "other")),
            request(order("o2"), order("o3"), expected_version=2),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [MergeCycle, ContentConflict, MergeCycle, tuple, tuple]
    assert isinstance(outcomes[3], tuple)
    assert isinstance(outcomes[4], tuple)
    assert places(outcomes[3]) == [(3, 1, True)]
    assert places(outcomes[4]) == [(4, 3, True), (5, 4, True)]
    assert column(ledger, "SELECT customer_id FROM streams ORDER BY customer_id") == ["ada", "bo", "other"]
    assert column(ledger, "SELECT count(*) FROM merges") == [1]
    assert column(ledger, "SELECT count(*) FROM unmerges") == [0]


def test_each_of_many_stands_for_itself(ledger: Ledger) -> None:
    events = [order("o1"), {"nonsense": True}, order("o1", value="2.00"), order("o2", value="?"), order("o3")]
    outcomes = list(ledger.append_many(events))
    assert [type(outcome) for outcome in outcomes] == [Recorded, InvalidEvent, ContentConflict, InvalidEvent, Recorded]
    assert column(ledger, "SELECT position FROM events ORDER BY position") == [1, 2]


def test_nothing_to_append_is_no_error_and_writes_nothing(ledger: Ledger) -> None:
    before = contents(ledger)
    assert ledger.append([]) == []
    assert list(ledger.append_many([])) == []
    assert contents(ledger) == before


def test_many_are_kept_batch_by_batch_as_they_are_read(ledger: Ledger) -> None:
    events = (order(f"o{number}", f"c{number % 7}") for number in range(BATCH + 10))
    outcomes = ledger.append_many(events)
    first = next(outcomes)
    assert isinstance(first, Recorded)
    assert column(ledger, "SELECT position FROM log_head") == [BATCH]
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator, which a caller may abandon
    assert column(ledger, "SELECT count(*) FROM events") == [BATCH]


# Versions


def test_an_append_at_the_expected_version_is_kept(ledger: Ledger) -> None:
    assert places(ledger.append(order("o1"), expected_version=0)) == [(1, 1, True)]
    assert places(ledger.append([order("o2"), order("o3")], expected_version=1)) == [(2, 2, True), (3, 3, True)]


@pytest.mark.parametrize("expected", [0, 2, -1])
def test_an_append_at_another_version_is_refused_and_says_the_version_it_found(ledger: Ledger, expected: int) -> None:
    ledger.append(order("o1"))
    before = contents(ledger)
    with pytest.raises(VersionConflict, match=f"at version 1, not {expected}") as caught:
        ledger.append([order("o2"), order("o3")], expected_version=expected)
    assert (caught.value.customer_id, caught.value.expected, caught.value.actual) == ("ada", expected, 1)
    assert contents(ledger) == before


def test_a_retry_finds_its_events_whatever_version_it_expected(ledger: Ledger) -> None:
    together = [order("o1"), order("o2")]
    ledger.append(together, expected_version=0)
    ledger.append(order("o3"))
    assert places(ledger.append(together, expected_version=0)) == [(1, 1, False), (2, 2, False)]


def test_a_retry_with_something_new_in_it_must_expect_the_version_as_it_is(ledger: Ledger) -> None:
    ledger.append(order("o1"), expected_version=0)
    together = [order("o1"), order("o2")]
    with pytest.raises(VersionConflict):
        ledger.append(together, expected_version=0)
    assert places(ledger.append(together, expected_version=1)) == [(1, 1, False), (2, 2, True)]


def test_an_expected_version_speaks_of_one_customer(ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="one customer"):
        ledger.append([order("o1"), order("o2", "bo")], expected_version=0)
    assert column(ledger, "SELECT count(*) FROM streams") == [0]


# Places


def test_positions_follow_the_order_given_and_versions_each_customer(ledger: Ledger) -> None:
    together = [order("o1"), order("o2", "bo"), order("o3"), order("o4", "bo"), order("o5", "cy")]
    assert places(ledger.append(together)) == [(1, 1, True), (2, 1, True), (3, 2, True), (4, 2, True), (5, 1, True)]
    assert [wire["event_id"] for wire in export(ledger.store)] == ["o1", "o2", "o3", "o4", "o5"]


def test_failures_leave_no_gap_in_positions_or_versions(ledger: Ledger) -> None:
    for number in range(5):
        ledger.append(order(f"o{number}"))
        with pytest.raises(Conflict):
            ledger.append([order(f"x{number}"), order("o0", value="9.99")])
        with pytest.raises(Refused):
            ledger.append([order(f"y{number}", "bo"), order(f"z{number}", occurred_at="2999-01-01T00:00:00Z")])
        with pytest.raises(InvalidInput):
            ledger.append({"type": "order.placed"})
    assert ask(ledger, "SELECT position, version FROM events ORDER BY position") == [(n, n) for n in range(1, 6)]


def test_a_name_is_the_text_it_is_not_a_lookalike(ledger: Ledger) -> None:
    names = ["a", "A", "a ", "ä", "a\u0308", "İ", "i", "a%", "a_", "'; DROP TABLE events; --"]
    kept(ledger, [order("o1", name, source=name) for name in names])
    assert column(ledger, "SELECT count(*) FROM streams") == [len(names)]
    for name in names:
        assert [wire["customer_id"] for wire in history(ledger.store, name)] == [name]


# Times


def test_recorded_at_never_goes_back_though_the_clock_does(clocked: Ledger, clock: SetClock) -> None:
    moments = [clock.now, clock.now + SECOND, clock.now - 3_600 * SECOND, clock.now, clock.now + 2 * SECOND]
    for number, moment in enumerate(moments):
        clock.now = moment
        clocked.append(order(f"o{number}"))
    latest = [max(moments[: number + 1]) for number in range(len(moments))]
    assert column(clocked, "SELECT recorded_at FROM events ORDER BY position") == latest


def test_events_of_one_append_are_recorded_at_one_instant(clocked: Ledger, clock: SetClock) -> None:
    clocked.append([order("o1"), order("o2", "bo")])
    assert column(clocked, "SELECT DISTINCT recorded_at FROM events") == [clock.now]


def test_what_occurs_later_than_the_clock_and_its_tolerance_is_refused(clocked: Ledger, clock: SetClock) -> None:
    clocked.append(order("now", occurred_at=iso(clock.now + TOLERANCE)))
    with pytest.raises(OccurredInFuture, match=r"300 s later .*correct the producer's clock") as caught:
        clocked.append(order("later", occurred_at=iso(clock.now + TOLERANCE + 1)))
    assert (caught.value.source, caught.value.event_id) == ("shop", "later")
    clock.now += 1
    clocked.append(order("later", occurred_at=iso(clock.now + TOLERANCE)))


def test_what_occurred_however_long_ago_is_kept(ledger: Ledger) -> None:
    ledger.append(order("o1", occurred_at="0001-01-01T00:00:00+00:00"))
    assert column(ledger, "SELECT occurred_at FROM events") == [-62_135_596_800 * SECOND]


def test_when_an_event_was_received_is_kept_and_is_now_where_nobody_says(clocked: Ledger, clock: SetClock) -> None:
    clocked.append([order("o1", received_at="2024-05-01T12:00:00.000001+02:00"), order("o2")])
    assert event(clocked.store, "shop", "o1")["received_at"] == "2024-05-01T10:00:00.000001+00:00"
    assert event(clocked.store, "shop", "o2")["received_at"] == iso(clock.now)
    assert event(clocked.store, "shop", "o1")["recorded_at"] == iso(clock.now)


def test_the_offset_that_a_producer_wrote_is_given_back(ledger: Ledger) -> None:
    ledger.append(order("o1", occurred_at="2024-05-01T10:00:00+05:30"))
    assert event(ledger.store, "shop", "o1")["occurred_at"] == "2024-05-01T10:00:00+05:30"


def test_a_date_without_a_time_is_the_start_of_its_day_in_the_journeys_zone(quick_url: str) -> None:
    zoned = structs.replace(default_journey(), zone="America/Sao_Paulo")
    define(quick_url, {"journey": journey_to_json(zoned)})
    with Ledger.open(quick_url) as ledger:
        ledger.append(order("o1", occurred_at="2018-03-01", time_precision="date"))
        assert column(ledger, "SELECT occurred_at FROM events") == [1_519_873_200 * SECOND]
        assert event(ledger.store, "shop", "o1")["occurred_at"] == "2018-03-01"


# Identities


def test_an_event_without_an_id_gets_a_uuid_of_version_7_and_says_which(ledger: Ledger) -> None:
    wires = [{name: value for name, value in order("").items() if name != "event_id"} for _ in range(3)]
    made = [ledger.append(wires[0])[0], ledger.append(wires[1])[0]]
    [last] = ledger.append_many([wires[2]])
    assert isinstance(last, Recorded)
    made.append(last)
    assert [UUID(place.event_id).version for place in made] == [7, 7, 7]
    assert [place.recorded for place in made] == [True, True, True]
    assert [wire["event_id"] for wire in export(ledger.store)] == [place.event_id for place in made]


def test_a_made_id_is_kept_as_the_uuid_it_is(ledger: Ledger) -> None:
    wire = {name: value for name, value in order("").items() if name != "event_id"}
    [place] = ledger.append(wire)
    assert [bytes(key) for key in column(ledger, "SELECT event_key FROM events")] == [UUID(place.event_id).bytes]


def test_a_uuid_in_other_letters_is_another_id(ledger: Ledger) -> None:
    small, large = "0190163d-8694-739b-aea5-966c26f8ad91", "0190163D-8694-739B-AEA5-966C26F8AD91"
    assert kept(ledger, [order(small), order(large)]) == [(1, 1, True), (2, 2, True)]


def test_every_error_of_an_append_is_the_ledgers_own(ledger: Ledger) -> None:
    for wrong in ("", "{", b"\xff", "[]", "null", {}, {"type": 1}, order("o1", customer_id="")):
        with pytest.raises(LedgerError):
            ledger.append(wrong)
