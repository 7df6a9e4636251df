"""The fast path and the schema are one contract, and what is kept is what the producer sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b, sha256
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidEvent, Problem
from ledger.events.event import Event
from ledger.events.instants import instant
from ledger.events.new import new_event
from ledger.events.purchase import OrderPlaced
from ledger.events.use import UsageRecorded
from ledger.schemas.event import EventSchema
from ledger.schemas.parsing import parse
from ledger.schemas.prepare import Prepared, Preparer, key_of
from tests.schemas.wire_events import TYPES, good_events, texts

ZONE = ZoneInfo("Europe/Berlin")
PREPARER = Preparer(TYPES, ZONE)
SCHEMA = EventSchema(TYPES, ZONE)
ORDER: dict[str, Any] = {
    "event_id": "018f4e2a-7c5b-7def-8abc-0123456789ab",
    "source": "web",
    "type": "order.placed",
    "customer_id": "ana@example.org",
    "occurred_at": "2024-05-01T10:20:30+02:00",
    "channel": "web",
    "data": {"value": "12.50", "currency": "EUR"},
}


class Hasty(Preparer):
    """Takes the fast path or none."""

    @property
    def schema(self) -> Any:
        raise AssertionError("the fast path gave up")


def prepare(event: Event[Any] | dict[str, Any] | bytes | str, **options: Any) -> Prepared:
    return PREPARER.prepare(event, received=7, **options)


def problems(event: Event[Any] | dict[str, Any] | bytes | str) -> list[Problem]:
    try:
        prepare(event)
    except InvalidEvent as error:
        return list(error.problems)
    return []


def schema_problems(raw: bytes) -> list[Problem]:
    try:
        wire, twice = parse(raw)
    except InvalidEvent as error:
        return list(error.problems)
    return [*twice, *SCHEMA.problems({"data": {}, **wire})]


@settings(max_examples=300)
@given(texts())
@example(json.dumps(ORDER | {"data": {"currency": "EUR\n", "value": "1"}}).encode())
@example(json.dumps(ORDER | {"data": {"quantity": 1.0}}).encode())
@example(json.dumps(ORDER | {"data": {"items": [{"n": 2**70}]}}).encode())
@example(json.dumps(ORDER | {"channel": "\0"}).encode())
def test_an_event_is_accepted_exactly_if_the_schema_has_nothing_against_it(raw: bytes) -> None:
    assert problems(raw) == schema_problems(raw)


@settings(max_examples=200)
@given(good_events())
def test_an_event_that_may_be_recorded_never_needs_the_slow_path(event: dict[str, Any]) -> None:
    Hasty(TYPES, ZONE).prepare(json.dumps(event).encode(), received=7)


@given(good_events(), st.booleans(), st.booleans(), st.randoms())
def test_the_same_fields_have_one_digest_however_they_are_written(
    event: dict[str, Any], ascii_only: bool, as_text: bool, shuffle: Any
) -> None:
    names = list(event)
    shuffle.shuffle(names)
    other = {name: event[name] for name in names} | {"received_at": "2024-05-01T10:20:30Z"}
    text = json.dumps(other, ensure_ascii=ascii_only, indent=1)
    assert prepare(text if as_text else text.encode()).digest == prepare(event).digest


@given(good_events())
def test_absent_and_null_and_default_are_the_same_content(event: dict[str, Any]) -> None:
    bare = {name: value for name, value in event.items() if value is not None}
    if bare.get("time_precision") == "instant":
        del bare["time_precision"]
    assert prepare(bare | {"type_version": 1}).digest == prepare(event).digest


@given(good_events())
def test_the_slow_path_keeps_what_the_fast_one_keeps(event: dict[str, Any]) -> None:
    # An escaped colon is what the fast path leaves to the schema.
    text = json.dumps(event | {"reason": ":"}).replace('"reason": ":"', '"reason": "\\u003a"')
    assert prepare(text) == prepare(event | {"reason": ":"})


@given(good_events())
def test_nothing_that_names_the_customer_stands_in_the_clear_part(event: dict[str, Any]) -> None:
    secret = "s3cr3t-of-the-customer"
    event["customer_id"] = secret
    event["actor"] = {"type": "agent", "id": secret, "role": "clerk"}
    for name in ("value", "from", "into", "evidence", "comment", "text", "to", "by", "note"):
        if name in event["data"] and event["type"] not in ("order.placed", "interaction.handed_over"):
            event["data"][name] = secret
    prepared = prepare(event)
    assert secret not in prepared.header.decode()
    assert b'"actor":{"id":"' + secret.encode() in (prepared.sealed or b"")


def test_an_order_becomes_what_the_log_keeps() -> None:
    prepared = prepare(ORDER)
    assert prepared.event.data == OrderPlaced(value="12.50", currency="EUR")
    assert (prepared.at, prepared.received) == (instant("2024-05-01T08:20:30Z"), 7)
    assert prepared.key == UUID(ORDER["event_id"]).bytes
    assert prepared.sealed is None
    assert json.loads(prepared.header) == {name: value for name, value in ORDER.items() if name != "customer_id"}
    assert prepared.digest == sha256(json.dumps(ORDER, sort_keys=True, separators=(",", ":")).encode()).digest()


def test_personal_fields_are_kept_apart_by_the_object_they_stand_in() -> None:
    prepared = prepare(
        ORDER
        | {
            "type": "survey.responded",
            "actor": {"type": "agent", "id": "joe", "role": "clerk"},
            "data": {"metric": "csat", "score": 4, "scale_min": 1, "scale_max": 5, "comment": "gut"},
        }
    )
    assert json.loads(prepared.sealed or b"") == {"data": {"comment": "gut"}, "actor": {"id": "joe"}}
    clear = json.loads(prepared.header)
    assert clear["actor"] == {"type": "agent", "role": "clerk"}
    assert clear["data"] == {"metric": "csat", "score": 4.0, "scale_min": 1.0, "scale_max": 5.0}
    assert prepared.event.data.comment == "gut"  # type: ignore[attr-defined]  # the class of the type, not of the test


@pytest.mark.parametrize(
    ("event_id", "is_itself"),
    [
        ("018f4e2a-7c5b-7def-8abc-0123456789ab", True),
        ("018F4E2A-7C5B-7DEF-8ABC-0123456789AB", False),
        ("018f4e2a7c5b7def8abc0123456789ab", False),
        ("{018f4e2a-7c5b-7def-8abc-0123456789ab}", False),
        ("order-1", False),
    ],
)
def test_only_one_spelling_of_a_uuid_is_its_own_key(event_id: str, is_itself: bool) -> None:
    hashed = blake2b(event_id.encode(), digest_size=16).digest()
    assert key_of(event_id) == (UUID(event_id).bytes if is_itself else hashed)


def test_the_producers_received_at_goes_before_ours_and_is_no_content() -> None:
    event = ORDER | {"received_at": "2024-05-02T00:00:00Z"}
    assert prepare(event).received == instant("2024-05-02T00:00:00Z")
    assert prepare(event).digest == prepare(ORDER).digest
    assert prepare(event).header == prepare(ORDER).header


def test_an_absent_identity_is_made_where_it_may_be() -> None:
    event = {name: value for name, value in ORDER.items() if name != "event_id"}
    for given_ in (event, event | {"event_id": None}, json.dumps(event)):
        prepared = prepare(given_, make_id=True)
        assert UUID(prepared.event.event_id).version == 7
        assert json.loads(prepared.header)["event_id"] == prepared.event.event_id
    assert [problem.field for problem in problems(event)] == ["event_id"]


def test_absent_data_is_no_own_fields() -> None:
    event = {name: value for name, value in ORDER.items() if name != "data"} | {"type": "page.viewed"}
    assert prepare(event).digest == prepare(event | {"data": {}}).digest


def test_a_date_is_the_start_of_its_day_in_the_ledgers_zone() -> None:
    event = ORDER | {"occurred_at": "1997-01-12", "time_precision": "date"}
    assert prepare(event).at == instant("1997-01-12T00:00:00+01:00")
    assert [problem.field for problem in problems(event | {"time_precision": "instant"})] == ["occurred_at"]


def test_a_mapping_may_hold_times_decimals_and_identities_of_python() -> None:
    occurred_at = datetime(2024, 5, 1, 8, 20, 30, tzinfo=UTC)
    event = ORDER | {
        "event_id": UUID(ORDER["event_id"]),
        "occurred_at": occurred_at,
        "data": MappingProxyType({"value": Decimal("12.50"), "currency": "EUR"}),
    }
    prepared = prepare(event)
    assert prepared.event.data == OrderPlaced(value="12.50", currency="EUR")
    assert prepared.event.occurred_at == "2024-05-01T08:20:30Z"
    assert prepared.digest == prepare(event | {"data": dict(event["data"])}).digest


class OthersText(str):
    """Text as other libraries have it, numpy's among them."""

    __slots__ = ()


