"""A recorded event is given back as its producer could have sent it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given

from ledger.events.event import RecordedEvent
from ledger.schemas.prepare import Prepared, Preparer
from ledger.schemas.types import types_from_toml
from ledger.schemas.wire import opened, stored_wire, to_wire
from tests.schemas.wire_events import TYPES, good_events

ZONE = ZoneInfo("Europe/Berlin")
PREPARER = Preparer(TYPES, ZONE)


def recorded(prepared: Prepared) -> RecordedEvent[Any]:
    shape: Any = RecordedEvent[type(prepared.event.data)]  # type: ignore[misc]  # a type made of a value
    fields = opened(prepared.header, prepared.sealed)
    places = {"position": 9, "stream": 4, "version": 2, "at": prepared.at, "received": prepared.received, "recorded": 8}
    event: RecordedEvent[Any] = msgspec.convert({**fields, **places}, shape)
    return event


@given(good_events())
def test_an_event_goes_round_from_wire_to_log_to_wire(event: dict[str, Any]) -> None:
    prepared = PREPARER.prepare(event, received=1_714_551_630_000_000)
    wire = to_wire(recorded(prepared), event["customer_id"])
    assert wire == stored_wire(prepared.header, prepared.sealed, event["customer_id"], prepared.received)
    again = PREPARER.prepare(msgspec.json.encode(wire), received=0)
    assert (again.digest, again.header, again.sealed, again.key, again.at, again.received) == (
        prepared.digest,
        prepared.header,
        prepared.sealed,
        prepared.key,
        prepared.at,
        prepared.received,
    )


def test_an_event_of_an_earlier_type_version_is_given_back_as_it_was_sent() -> None:
    types = types_from_toml(
        """
        [[types]]
        name = "loyalty.points_earned"
        family = "use"
        summary = "Points were earned."
        fields = { points = { kind = "count", required = true }, note = { kind = "text", personal = true } }
        upcasts = [{ from = 1, rename = { amount = "points", remark = "note" }, drop = ["phone"] }]
        """
    )
    preparer = Preparer(TYPES.extended(types), ZONE)
    sent = {
        "event_id": "1",
        "source": "s",
        "type": "loyalty.points_earned",
        "customer_id": "c",
        "occurred_at": "2024-05-01T10:20Z",
        "data": {"amount": 3, "remark": "nice", "phone": "555"},
    }
    prepared = preparer.prepare(sent, received=0)
    wire = stored_wire(prepared.header, prepared.sealed, "c", prepared.received)
    assert wire == {**sent, "received_at": "1970-01-01T00:00:00+00:00"}
    assert preparer.prepare(wire, received=0).digest == prepared.digest
