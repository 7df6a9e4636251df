"""The kinds of field by name, and the fields of an event class as the schemas and the reference page see them."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import NODEFAULT, Meta, structs

from ledger.events import fields
from ledger.events.event import Actor, Data, Event


class Kind(NamedTuple):
    """A kind of field: the annotation that limits it, and how an error tells the cure."""

    name: str
    annotation: Any
    cure: str


_WHOLE = "a whole number without quotes, point or exponent"

KINDS = {
    kind.name: kind
    for kind in (
        Kind("key", fields.Key, f"a string of 1 to {fields.MAX_KEY} characters"),
        Kind("text", fields.Text, f"a string of 1 to {fields.MAX_TEXT} characters"),
        Kind("integer", fields.Integer, f"{_WHOLE}, within ±{fields.SAFE_INTEGER}"),
        Kind("count", fields.Count, f"{_WHOLE}, from 0 to {fields.SAFE_INTEGER}"),
        Kind("number", fields.Number, "a number without quotes, within ±1e15"),
        Kind("minutes", fields.Minutes, "a number of minutes without quotes, from 0 to 1e9"),
        Kind("sentiment", fields.Sentiment, "a number without quotes from -1 to 1"),
        Kind("money", fields.Money, 'a decimal string like "12.50", at most 12 digits before the point and 4 after'),
        Kind("currency", fields.Currency, 'an ISO 4217 code of three capital letters like "EUR"'),
        Kind("instant", fields.Instant, 'an ISO 8601 instant with its offset like "2024-05-01T10:20:30+02:00"'),
        Kind("boolean", bool, "true or false"),
        Kind("keys", fields.Keys, f"a list of at most 256 strings of 1 to {fields.MAX_KEY} characters"),
        Kind("object", fields.FreeObject, "a JSON object"),
        Kind("objects", fields.FreeObjects, "a list of JSON objects"),
    )
}
"""Every kind a field of an event may have, but for the choice among words."""

UNITS = {"money": "currency", "minutes": "minutes", "sentiment": "-1 to 1"}


class Field(NamedTuple):
    """One field: `name` on the wire, `attribute` in Python, and what may stand in it."""

    name: str
    attribute: str
    kind: Kind
    required: bool
    nullable: bool
    personal: bool
    unit: str | None
    choices: tuple[str, ...] = ()


def fields_of(cls: type[Data]) -> tuple[Field, ...]:
    """Return the own fields of an event class, in their order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_field(info, hints[info.name], cls.required) for info in structs.fields(cls))


def envelope_fields() -> tuple[Field, ...]:
    """Return the fields of every event but `actor` and `data`, in their order."""
    hints = typing.get_type_hints(Event, include_extras=True)
    # As text these two are read by their own rules: a date may stand for occurred_at.
    hints["occurred_at"] = hints["received_at"] = fields.Instant
    return tuple(_field(info, hints[info.name]) for info in structs.fields(Event) if info.name not in ("actor", "data"))


def actor_fields() -> tuple[Field, ...]:
    """Return the fields of an event's `actor`, in their order."""
    hints = typing.get_type_hints(Actor, include_extras=True)
    return tuple(_field(info, hints[info.name]) for info in structs.fields(Actor))


def _field(info: structs.FieldInfo, hint: Any, demanded: tuple[str, ...] = ()) -> Field:
    base, metas = _unwrapped(hint)
    extra = {key: value for meta in metas for key, value in (meta.extra or {}).items()}
    choices = typing.get_args(base) if typing.get_origin(base) is Literal else ()
    kind = _choice(base, choices) if choices else _kind(base, metas)
    return Field(
        name=info.encode_name,
        attribute=info.name,
        kind=kind,
        required=info.default is NODEFAULT or info.encode_name in demanded,
        nullable=info.default is None and info.encode_name not in demanded,
        personal=bool(extra.get("personal")),
        unit=extra.get("unit") or UNITS.get(kind.name),
        choices=choices,
    )


def _unwrapped(hint: Any) -> tuple[Any, tuple[Meta, ...]]:
    """Return an annotation without `| None`, as its bare type and its limits."""
    if typing.get_origin(hint) in (UnionType, typing.Union):
        (hint,) = (arm for arm in typing.get_args(hint) if arm is not type(None))
    if typing.get_origin(hint) is Annotated:
        base, *metas = typing.get_args(hint)
        return base, tuple(metas)
    return hint, ()


def _choice(base: Any, choices: tuple[str, ...]) -> Kind:
    return Kind("choice", base, "one of " + ", ".join(f'"{choice}"' for choice in choices))


def _kind(base: Any, metas: tuple[Meta, ...]) -> Kind:
    limits = _limits(metas)
    for kind in KINDS.values():
        kind_base, kind_metas = _unwrapped(kind.annotation)
        if kind_base == base and _limits(kind_metas) == limits:
            return kind
    raise TypeError(f"no kind of field is annotated {base} with {limits}: add it to ledger/schemas/kinds.py")


def _limits(metas: tuple[Meta, ...]) -> dict[str, Any]:
    names = ("ge", "gt", "le", "lt", "pattern", "min_length", "max_length")
    limits = {name: getattr(meta, name) for meta in metas for name in names if getattr(meta, name) is not None}
    if any((meta.extra or {}).get("instant") for meta in metas):
        limits["instant"] = True
    return limits
