"""How a recorded event becomes the JSON object that its producer could have sent."""

from __future__ import annotations

from typing import Any

import msgspec

from ledger.events.event import RecordedEvent, utc

_OURS = ("position", "stream", "version", "at", "received", "recorded")


def to_wire(event: RecordedEvent[Any], customer_id: str) -> dict[str, Any]:
    """Return the wire object of an event whose personal fields are in place; preparing it gives the same digest.

    An event of an earlier type version has been upcast by now: `stored_wire` gives it as it was sent.
    """
    fields = msgspec.to_builtins(event)
    for name in _OURS:
        fields.pop(name, None)
    return _object(fields, customer_id, event.received)


def stored_wire(header: bytes, sealed: bytes | None, customer_id: str, received: int) -> dict[str, Any]:
    """Return the wire object of a stored event exactly as it was sent, whatever its type version.

    `received` is in microseconds since 1970 UTC.
    """
    return _object(opened(header, sealed), customer_id, received)


def opened(header: bytes, sealed: bytes | None) -> dict[str, Any]:
    """Return the fields of a stored event, its personal ones back in the objects they stand in."""
    fields: dict[str, Any] = msgspec.json.decode(header)
    if sealed is not None:
        for name, personal in msgspec.json.decode(sealed).items():
            fields[name] = {**fields.get(name, {}), **personal}
    return fields


def _object(fields: dict[str, Any], customer_id: str, received: int) -> dict[str, Any]:
    first = {name: fields.pop(name) for name in ("event_id", "source", "type")}
    return {**first, "customer_id": customer_id, **fields, "received_at": utc(received).isoformat()}
