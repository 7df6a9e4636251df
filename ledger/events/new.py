"""The short way to say in Python that something happened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from ledger.events.event import Data, Event
from ledger.events.uuid7 import uuid7

D = TypeVar("D", bound=Data)


def new_event(
    data: D,
    *,
    customer_id: str,
    source: str,
    occurred_at: datetime | date | str,
    event_id: str | None = None,
    **envelope: Any,
) -> Event[D]:
    """Return the event to record for `data`, whose class says the type.

    `occurred_at` is an aware datetime, a date (then `time_precision` is `date`) or their ISO 8601 text; an
    absent `event_id` becomes a UUIDv7. `envelope` takes any other field of `Event`. Nothing is checked
    here: appending does.
    """
    if isinstance(occurred_at, datetime):
        occurred_at = occurred_at.isoformat()
    elif isinstance(occurred_at, date):
        occurred_at = occurred_at.isoformat()
        envelope.setdefault("time_precision", "date")
    return Event(
        type=type(data).type,
        data=data,
        customer_id=customer_id,
        source=source,
        occurred_at=occurred_at,
        event_id=event_id or uuid7(),
        **envelope,
    )
