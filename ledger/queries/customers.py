"""The list of customers, and who is behind a figure: by key or identifier, stage, channel, segment."""

from __future__ import annotations

from typing import Any

from msgspec.json import decode

from ledger.queries.cut import UNKNOWN
from ledger.queries.figure_row import iso
from ledger.queries.spelling import meant
from ledger.store.customers import Sought, channels_used, find_customers, keys_holding, names_used
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
    UTC. It is the live read model, which may lag; nobody of whom every event is retracted is in it. Raises
    CustomerNotFound for `after`, ProjectionStale.
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


def doubts(
    store: Store,
    *,
    search: str | None = None,
    stage: str | None = None,
    channel: str | None = None,
    segment: tuple[str, str] | None = None,
) -> list[str]:
    """Return, for a question that found nobody, why: a sentence for each name that there is not, or has no row."""
    with reading(store.engine) as connection:
        used, placed = names_used(connection)
        hidden = keys_holding(connection, search, HIDDEN + 1) if search is not None else []
    said = []
    stages = [each.name for each in store.context.journey.stages]
    channels = sorted(used.union(store.context.channels))
    if stage not in {None, UNKNOWN, *stages}:
        said.append(f"no stage is named {stage!r}: {meant(str(stage), stages)}")
    if channel not in {None, UNKNOWN, *channels}:
        said.append(f"no channel is named {channel!r}: {meant(str(channel), channels)}")
    if segment is not None:
        said += _no_segment(*segment, placed)
    if hidden and (stage, channel, segment) == (None, None, None):
        keys = ", ".join(hidden[:HIDDEN]) + (", …" if len(hidden) > HIDDEN else "")
        said.append(
            f"of {keys} there are events and no row: they are retracted (`history` says so), not projected yet "
            "(`catch-up`), or set aside (`quarantine`)"
        )
    return said


HIDDEN = 3
"""So many keys without a row are named."""


def _no_segment(scheme: str, name: str, placed: list[dict[str, str]]) -> list[str]:
    schemes = sorted({scheme for segments in placed for scheme in segments})
    if scheme not in schemes:
        return [f"nobody is in a segment of the scheme {scheme!r}: {meant(scheme, schemes)}"]
    names = sorted({segments[scheme] for segments in placed if scheme in segments})
    return [] if name in names else [f"nobody is in the segment {name!r} of {scheme!r}: {meant(name, names)}"]


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
