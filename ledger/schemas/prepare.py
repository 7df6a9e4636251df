"""How an event becomes what the log keeps: read fast when nothing is wrong, and by the schema when anything is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import blake2b, sha256
from math import isfinite
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.errors import InvalidEvent, Problem
from ledger.events.event import Data, Event
from ledger.events.instants import instant, occurred
from ledger.events.uuid7 import uuid7
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.schemas.earlier import as_sent, parted_as_sent
from ledger.schemas.limits import MAX_EVENT
from ledger.schemas.parsing import parse, plain
from ledger.schemas.shapes import Shape, parted, shape_of

if TYPE_CHECKING:
    from ledger.schemas.event import EventSchema

_CERTAINLY_SMALL = MAX_EVENT // 8
"""Bytes of JSON text whose compact encoding cannot exceed the limit: no number grows by more than five times."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_canonical = msgspec.json.Encoder(order="sorted").encode
_values = msgspec.json.Decoder().decode
_canonical_uuid = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_likely_type = re.compile(rb'"type" ?: ?"([^"\\]+)"').search
_BACKSLASH = ord("\\")
_CUSTOMER = len(b',"customer_id":}')


class Prepared(Struct, frozen=True, gc=False):
    """An event ready to be recorded.

    `at` and `received` are microseconds since 1970 UTC. `key` is 16 bytes that stand for the event_id. `header`
    is the JSON of the clear fields, without customer_id, received_at and personal ones, which `sealed` holds by
    the object they stand in. `digest` is the sha256 of all the producer's fields but received_at.
    """

    event: Event[Data]
    at: int
    received: int
    key: bytes
    header: bytes
    sealed: bytes | None
    digest: bytes


class _Peek(Struct):
    type: str
    type_version: int = 1
    event_id: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET


_peek = msgspec.json.Decoder(_Peek).decode


def key_of(event_id: str) -> bytes:
    """Return the 16 bytes that stand for an event_id: the UUID itself if it is written as one, else its BLAKE2b."""
    if _canonical_uuid(event_id):
        return bytes.fromhex(event_id.replace("-", ""))
    return blake2b(event_id.encode(), digest_size=16).digest()


class Preparer:
    """Prepares events under a vocabulary; dates without a time are days of `zone`."""

    def __init__(self, vocabulary: Vocabulary, zone: ZoneInfo) -> None:
        self._vocabulary = vocabulary
        self._zone = zone
        self._shapes: dict[str, Shape] = {}

    def prepare(
        self, event: Event[Any] | Mapping[str, Any] | bytes | str, *, received: int, make_id: bool = False
    ) -> Prepared:
        """Return the event ready to be recorded; raise InvalidEvent with every problem at once.

        `event` is an `Event`, a mapping of its wire fields (times may be aware datetimes, amounts Decimals) or
        its JSON text. `received` (microseconds since 1970 UTC) stands where the event has no received_at. An
        absent event_id is made (UUIDv7) with `make_id`, else it is a problem.
        """
        if isinstance(event, str):
            event = event.encode("utf-8", "surrogatepass")
        given = event if isinstance(event, bytes) else _written(event)
        if isinstance(given, bytes):
            prepared = self._quickly(given, received, make_id)
            return prepared if prepared is not None else self._carefully(*parse(given), received, make_id)
        return self._carefully(given, [], received, make_id)

    @cached_property
    def schema(self) -> EventSchema:
        """The schema that says everything that is wrong with an event."""
        from ledger.schemas.event import EventSchema  # marshmallow is only paid for when something is wrong

        return EventSchema(self._vocabulary, self._zone)

    def _quickly(self, raw: bytes, received: int, make_id: bool) -> Prepared | None:
        """Return the prepared event, or None where the schema must look: never accept what it refuses."""
        try:
            event, shape, raw = self._decoded(raw, make_id)
            if event is None or shape is None or not shape.fits(event.data):
                return None
            prepared, content = self._kept(event, shape, received)
        except (ValueError, RecursionError):
            return None
        return prepared if _unambiguous(raw, content) else None

    def _decoded(self, raw: bytes, make_id: bool) -> tuple[Event[Any] | None, Shape | None, bytes]:
        """Return the event, its shape and its whole text; no event where the schema must look."""
        likely = _likely_type(raw)
        shape = self._shapes.get(likely[1].decode()) if likely else None
        if shape is not None:
            # Nearly always the first "type" in the text is the event's own, and nothing is absent: one reading does.
            with suppress(msgspec.ValidationError):
                event: Event[Any] = shape.decode(raw)
                if event.type == shape.type.name and event.type_version == shape.version:
                    return event, shape, raw
        peek = _peek(raw)
        shape = self._shapes.get(peek.type) or self._shape(peek.type)
        if shape is None or peek.type_version != shape.version:
            return None, None, raw
        if peek.event_id is UNSET or peek.data is UNSET:
            raw = _completed(raw, peek, make_id)
        return shape.decode(raw), shape, raw

    def _shape(self, name: str) -> Shape | None:
        event_type = self._vocabulary.get(name)
        if event_type is None:
            return None
        shape = self._shapes[name] = shape_of(event_type)
        return shape

    def _kept(self, event: Event[Any], shape: Shape, received: int) -> tuple[Prepared, bytes]:
        """Return the prepared event, and its canonical content."""
        whole = event
        if event.received_at is not None:
            received = instant(event.received_at)
            whole = msgspec.structs.replace(event, received_at=None)
        content = _canonical(whole)
        clear, personal = parted(whole, shape.personal) if shape.personal or event.actor else (whole, None)
        # customer_id is the last field that remains: cut off, it leaves the clear part as it stands.
        header = _encode(clear)[: -_CUSTOMER - len(_encode(event.customer_id))] + b"}"
        prepared = Prepared(
            event,
            occurred(event.occurred_at, event.time_precision, self._zone),
            received,
            key_of(event.event_id),
            header,
            _encode(personal) if personal else None,
            sha256(content).digest(),
        )
        return prepared, content

    def _carefully(self, wire: dict[str, Any], problems: list[Problem], received: int, make_id: bool) -> Prepared:
        """Return the prepared event of JSON values that the schema has nothing against; raise InvalidEvent."""
        wire = {"data": {}, **wire}
        if make_id and wire.get("event_id") is None:
            wire["event_id"] = uuid7()
        problems = [*problems, *self.schema.problems(wire)]
        if problems:
            raise InvalidEvent(problems, source=_text(wire.get("source")), event_id=_text(wire.get("event_id")))
        shape = self._shapes.get(wire["type"]) or self._shape(wire["type"])
        version = wire.get("type_version", 1)
        if shape is None:
            raise InvalidEvent([Problem("type", "left the vocabulary while the event was read: read it again")])
        current = {**wire, "data": shape.type.upcast(dict(wire["data"]), version)}
        event: Event[Any] = msgspec.convert(current, shape.event, strict=True)
        prepared, _ = self._kept(event, shape, received)
        return prepared if version == shape.version else _as_sent(prepared, wire, shape.type)


