"""An event said in Python, and the identity it gets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from ledger.events.new import new_event
from ledger.events.purchase import OrderPlaced
from ledger.events.uuid7 import uuid7


def test_a_uuid7_holds_the_clock_and_the_noise_it_was_given() -> None:
    made = UUID(uuid7(0x018F4E2A7C5B, bytes(range(10))))
    assert str(made) == "018f4e2a-7c5b-7001-8203-040506070809"
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_later_identities_sort_after_earlier_ones() -> None:
    made = [uuid7(milliseconds) for milliseconds in range(1_700_000_000_000, 1_700_000_000_050)]
    assert made == sorted(made)


def test_a_new_event_takes_its_type_from_its_data() -> None:
    placed = OrderPlaced(value="12.50", currency="EUR")
    event = new_event(
        placed, customer_id="c", source="web", occurred_at=datetime(2024, 5, 1, 10, tzinfo=UTC), channel="web"
    )
    assert (event.type, event.data, event.channel) == ("order.placed", placed, "web")
    assert event.occurred_at == "2024-05-01T10:00:00+00:00"
    assert UUID(event.event_id).version == 7


def test_a_new_event_of_a_date_says_that_only_the_date_is_known() -> None:
    event = new_event(OrderPlaced(), customer_id="c", source="web", occurred_at=date(1997, 1, 12), event_id="7")
    assert (event.occurred_at, event.time_precision, event.event_id) == ("1997-01-12", "date", "7")
