"""One event type compiled for reading many events of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ledger.events.compiling import compiled
from ledger.events.event import Actor, Data, Event
from ledger.events.instants import instant
from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import Field, fields_of
from ledger.schemas.limits import breaches
from ledger.schemas.rules import Rule, rules_of

Names = tuple[tuple[str, str], ...]
"""Pairs of a field's attribute in Python and its name on the wire."""


Check = Callable[[Any], bool]
"""Says whether own fields keep a demand that their class alone cannot make."""


class Shape(NamedTuple):
    """How events of one type are decoded, checked beyond their class, and parted into clear and personal fields."""

    type: EventType
    version: int
    event: Any
    decode: Any
    checks: tuple[Check, ...]
    personal: Names

    def fits(self, data: Data) -> bool:
        """Say whether own fields keep all that their class alone cannot demand."""
        return not self.checks or all(check(data) for check in self.checks)


def shape_of(event_type: EventType) -> Shape:
    """Return the compiled shape of an event type."""
    fields = fields_of(event_type.data)
    shape: Any = compiled(Event[event_type.data])  # type: ignore[name-defined]  # a type made of a value
    return Shape(
        type=event_type,
        version=event_type.version,
        event=shape,
        decode=msgspec.json.Decoder(shape).decode,
        checks=(*map(_kept, rules_of(fields)), *chain.from_iterable(map(_checks, fields))),
        personal=tuple((field.attribute, field.name) for field in fields if field.personal),
    )


def _checks(field: Field) -> Iterator[Check]:
    value = attrgetter(field.attribute)
    if field.kind.name == "instant":
        yield lambda data: _is_instant(value(data))
    if field.kind.name in ("object", "objects"):
        yield lambda data: value(data) is None or not any(breaches(value(data), depth=3))
    if field.required and field.personal:
        yield lambda data: value(data) is not None


def _kept(rule: Rule) -> Check:
    return lambda data: rule(data) is None


def parted(event: Event[Any], personal: Names) -> tuple[Event[Any], dict[str, dict[str, Any]]]:
    """Return the event without its personal fields, and those that it has, by the object they stand in."""
    sealed: dict[str, dict[str, Any]] = {}
    changes: dict[str, Any] = {}
    data, actor = event.data, event.actor
    own = {name: value for attribute, name in personal if (value := getattr(data, attribute)) is not None}
    if own:
        sealed["data"] = own
        changes["data"] = msgspec.structs.replace(data, **dict.fromkeys(attribute for attribute, _ in personal))
    if actor is not None and actor.id is not None:
        sealed["actor"] = {"id": actor.id}
        changes["actor"] = Actor(type=actor.type, role=actor.role)
    return (msgspec.structs.replace(event, **changes) if changes else event), sealed


def _is_instant(text: str | None) -> bool:
    try:
        return text is None or instant(text) is not None
    except ValueError:
        return False
