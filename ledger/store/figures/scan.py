"""A scan of the log itself: what stands of it, at a glance, customer by customer where merges are known.

Retracted events are left out, and so are those that act by what is known (retractions, corrections, merges and
unmerges), as in the folds. Only the envelope is read, so a customer is told from others by number alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from ledger.errors import Undecodable
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerSegmentAssigned
from ledger.journey.reading import BY_KNOWLEDGE, LASTING, effective
from ledger.journey.segments import NO_SEGMENTS, with_segment
from ledger.store.figures.straight import straight
from ledger.store.links import Units
from ledger.store.log import Until
from ledger.store.mapper import RECORD_COLUMNS, RowMapper
from ledger.store.read_model import PARKED, versioned
from ledger.store.versions import live_model


class Glance(Struct, gc=False):
    """What a scan reads of an event."""

    event_id: str
    source: str
    type: str
    channel: str | None = None
    department: str | None = None
    direction: str | None = None
    touchpoint_id: str | None = None
    interaction_id: str | None = None
    case_id: str | None = None
    outcome: str | None = None
    source_sequence: int | None = None


class _Retraction(Struct):
    class Named(Struct):
        source: str
        event_id: str

    data: Named


Seen = tuple[int, int, Glance]
"""One event that stands: the customer's number, when it occurred (µs), and the rest at a glance."""

T = TypeVar("T")


_glance = msgspec.json.Decoder(Glance).decode
_retraction = msgspec.json.Decoder(_Retraction).decode


class Scan:
    """The log as bounded by `until`; `parked` are the customers left out because an event of theirs cannot be read."""

    def __init__(self, connection: Connection, units: Units, until: Until) -> None:
        self._connection = connection
        self._units = units
        self._until = until
        self.parked = {units.survivor(stream) for stream in self._parked_streams()}
        self._retracted = frozenset(self._retractions())

    def gather(self, take: Callable[[Iterator[Seen]], T], types: Sequence[str] = ()) -> T:
        """Return what `take` makes of every event that stands, of some types or of all, in no particular order.

        It is called anew where an event on the way cannot be read: that customer is parked, and left out whole.
        """
        while True:
            known = len(self.parked)
            taken = take(self._events(types))
            if len(self.parked) == known:
                return taken

    def _events(self, types: Sequence[str]) -> Iterator[Seen]:
        survivor, retracted, parked = self._units.survivor, self._retracted, self.parked
        for stream, kind, at, header in self._rows("stream, type, occurred_at, header", types):
            customer = survivor(stream)
            if kind in BY_KNOWLEDGE or customer in parked:
                continue
            try:
                glance = _glance(header)
            except msgspec.MsgspecError:
                parked.add(customer)
                continue
            if retracted and (stream, glance.source, glance.event_id) in retracted and kind not in LASTING:
                continue
            yield customer, at, glance

    @property
    def retracted(self) -> frozenset[tuple[int, str, str]]:
        """The stream, source and event_id of what is retracted."""
        return self._retracted

    @property
    def whole(self) -> bool:
        """Whether nothing is retracted and nobody parked, so that `counts` may tell."""
        return not self._retracted and not self.parked

    def counts(self) -> list[tuple[str, int, int, int]]:
        """Return (type, count, first and last occurrence in µs) of a `whole` log, without opening an event."""
        where, values = self._until.where()
        rows = self._connection.execute(
            text(
                "SELECT type, count(*), min(occurred_at), max(occurred_at) FROM events "
                f"WHERE event_key IS NOT NULL AND {where} GROUP BY type"
            ),
            values,
        )
        return [(kind, int(n), first, last) for kind, n, first, last in rows if kind not in BY_KNOWLEDGE]

    def segments(self, mapper: RowMapper) -> dict[int, str]:
        """Return the segments that customers ended up in, as canonical JSON text, for those that were given any."""
        assigned: dict[int, list[RecordedEvent[Data]]] = defaultdict(list)
        for row in self._rows(RECORD_COLUMNS, (CustomerSegmentAssigned.type,)):
            customer = self._units.survivor(row[1])
            try:
                event = mapper.event(row)
            except Undecodable:
                self.parked.add(customer)
                continue
            if (event.stream, event.source, event.event_id) not in self._retracted:
                assigned[customer].append(event)
        return {customer: _segments(events) for customer, events in assigned.items()}

    def observed(self) -> tuple[int | None, int | None]:
        """Return when the first and the last event occurred, in µs; None for an empty log."""
        where, values = self._until.where()
        left_out = ", ".join(f"'{name}'" for name in sorted(BY_KNOWLEDGE))
        found = self._connection.execute(
            text(f"SELECT min(occurred_at), max(occurred_at) FROM events WHERE type NOT IN ({left_out}) AND {where}"),
            values,
        ).one()
        return found[0], found[1]

    def _rows(self, columns: str, types: Sequence[str] = ()) -> Iterator[Any]:
        where, values = self._until.where()
        named = "".join(f", :type{number}" for number in range(len(types)))
        condition = f" AND type IN ({named[2:]})" if types else ""
        return straight(
            self._connection,
            text(f"SELECT {columns} FROM events WHERE event_key IS NOT NULL AND {where}{condition}"),
            {**values, **{f"type{number}": name for number, name in enumerate(types)}},
        )

    def _retractions(self) -> Iterator[tuple[int, str, str]]:
        for stream, header in self._rows("stream, header", ("event.retracted",)):
            try:
                named = _retraction(header).data
            except msgspec.MsgspecError:
                self.parked.add(self._units.survivor(stream))
                continue
            yield stream, named.source, named.event_id

    def _parked_streams(self) -> list[int]:
        live = live_model(self._connection)
        if live is None:
            return []
        where, values = self._until.where()
        aside = f"SELECT position FROM {versioned(PARKED, live.version)}"
        rows = self._connection.execute(
            text(f"SELECT stream FROM events WHERE position IN ({aside}) AND {where}"), values
        )
        return [int(row[0]) for row in rows]


def _segments(events: list[RecordedEvent[Data]]) -> str:
    segments = NO_SEGMENTS
    for event in effective(events):
        if isinstance(event.data, CustomerSegmentAssigned):
            segments = with_segment(segments, event.data.scheme, event.data.segment)
    return segments
