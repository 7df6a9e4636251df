"""The log read through eventsourcing's own repository, notification log and mapper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import text

from ledger import InvalidInput, Ledger, Undecodable
from ledger.errors import UnknownEventType
from ledger.store.application import CustomerApplication, StreamEvent
from ledger.store.engine import reading
from ledger.store.recorder import KeyedEvent
from tests.store.events import order


def stream_id(ledger: Ledger, customer_id: str) -> UUID:
    with reading(ledger.store.engine) as connection:
        raw = connection.execute(
            text("SELECT id FROM streams WHERE customer_id = :id"), {"id": customer_id}
        ).scalar_one()
    return UUID(bytes=bytes(raw))


def placed(orders: Any, stream: Iterable[StreamEvent]) -> Any:
    values = list(orders or ())
    return values + [wrapped.event.data.value for wrapped in stream]


def test_a_repository_folds_a_stream_up_to_a_version(ledger: Ledger) -> None:
    ledger.append([order("o1", value="1.00"), order("o2", value="2.00"), order("o3", value="3.00")])
    with CustomerApplication(ledger.store) as application:
        customer = stream_id(ledger, "ada")
        get: Any = application.repository.get
        assert get(customer, projector_func=placed) == ["1.00", "2.00", "3.00"]
        assert get(customer, version=2, projector_func=placed) == ["1.00", "2.00"]


def test_the_notification_log_pages_through_the_log_by_position(ledger: Ledger) -> None:
    ledger.append([order(f"o{number}") for number in range(15)])
    with CustomerApplication(ledger.store) as application:
        section = application.notification_log["1,10"]
        assert [notification.id for notification in section.items] == list(range(1, 11))
        event = application.mapper.to_domain_event(section.items[0])
        assert isinstance(event, StreamEvent)
        assert event.event.event_id == "o0"


def test_a_forged_topic_is_refused_and_imports_nothing(ledger: Ledger) -> None:
    with CustomerApplication(ledger.store) as application:
        row = (1, 1, 1, "os:system", 1, 0, 0, 0, b"{}")
        forged = KeyedEvent(UUID(int=1), 1, "os:system", b"{}", row=row)
        with pytest.raises(UnknownEventType, match="os:system"):
            application.mapper.to_domain_event(forged)


def test_an_event_that_the_ledger_did_not_append_is_not_decoded(ledger: Ledger) -> None:
    with CustomerApplication(ledger.store) as application, pytest.raises(Undecodable, match=r"Ledger\.append"):
        application.mapper.to_domain_event(StoredEvent(UUID(int=1), 1, "order.placed", b"{}"))


def test_saving_past_the_ledgers_own_door_is_refused(ledger: Ledger) -> None:
    with CustomerApplication(ledger.store) as application, pytest.raises(InvalidInput, match=r"Ledger\.append"):
        application.save(StreamEvent(UUID(int=1), 1, None))  # type: ignore[arg-type]  # what is saved does not matter
