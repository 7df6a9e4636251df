"""The marshmallow schemas of the wire: the envelope and each type's data, generated from the event classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from marshmallow import RAISE, Schema, ValidationError, fields

from ledger.errors import Problem
from ledger.events.compiling import compiled
from ledger.events.instants import instant, occurred
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.schemas.kinds import Field, actor_fields, envelope_fields, fields_of
from ledger.schemas.limits import MAX_EVENT, breaches, spoken, too_large
from ledger.schemas.rules import Rule, rules_of


class Strict(fields.Field[Any]):
    """A field that takes exactly what its kind's annotation takes, and nothing that would have to be bent to it."""

    def __init__(self, field: Field, check: Callable[[Any], object] | None = None) -> None:
        self._annotation = field.kind.annotation
        self._cure = field.kind.cure
        self._check = check
        super().__init__(
            required=field.required,
            allow_none=field.nullable,
            error_messages={
                "required": f"is required: give {field.kind.cure}",
                "null": f"must not be null: give {field.kind.cure}" + ("" if field.required else ", or leave it out"),
            },
        )

    def _deserialize(self, value: Any, *_of_marshmallow: Any, **_options: Any) -> Any:
        try:
            msgspec.convert(value, self._annotation, strict=True)
        except (ValueError, RecursionError):
            raise ValidationError(f"must be {self._cure}") from None
        try:
            if self._check is not None:
                self._check(value)
        except ValueError as error:
            raise ValidationError(f"{error}: give {self._cure}") from None
        return value


class StrictSchema(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE


def strict_schema(owner: str, members: Sequence[Field], **more: fields.Field[Any]) -> StrictSchema:
    """Return the schema of an object with these fields; `owner` names it in errors."""
    names = sorted([*(field.name for field in members), *more])
    known = f"its fields are {', '.join(names)}" if names else "it has none"
    declared: dict[str, Any] = {
        field.name: Strict(field, instant if field.kind.name == "instant" else None) for field in members
    }
    messages = {"unknown": f"is no field of {owner} ({known}): leave it out", "type": "must be a JSON object"}
    schema = type("Generated", (StrictSchema,), {**declared, **more, "error_messages": messages})
    made: StrictSchema = schema()
    return made


class EventSchema:
    """Says everything that is wrong with an event on the wire, under a vocabulary and a ledger's time zone."""

    def __init__(self, vocabulary: Vocabulary, zone: ZoneInfo) -> None:
        self._vocabulary = vocabulary
        self._zone = zone
        self._data: dict[str, tuple[StrictSchema, tuple[Rule, ...]]] = {}
        envelope = [field for field in envelope_fields() if field.name != "occurred_at"]
        when = next(field for field in envelope_fields() if field.name == "occurred_at")
        self._envelope = strict_schema(
            "an event",
            envelope,
            occurred_at=Strict(when),
            actor=fields.Nested(
                strict_schema("actor", actor_fields()),
                allow_none=True,
                error_messages={"type": "must be a JSON object"},
            ),
            data=fields.Raw(),
        )

    def problems(self, event: Mapping[str, Any]) -> list[Problem]:
        """Return every problem of an event given as JSON values; none means that it may be recorded."""
        broken = list(breaches(event))
        # A value that no field may hold needs no second word about the field's own kind.
        named = {problem.field for problem in broken}
        fitting = [*_flat(self._envelope.validate(event)), *self._when(event), *self._own(event)]
        return [*broken, *self._oversize(event), *(problem for problem in fitting if problem.field not in named)]

    @staticmethod
    def _oversize(event: Mapping[str, Any]) -> Iterator[Problem]:
        try:
            size = len(msgspec.json.encode(event))
        except (TypeError, ValueError, OverflowError, RecursionError):
            return  # `breaches` names what cannot be written
        if size > MAX_EVENT:
            yield too_large(size)

    def _when(self, event: Mapping[str, Any]) -> Iterator[Problem]:
        text, precision = event.get("occurred_at"), event.get("time_precision", "instant")
        if not isinstance(text, str):
            return
        try:
            occurred(text, precision, self._zone)
        except ValueError as error:
            cure = 'give an ISO 8601 instant with its offset like "2024-05-01T10:20:30+02:00", or a date like '
            yield Problem("occurred_at", f'{error}: {cure}"2024-05-01" with "time_precision": "date"')

    def _own(self, event: Mapping[str, Any]) -> Iterator[Problem]:
        name, data, version = event.get("type"), event.get("data", {}), event.get("type_version", 1)
        if not isinstance(data, dict):
            yield Problem("data", "must be a JSON object: write {} where the type has no fields of its own")
        if not isinstance(name, str):
            return
        event_type = self._vocabulary.get(name)
        if event_type is None:
            yield Problem("type", f"{spoken(name)!r} is no type of this ledger: {self._near(name)}")
            return
        if isinstance(version, int) and not isinstance(version, bool) and isinstance(data, dict):
            yield from self._versioned(event_type, version, data)

    def _near(self, name: str) -> str:
        near = get_close_matches(name[:100], self._vocabulary, n=1)
        return f"did you mean {near[0]!r}?" if near else "declare it in the types file, or choose one of the vocabulary"

    def _versioned(self, event_type: EventType, version: int, data: dict[str, Any]) -> Iterator[Problem]:
        if not 1 <= version <= event_type.version:
            yield Problem(
                "type_version",
                f"this ledger knows {event_type.name} up to version {event_type.version}, from 1: "
                "send one of these, or update the ledger and its types file",
            )
            return
        try:
            current = event_type.upcast(dict(data), version)
        except (KeyError, TypeError, ValueError) as error:
            yield Problem("data", f"cannot be read as version {version} of {event_type.name} ({error!r}): correct it")
            return
        yield from self._current(event_type, current)

    def _current(self, event_type: EventType, data: dict[str, Any]) -> Iterator[Problem]:
        if event_type.name not in self._data:
            members = fields_of(compiled(event_type.data))
            self._data[event_type.name] = strict_schema(event_type.name, members), rules_of(members)
        schema, rules = self._data[event_type.name]
        problems = _flat(schema.validate(data), "data")
        if problems:
            yield from problems
            return
        typed = msgspec.convert(data, event_type.data, strict=True)
        yield from (problem for rule in rules if (problem := rule(typed)))


def _flat(errors: Mapping[Any, Any], path: str = "") -> list[Problem]:
    """Return marshmallow's nested errors as problems with dotted fields."""
    found: list[Problem] = []
    for name, error in errors.items():
        field = path if name == "_schema" else f"{path}.{spoken(name)}" if path else spoken(name)
        if isinstance(error, dict):
            found += _flat(error, field)
        else:
            found.append(Problem(field, "; ".join(error)))
    return found
