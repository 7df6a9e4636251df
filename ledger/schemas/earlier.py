"""Events of an earlier version of their type: kept as the producer sent them, parted into clear and personal."""

from __future__ import annotations

from typing import Any

from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import fields_of

_DEFAULTS = {"type_version": 1, "time_precision": "instant"}
_FLOATS = ("number", "minutes", "sentiment")


def as_sent(wire: dict[str, Any], event_type: EventType) -> dict[str, Any]:
    """Return the producer's fields as the current version of a type would have kept them: nothing that says nothing.

    So an event sent again after its type has moved on has the content it had.
    """
    sent = {name: value for name, value in wire.items() if value is not None and _DEFAULTS.get(name) != value}
    sent.pop("received_at", None)
    numbers = {field.name for field in fields_of(event_type.data) if field.kind.name in _FLOATS}
    sent["data"] = {
        name: float(value) if name in numbers and isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in wire["data"].items()
        if value is not None
    }
    if "actor" in sent:
        sent["actor"] = {name: value for name, value in sent["actor"].items() if value is not None}
    return sent


def parted_as_sent(
    sent: dict[str, Any], event_type: EventType, version: int
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the clear fields of an event of an earlier version, and its personal ones by the object they stand in."""
    clear = {name: value for name, value in sent.items() if name != "customer_id"}
    sealed: dict[str, dict[str, Any]] = {}
    personal = _personal(sent["data"], event_type, version)
    if personal:
        sealed["data"] = {name: sent["data"][name] for name in personal}
        clear["data"] = {name: value for name, value in sent["data"].items() if name not in personal}
    if "id" in sent.get("actor", {}):
        sealed["actor"] = {"id": sent["actor"]["id"]}
        clear["actor"] = {name: value for name, value in sent["actor"].items() if name != "id"}
    return clear, sealed


def _personal(data: dict[str, Any], event_type: EventType, version: int) -> list[str]:
    """Return the names of an earlier version's fields that feed a personal field, or feed nothing that is known."""
    clear = {field.name for field in fields_of(event_type.data) if not field.personal}
    return [name for name in data if not _feeds_only(clear, name, data, event_type, version)]


def _feeds_only(clear: set[str], name: str, data: dict[str, Any], event_type: EventType, version: int) -> bool:
    # What the current version makes of all fields but this one shows by its difference what this one becomes.
    try:
        with_it = event_type.upcast(dict(data), version)
        without = event_type.upcast({other: value for other, value in data.items() if other != name}, version)
    except (KeyError, TypeError, ValueError):
        return False
    became = {field for field, value in with_it.items() if field not in without or without[field] != value}
    return bool(became) and became <= clear
