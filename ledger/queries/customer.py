"""One customer, read from the log: the unit of work behind history, replay and journey."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ledger.errors import CustomerNotFound
from ledger.events.event import RecordedEvent
from ledger.store.engine import Connection, reading
from ledger.store.links import units_of
from ledger.store.log import NOW, Until, customer_ids, stream_of, stream_rows
from ledger.store.store import Store


class CustomerLog(Struct, frozen=True, kw_only=True):
    """What is recorded of a customer: of all the streams that are merged with theirs, in no particular order.

    `names` are the producers' keys by stream; `survivor` is the stream they live on in.
    """

    customer_id: str
    survivor: int
    names: dict[int, str]
    events: list[RecordedEvent[Any]]


def read_customer(store: Store, customer_id: str, until: Until = NOW, *, personal: bool = False) -> CustomerLog:
    """Return a customer's log, empty where all of it came later. `personal` puts the personal fields back.

    Raises CustomerNotFound where nothing is recorded of them to this day, whatever time is asked for, and Undecodable.
    """
    with reading(store.engine, soon=True) as connection:
        stream = stream_of(connection, customer_id)
        units = units_of(connection, [stream], until)
        survivor = units.survivor(stream)
        streams = units.streams(survivor)
        names = customer_ids(connection, streams)
        rows = stream_rows(connection, streams, until, sealed=personal)
        if not rows and not _is_known(connection, stream):
            raise CustomerNotFound(customer_id)
    decode = store.mapper.whole_event if personal else store.mapper.event
    return CustomerLog(
        customer_id=names[survivor], survivor=survivor, names=names, events=[decode(row) for row in rows]
    )


def _is_known(connection: Connection, stream: int) -> bool:
    """Say whether anything is recorded of a customer by now; of one that others were merged into, it may be theirs."""
    units = units_of(connection, [stream])
    return bool(stream_rows(connection, units.streams(units.survivor(stream))))
