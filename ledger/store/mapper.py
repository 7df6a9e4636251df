"""How a row becomes an event again: through the allow-list of types, decoded by schema, upcast on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from ledger.errors import Undecodable, UnknownEventType
from ledger.events.compiling import compiled
from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.schemas.wire import opened

RECORD_COLUMNS = "position, stream, version, type, type_version, occurred_at, received_at, recorded_at, header"
"""What `RowMapper.event` takes, in this order; `sealed` may follow."""

Row = tuple[Any, ...]


class RowMapper:
    """Reads events through a vocabulary; a type that is not in it is an error, never an import."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._decoders: dict[tuple[str, int], Callable[[bytes], RecordedEvent[Data]]] = {}

    def event(self, row: Row) -> RecordedEvent[Any]:
        """Return the event of a row without its personal fields. Raises Undecodable, UnknownEventType."""
        [event] = self.events((row,))
        return event

    def events(self, rows: Iterable[Row]) -> list[RecordedEvent[Any]]:
        """Return the events of rows without their personal fields. Raises Undecodable, UnknownEventType."""
        rows = list(rows)
        events = self.for_folds(rows)
        for event, row in zip(events, rows, strict=True):
            force_setattr(event, "position", row[0])
            force_setattr(event, "version", row[2])
            force_setattr(event, "received", row[6])
            force_setattr(event, "recorded", row[7])
        return events

    def for_folds(self, rows: Iterable[Row]) -> list[RecordedEvent[Any]]:
        """Return the events of rows as `events` does, but without the numbers that no fold reads.

        `position`, `version`, `received` and `recorded` are left 0. Raises Undecodable, UnknownEventType.
        """
        decoders = self._decoders
        events = []
        for row in rows:
            decode = decoders.get((row[3], row[4])) or self._decoder(row)
            try:
                event = decode(row[8])
            except (msgspec.MsgspecError, ArithmeticError, AttributeError, LookupError, ValueError, TypeError) as error:
                raise Undecodable(row[0], row[3], str(error)) from error
            force_setattr(event, "stream", row[1])
            force_setattr(event, "at", row[5])
            events.append(event)
        return events

    def whole_event(self, row: Row) -> RecordedEvent[Any]:
        """Return the event of a row that ends in `sealed`, its personal fields put back."""
        try:
            header = row[8] if row[9] is None else msgspec.json.encode(opened(row[8], row[9]))
        except (msgspec.MsgspecError, AttributeError, TypeError, ValueError) as error:
            raise Undecodable(row[0], row[3], str(error)) from error
        return self.event((*row[:8], header))

    def _decoder(self, row: Row) -> Callable[[bytes], RecordedEvent[Data]]:
        name, version = row[3], row[4]
        event_type = self._vocabulary.get(name)
        if event_type is None:
            raise UnknownEventType(row[0], name)
        if not 1 <= version <= event_type.version:
            raise Undecodable(
                row[0], name, f"it is of type version {version}, this code knows up to {event_type.version}: update it"
            )
        decode = _reader(event_type, version)
        self._decoders[name, version] = decode
        return decode


def _reader(event_type: EventType, version: int) -> Callable[[bytes], RecordedEvent[Data]]:
    shape = compiled(RecordedEvent[event_type.data])  # type: ignore[name-defined]  # a type made of a value
    if version == event_type.version:
        decoder: msgspec.json.Decoder[RecordedEvent[Data]] = msgspec.json.Decoder(shape)
        return decoder.decode

    def upcast(header: bytes) -> RecordedEvent[Data]:
        fields = msgspec.json.decode(header)
        fields["data"] = event_type.upcast(fields.get("data", {}), version)
        fields["type_version"] = event_type.version
        event: RecordedEvent[Data] = msgspec.convert(fields, shape)
        return event

    return upcast
