"""One event type compiled for reading many events of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from ledger.events.event import Actor, Data, Event
from ledger.events.instants import instant
from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import fields_of
from ledger.schemas.limits import breaches
from ledger.schemas.rules import Rule, rules_of

Names = tuple[tuple[str, str], ...]
"""Pairs of a field's attribute in Python and its name on the wire."""


class Shape(NamedTuple):
    """How events of one type are decoded, checked beyond their class, and parted into clear and personal fields."""

    type: EventType
    version: int
    event: Any
    decode: Any
    demanded: tuple[str, ...]
    instants: tuple[str, ...]
    free: tuple[str, ...]
    personal: Names
    rules: tuple[Rule, ...]

    def fits(self, data: Data) -> bool:
        """Say whether own fields keep all that their class alone cannot demand."""
        for name in self.demanded:
            if getattr(data, name) is None:
                return False
        for name in self.instants:
            if not _is_instant(getattr(data, name)):
                return False
        for name in self.free:
            value = getattr(data, name)
            if value is not None and any(breaches(value, depth=3)):
                return False
        for rule in self.rules:
            if rule(data) is not None:
                return False
        return True


def shape_of(event_type: EventType) -> Shape:
    """Return the compiled shape of an event type."""
    fields = fields_of(event_type.data)
    shape: Any = Event[event_type.data]  # type: ignore[name-defined]  # a type made of a value
    return Shape(
        type=event_type,
        version=event_type.version,
        event=shape,
        decode=msgspec.json.Decoder(shape).decode,
        demanded=tuple(field.attribute for field in fields if field.required and field.personal),
        instants=tuple(field.attribute for field in fields if field.kind.name == "instant"),
        free=tuple(field.attribute for field in fields if field.kind.name in ("object", "objects")),
        personal=tuple((field.attribute, field.name) for field in fields if field.personal),
        rules=rules_of(fields),
    )


def parted(event: Event[Any], personal: Names) -> tuple[Event[Any], dict[str, dict[str, Any]]]:
    """Return the event without its personal fields, and those that it has, by the object they stand in."""
    sealed: dict[str, dict[str, Any]] = {}
    changes: dict[str, Any] = {}
    data, actor = event.data, event.actor
    own = {name: value for attribute, name in personal if (value := getattr(data, attribute)) is not None}
    if own:
        sealed["data"] = own
        changes["data"] = msgspec.structs.replace(data, **_none(attribute for attribute, _ in personal))
    if actor is not None and actor.id is not None:
        sealed["actor"] = {"id": actor.id}
        changes["actor"] = Actor(type=actor.type, role=actor.role)
    return (msgspec.structs.replace(event, **changes) if changes else event), sealed


def _none(names: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(names)


def _is_instant(text: str | None) -> bool:
    try:
        return text is None or instant(text) is not None
    except ValueError:
        return False
