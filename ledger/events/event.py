"""What an event is: the fields a producer sends, and the same fact as the ledger recorded it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct

from ledger.events.fields import ActorType, Direction, Integer, Key, PersonalKey, Precision, Text


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The own fields of one event type; a subclass names its type and never renames it.

    A personal field is optional here whatever the type demands, because a reader may lack it; `required`
    names the personal fields a producer must send.
    """

    type: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ()


D = TypeVar("D", bound=Data)


class Actor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Who did it."""

    type: ActorType
    id: PersonalKey | None = None
    role: Key | None = None


class Envelope(Struct, Generic[D], frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The fields every event has, but for those that name the customer; absent means unknown."""

    event_id: Key
    source: Key
    type: Key
    type_version: Integer = 1
    occurred_at: str
    time_precision: Precision = "instant"
    channel: Key | None = None
    direction: Direction | None = None
    actor: Actor | None = None
    department: Key | None = None
    touchpoint_id: Key | None = None
    interaction_id: Key | None = None
    case_id: Key | None = None
    reason: Text | None = None
    outcome: Key | None = None
    stage_hint: Key | None = None
    correlation_id: Key | None = None
    causation_id: Key | None = None
    source_sequence: Integer | None = None
    data: D


class Event(Envelope[D], Generic[D], frozen=True, kw_only=True):
    """An event to record, in the shape it has on the wire."""

    customer_id: Key
    received_at: str | None = None


class RecordedEvent(Envelope[D], Generic[D], frozen=True, kw_only=True):
    """An event as recorded: the producer's fields, and where and when the ledger keeps it.

    `at`, `received` and `recorded` are microseconds since 1970-01-01 UTC; `at` is the instant that
    `occurred_at` (the producer's own text) names. `stream` is the ledger's number of the customer's stream.
    """

    position: int = 0
    stream: int = 0
    version: int = 0
    at: int = 0
    received: int = 0
    recorded: int = 0


def fold_order(event: RecordedEvent[Data]) -> tuple[int, bytes, int, int, bytes]:
    """Return the key that orders a customer's events: the order of the fold, compared as bytes.

    It is (instant, source, own sequence with none first, event id); the position, which is arrival, has no part.
    """
    sequence = event.source_sequence
    return (
        event.at,
        event.source.encode(),
        0 if sequence is None else 1,
        sequence or 0,
        event.event_id.encode(),
    )


def utc(microseconds: int) -> datetime:
    """Return the aware UTC datetime of `microseconds` since 1970."""
    from datetime import UTC, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
