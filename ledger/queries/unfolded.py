"""What stands beside a customer's folded events: those left out and why, which came late, and which were corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ledger.events.control import EventRetracted, StageCorrected
from ledger.events.event import RecordedEvent, fold_order
from ledger.events.identity import CustomerMerged, CustomerUnmerged
from ledger.journey.reading import LASTING
from ledger.queries.customer import CustomerLog

Event = RecordedEvent[Any]

Name = tuple[int, str, str]
"""The stream, source and event id of an event."""


class LeftOut(Struct, frozen=True, kw_only=True):
    """An event that no fold sees, and why."""

    event: Event
    why: str


def late(events: Sequence[Event]) -> set[int]:
    """Return the positions of the events that were recorded after one that occurred later."""
    found, latest = set(), None
    for event in sorted(events, key=lambda event: event.position):
        if latest is not None and event.at < latest:
            found.add(event.position)
        else:
            latest = event.at
    return found


def corrected(events: Sequence[Event]) -> dict[int, tuple[str, str]]:
    """Return, by the position of an event whose stage was corrected, the (source, event_id) of the correction."""
    retracted = _retractions(events)
    standing = [event for event in events if _name(event) not in retracted]
    by = {
        (event.stream, event.data.source, event.data.event_id): (event.source, event.event_id)
        for event in sorted(standing, key=fold_order)
        if isinstance(event.data, StageCorrected)
    }
    return {event.position: by[_name(event)] for event in events if _name(event) in by}


def left_out(log: CustomerLog, folded: Sequence[Event]) -> Iterator[LeftOut]:
    """Yield the events that are recorded of a customer and not `folded`, in the order they occurred."""
    seen = {event.position for event in folded}
    retracted = _retractions(log.events)
    for event in sorted(log.events, key=fold_order):
        if event.position not in seen:
            by = None if event.type in LASTING else retracted.get(_name(event))
            yield LeftOut(event=event, why=_acts(event.data) if by is None else _retracted(by))


def _retractions(events: Sequence[Event]) -> dict[Name, Event]:
    return {
        (event.stream, event.data.source, event.data.event_id): event
        for event in events
        if isinstance(event.data, EventRetracted)
    }


def _name(event: Event) -> Name:
    return (event.stream, event.source, event.event_id)


def _retracted(by: Event) -> str:
    return f"retracted by {by.source}/{by.event_id}" + (f": {by.data.why}" if by.data.why else "")


def _acts(data: Any) -> str:
    """Return what an event that acts by what is known does instead of being folded."""
    if isinstance(data, EventRetracted):
        return f"retracts {data.source}/{data.event_id}"
    if isinstance(data, StageCorrected):
        return f"corrects the stage of {data.source}/{data.event_id} to {data.stage or 'none'}"
    if isinstance(data, CustomerMerged):
        return "says that two customers are one"
    if isinstance(data, CustomerUnmerged):
        return f"undoes the merge {data.source}/{data.event_id}"
    return "is not folded"
