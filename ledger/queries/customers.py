"""The list of customers, and who is behind a figure: by key or identifier, stage, channel, segment."""

from __future__ import annotations

from typing import Any

from msgspec.json import decode

from ledger.queries.cut import UNKNOWN
from ledger.queries.figure_row import iso
from ledger.store.customers import Sought, channels_used, find_customers
from ledger.store.engine import reading
from ledger.store.links import units_of
from ledger.store.log import customer_ids, stream_of
from ledger.store.serving import require_serving
from ledger.store.store import Store

LIMIT = 100


def customers(
    store: Store,
    *,
    search: str | None = None,
    stage: str | None = None,
    channel: str | None = None,
    segment: tuple[str, str] | None = None,
    limit: int = LIMIT,
    after: str | None = None,
) -> list[dict[str, Any]]:
    """Return at most `limit` customers, those that the ledger heard of earlier first.

    Those that one append brought come in no particular order, but always in the same.
    `search` is part of a key (also of one merged into the customer) or a whole identifier, `segment` is (scheme,
    segment); `unknown` asks for those in no stage, or seen on a channel that was not said. `after` is the
    customer_id that the page before ended with. Each has customer_id, stage, since, cycle, overlays, last_at,
    last_channel, last_type, channels (the latest first), segments, events and touchpoints; times are ISO 8601 in
    UTC. It is the live read model, which may lag. Raises CustomerNotFound for `after`, ProjectionStale.
    """
    sought = Sought(search=search, stage=_known(stage), channel=_known(channel), segment=segment)
    with reading(store.engine) as connection:
        require_serving(connection, store.context)
        last = 0
        if after is not None:
            stream = stream_of(connection, after)
            last = units_of(connection, [stream]).survivor(stream)
        found = find_customers(connection, sought, last, limit)
        numbers = [row["customer"] for row in found]
        names = customer_ids(connection, numbers)
        used = channels_used(connection, numbers)
    return [_row(row, names[row["customer"]], used.get(row["customer"], [])) for row in found]


def _known(name: str | None) -> str | None:
    return "" if name == UNKNOWN else name


def _row(row: dict[str, Any], customer_id: str, channels: list[str]) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "stage": row["stage"],
        "since": iso(row["entered_at"]),
        "cycle": row["cycle"],
        "overlays": [overlay["stage"] for overlay in decode(row["overlays"])],
        "last_at": iso(row["last_at"]),
        "last_channel": row["last_channel"] or None,
        "last_type": row["last_type"],
        "channels": [channel or UNKNOWN for channel in channels],
        "segments": decode(row["segments"]),
        "events": row["events"],
        "touchpoints": row["touchpoints"],
    }