def _as_sent(prepared: Prepared, wire: dict[str, Any], event_type: EventType) -> Prepared:
    """Return the prepared event of an earlier type version with what is kept as its producer sent it."""
    sent = as_sent(wire, event_type)
    clear, personal = parted_as_sent(sent, event_type, prepared.event.type_version)
    return msgspec.structs.replace(
        prepared,
        header=_encode(clear),
        sealed=_encode(personal) if personal else None,
        digest=sha256(_canonical(sent)).digest(),
    )


def _written(event: Event[Any] | Mapping[str, Any]) -> bytes | dict[str, Any]:
    """Return an event of Python values as JSON text, or as a dict where JSON would bend or refuse what it holds.

    Raises InvalidEvent where it is neither an event nor a mapping, as a caller without a type checker may give.
    """
    if not isinstance(event, Event | Mapping):
        raise InvalidEvent([Problem("", f"is of type {type(event).__name__}: give an Event, a mapping or JSON text")])
    try:
        raw = _encode(event if isinstance(event, Event) else dict(event))
        # A number that is not finite is written as null, which would lose it unseen.
        if b"null" not in raw or not _unwritable(msgspec.to_builtins(event)):
            return raw
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass  # the dict shows the schema what it was
    if not isinstance(event, Event):
        return dict(plain(event))
    try:
        return dict(plain(msgspec.to_builtins(event)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidEvent(
            [Problem("", f"cannot be written as JSON ({error}): give text, numbers, lists and dicts")],
            source=_text(event.source),
            event_id=_text(event.event_id),
        ) from None


def _unwritable(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_unwritable, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_unwritable, value))
    return isinstance(value, float) and not isfinite(value)


def _completed(raw: bytes, peek: _Peek, make_id: bool) -> bytes:
    """Return the text of an event with the event_id and the data that it lacks; raise ValueError where it may not."""
    lacking = b""
    if peek.event_id is UNSET:
        if not make_id:
            raise ValueError("event_id is required")
        lacking = b'"event_id":"%s",' % uuid7().encode()
    if peek.data is UNSET:
        lacking += b'"data":{},'
    start = raw.index(b"{") + 1
    return raw[:start] + lacking + raw[start:]


def _unambiguous(raw: bytes, content: bytes) -> bool:
    """Say whether `raw` surely has no name twice, no NUL and an allowed size; `content` is what was read of it.

    Every name that was read is written once with a colon, and every colon in a string as itself. So where the
    text has as many colons as what was read of it, nothing in it was overwritten.
    """
    if _BACKSLASH in raw and (b"\\u0000" in content or b"\\u003a" in raw or b"\\u003A" in raw):
        return False
    colons = raw.count(b":")
    if len(raw) <= _CERTAINLY_SMALL and colons == content.count(b":"):
        return True
    compact = _encode(_values(raw))
    return len(compact) <= MAX_EVENT and colons == compact.count(b":")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
