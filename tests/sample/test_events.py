"""What the simulator writes, seen from outside: valid, complete, the same for everyone, and counted right."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import RFC_4122, UUID
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import InvalidArgument
from ledger.events import VOCABULARY
from ledger.events.event import Event
from ledger.events.instants import instant, occurred
from ledger.sample import Truth, simulate, simulate_lines
from ledger.schemas.prepare import Preparer

DAY = 86_400_000_000
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(scope="module")
def told() -> tuple[list[bytes], Truth]:
    truth = Truth()
    return list(simulate_lines(2_000, 7, truth=truth)), truth


@pytest.fixture(scope="module")
def events(told: tuple[list[bytes], Truth]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told[0]]


def at(event: dict[str, Any]) -> int:
    return occurred(event["occurred_at"], event.get("time_precision", "instant"), UTC_ZONE)


def first_deliveries(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        seen.setdefault((event["source"], event["event_id"]), event)
    return list(seen.values())


def test_every_type_of_the_vocabulary_occurs_among_two_thousand_customers(events: list[dict[str, Any]]) -> None:
    assert {event["type"] for event in events} == set(VOCABULARY)


def test_every_own_field_of_every_type_occurs(events: list[dict[str, Any]]) -> None:
    given = {(event["type"], field) for event in events for field in event["data"]}
    known = {
        (name, field) for name, event_type in VOCABULARY.items() for field in event_type.data.__struct_encode_fields__
    }
    assert given == known


def test_every_field_of_the_envelope_occurs_but_the_version_of_the_type(events: list[dict[str, Any]]) -> None:
    given = {field for event in events for field in event}
    assert set(Event.__struct_encode_fields__) - given == {"type_version"}


def test_the_ledger_accepts_every_event(told: tuple[list[bytes], Truth]) -> None:
    preparer = Preparer(VOCABULARY, UTC_ZONE)
    for line in told[0]:
        preparer.prepare(line, received=0)


def test_events_and_lines_are_the_same_simulation() -> None:
    assert [json.loads(line) for line in simulate_lines(40, 3)] == list(simulate(40, 3))


def test_a_seed_gives_the_same_bytes_on_every_machine() -> None:
    written = b"".join(simulate_lines(60, 1))
    # A change here is a change of every simulated ledger and figure: say so in the change log.
    assert sha256(written).hexdigest() == "1cf7570c25617828547eabe387f2a8b7c63d8c8d05e3105a27346bbf7c9df24e"


def test_another_seed_gives_other_customers() -> None:
    one = {event["event_id"] for event in simulate(30, 1)}
    assert one.isdisjoint(event["event_id"] for event in simulate(30, 2))


def test_more_customers_change_none_of_the_first() -> None:
    def of_the_first(customers: int) -> list[bytes]:
        first = {f"C{number:07d}" for number in range(40)}
        return [line for line in simulate_lines(customers, 5) if json.loads(line)["customer_id"] in first]

    assert of_the_first(40) == of_the_first(70)


def test_event_ids_are_uuids_of_version_seven_that_carry_the_time(events: list[dict[str, Any]]) -> None:
    for event in events[::50]:
        name = UUID(event["event_id"])
        assert str(name) == event["event_id"]
        assert (name.version, name.variant) == (7, RFC_4122)
        assert name.int >> 80 == at(event) // 1000


def test_an_event_id_names_one_event(events: list[dict[str, Any]]) -> None:
    content: dict[str, dict[str, Any]] = {}
    for event in events:
        producers = {field: value for field, value in event.items() if field != "received_at"}
        assert content.setdefault(event["event_id"], producers) == producers


def test_everything_occurs_and_arrives_within_the_span(events: list[dict[str, Any]]) -> None:
    begin, end = instant("2023-01-01T00:00:00Z"), instant("2026-01-01T00:00:00Z")
    for event in events:
        assert begin <= at(event) < end
        assert at(event) <= instant(event["received_at"]) <= end


def test_the_span_can_be_chosen() -> None:
    end = datetime(2020, 1, 1, tzinfo=UTC)
    occurred = [at(event) for event in simulate(50, 1, start=end - timedelta(days=365), end=end)]
    assert instant("2019-01-01T00:00:00Z") <= min(occurred) <= max(occurred) < instant("2020-01-01T00:00:00Z")


def test_journeys_take_years_and_some_customers_do_far_more_than_others(events: list[dict[str, Any]]) -> None:
    per_customer = Counter(event["customer_id"] for event in events)
    counts = sorted(per_customer.values())
    assert 35 < len(events) / 2_000 < 60
    assert counts[-1] > 8 * counts[len(counts) // 2]
    assert max(map(at, events)) - min(map(at, events)) > 2.5 * 365 * DAY


def test_arrival_is_by_received_at_and_customers_are_mixed() -> None:
    events = list(simulate(100, 4))
    arrived = [event["received_at"] for event in first_deliveries(events) if event["type"] not in _LAST]
    assert arrived == sorted(arrived)
    keys = [event["customer_id"] for event in events]
    assert sum(before != after for before, after in pairwise(keys)) > len(keys) / 2


_LAST = ("customer.erased", "consent.granted", "preference.set")


def test_shuffling_changes_the_order_of_arrival_and_nothing_else() -> None:
    ordered, shuffled = list(simulate_lines(300, 9)), list(simulate_lines(300, 9, shuffle=True))
    assert ordered != shuffled
    assert sorted(ordered) == sorted(shuffled)


@pytest.mark.parametrize("shuffle", [False, True])
def test_nothing_but_a_return_follows_an_erasure(shuffle: bool) -> None:
    erased: dict[str, list[str]] = {}
    for event in simulate(500, 2, shuffle=shuffle):
        if event["type"] == "customer.erased":
            erased[event["customer_id"]] = []
        elif event["customer_id"] in erased:
            erased[event["customer_id"]].append(event["type"])
    assert erased
    assert all(types in ([], ["consent.granted", "preference.set"]) for types in erased.values())


def test_the_truth_counts_what_arrives(told: tuple[list[bytes], Truth], events: list[dict[str, Any]]) -> None:
    report = told[1].report()
    distinct = first_deliveries(events)
    counts = report["counts"]
    assert counts["lines"] == len(events)
    assert counts["events"] == len(distinct)
    assert counts["duplicates"] == len(events) - len(distinct)
    assert counts["keys"] == len({event["customer_id"] for event in events})
    assert counts["late"] == sum(instant(event["received_at"]) - at(event) > DAY for event in distinct)
    assert report["types"] == Counter(event["type"] for event in distinct)
    assert report["sources"] == Counter(event["source"] for event in distinct)
    assert report["channels"] == Counter(event.get("channel", "") for event in distinct)
    assert report["precisions"] == Counter(event["time_precision"] for event in distinct if "time_precision" in event)
    assert all(counts[name] > 0 for name in ("duplicates", "late", "out_of_order", "merges", "unmerges"))


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_truth_counts_events_that_arrive_after_later_ones_of_their_customer(shuffle: bool) -> None:
    truth = Truth()
    events = list(simulate(200, 6, shuffle=shuffle, truth=truth))
    latest: dict[str, int] = {}
    disordered = 0
    for event in first_deliveries(events):
        key = event["customer_id"]
        disordered += at(event) < latest.get(key, 0)
        latest[key] = max(latest.get(key, 0), at(event))
    assert truth.counts["out_of_order"] == disordered > 0


def test_dates_without_a_time_are_days_of_the_zone() -> None:
    dates = [event for event in simulate(300, 3, zone="America/Sao_Paulo") if event.get("time_precision") == "date"]
    assert dates
    for event in dates:
        begins = occurred(event["occurred_at"], "date", ZoneInfo("America/Sao_Paulo"))
        assert UUID(event["event_id"]).int >> 80 == begins // 1000


def test_no_customers_give_no_events_and_an_empty_truth() -> None:
    truth = Truth()
    assert list(simulate(0, 1, truth=truth)) == []
    assert json.loads(truth.json())["counts"] == {}


@pytest.mark.parametrize(
    ("arguments", "options", "cure"),
    [
        ((-1, 1), {}, "give whole numbers from 0"),
        ((1, -1), {}, "give whole numbers from 0"),
        ((1, 1), {"start": datetime(2026, 1, 1, tzinfo=UTC)}, "correct the span"),
        ((1, 1), {"zone": "Middle/Earth"}, "give an IANA name"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused_with_the_cure(
    arguments: tuple[int, int], options: dict[str, Any], cure: str
) -> None:
    with pytest.raises(InvalidArgument, match=cure):
        simulate(*arguments, **options)