class OthersNumber(float):
    """A number as other libraries have it."""

    __slots__ = ()


def test_a_mapping_may_hold_the_text_and_numbers_of_other_libraries() -> None:
    usage = ORDER | {"type": "usage.recorded", "data": {"feature": "f", "quantity": 1.5}}
    others = {"feature": OthersText("f"), "quantity": OthersNumber(1.5)}
    assert prepare(usage | {"channel": OthersText("web"), "data": others}) == prepare(usage)


@pytest.mark.parametrize("value", [5, None, [ORDER], [("event_id", "1")], object()])
def test_what_is_no_event_at_all_is_refused_as_one(value: Any) -> None:
    [problem] = problems(value)
    assert f"is of type {type(value).__name__}: give an Event, a mapping or JSON text" in str(problem)


def test_an_event_of_python_is_prepared_like_its_wire_object() -> None:
    event = new_event(
        OrderPlaced(value="12.50", currency="EUR"),
        customer_id=ORDER["customer_id"],
        source="web",
        occurred_at=ORDER["occurred_at"],
        event_id=ORDER["event_id"],
        channel="web",
    )
    assert prepare(event) == prepare(ORDER)


def test_a_number_that_is_not_finite_is_refused_and_never_lost() -> None:
    usage = new_event(
        UsageRecorded(feature="f", quantity=float("nan")), customer_id="c", source="s", occurred_at="2024-05-01T10:20Z"
    )
    assert [problem.field for problem in problems(usage)] == ["data.quantity"]
    wire = ORDER | {"type": "usage.recorded", "data": {"feature": "f", "quantity": float("inf")}}
    assert [problem.field for problem in problems(wire)] == ["data.quantity"]


def test_what_an_event_of_python_holds_is_checked() -> None:
    data: Any = {"value": 12}  # what a caller without a type checker could write
    wrong = Event(
        event_id="1", source="s", type="order.placed", customer_id="c", occurred_at="2024-05-01T10:20Z", data=data
    )
    assert {problem.field for problem in problems(wrong)} == {"data.value"}
    strange = msgspec.structs.replace(wrong, data={"value": object()})
    assert "cannot be written as JSON" in str(problems(strange)[0])


def test_an_error_names_the_event_it_is_about() -> None:
    with pytest.raises(InvalidEvent) as caught:
        prepare(ORDER | {"channel": 5})
    assert (caught.value.source, caught.value.event_id) == (ORDER["source"], ORDER["event_id"])
