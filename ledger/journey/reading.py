"""What of a customer's recorded events the folds see, and in which order.

Some events say nothing about the customer but about the record: a retraction, a correction of a stage, a merge,
its undoing. They act by what is known, whatever their own occurred_at, so they are applied here and left out of
what the folds see. Merges are resolved before: the events of all the customer's streams come in together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import compress
from operator import attrgetter, eq
from typing import Any

from msgspec import Struct, structs

from ledger.events.control import EventRetracted, StageCorrected, StageEntered
from ledger.events.event import Data, RecordedEvent, fold_order
from ledger.events.identity import CustomerErased, CustomerMerged, CustomerSegmentAssigned, CustomerUnmerged
from ledger.events.instants import instant

Event = RecordedEvent[Data]

Name = tuple[int, str, str]
"""The stream, source and event id of one event: a retraction reaches no further than its own stream."""

BY_KNOWLEDGE = frozenset({EventRetracted.type, StageCorrected.type, CustomerMerged.type, CustomerUnmerged.type})
"""The types that act by what is known; no fold sees them."""

LASTING = frozenset({EventRetracted.type, CustomerMerged.type, CustomerUnmerged.type, CustomerErased.type})
"""The types that no retraction removes."""

_at: Any = attrgetter("at")


def effective(events: Iterable[Event], as_of: int | None = None) -> list[Event]:
    """Return what the folds see of a customer's events (any order, all streams), in the order of the fold.

    Retracted events are left out, corrected ones carry the corrected stage, and a segment is assigned when it is
    valid. `as_of` leaves out what occurred after that instant (microseconds since 1970 UTC), but what is known
    still acts: an event retracted later is left out too. What was recorded later than some instant is for the
    caller to leave out.
    """
    known = list(events)
    types = {event.type for event in known}
    if not BY_KNOWLEDGE.isdisjoint(types):
        known = _as_known(known)
    if as_of is not None:
        known = [event for event in known if event.at <= as_of]
    if CustomerSegmentAssigned.type in types:
        known = [_retimed(event) if event.type == CustomerSegmentAssigned.type else event for event in known]
    return _ordered(known)


class Horizon(Struct, kw_only=True, omit_defaults=True):
    """How far a customer's events were folded, kept beside the states of the folds.

    `last_at` is the latest instant folded. `awaited` are events that a retraction or correction names and that
    are not recorded yet: when one arrives, it is not what it seems.
    """

    last_at: int | None = None
    awaited: frozenset[Name] = frozenset()

    @classmethod
    def of(cls, recorded: Iterable[Event], folded: list[Event]) -> Horizon:
        """Return the horizon of a whole customer: all that is recorded, and what `effective` made of it."""
        known = list(recorded)
        targets = {target for event in known for target in _targets(event)}
        return cls(
            last_at=folded[-1].at if folded else None,
            awaited=frozenset(targets.difference(map(_name, known))) if targets else frozenset(),
        )

    def allows(self, arrived: Iterable[Event]) -> bool:
        """Say whether newly recorded events may be folded on top of the stored states (through `effective`).

        Otherwise the past has changed and the whole customer is folded again: something is retracted, corrected,
        merged or unmerged, or is not strictly later than all that was folded, or was awaited.
        """
        return not any(
            event.type in BY_KNOWLEDGE
            or _name(event) in self.awaited
            or (self.last_at is not None and _retimed(event).at <= self.last_at)
            for event in arrived
        )

    def since(self, arrived: Iterable[Event]) -> int | None:
        """Return the first instant at which newly recorded events change what is folded.

        None where they name an event of the past or another customer, and only folding the whole customer tells.
        """
        known = list(arrived)
        if not known or any(event.type in BY_KNOWLEDGE for event in known):
            return None
        return min(_retimed(event).at for event in known)

    def after_all(self, arrived: Iterable[Event], last_at: int | None) -> Horizon:
        """Return the horizon once newly recorded events, of which none names another, are folded too."""
        return Horizon(last_at=last_at, awaited=self.awaited.difference(map(_name, arrived)))

    def after(self, folded: list[Event]) -> Horizon:
        """Return the horizon once allowed events, as `effective` gave them, are folded too."""
        return Horizon(last_at=folded[-1].at, awaited=self.awaited) if folded else self


def _as_known(events: list[Event]) -> list[Event]:
    standing = events
    if retracted := {target for event in events if event.type == EventRetracted.type for target in _targets(event)}:
        # An id is looked up faster than a name, and few events bear an id that was retracted.
        ids = {event_id for _, _, event_id in retracted}
        standing = [
            event
            for event in events
            if event.event_id not in ids or event.type in LASTING or _name(event) not in retracted
        ]
    corrected: dict[Name, str | None] = {}
    for event in _ordered([event for event in standing if event.type == StageCorrected.type]):
        corrected |= {target: event.data.stage for target in _targets(event) if isinstance(event.data, StageCorrected)}
    known = [event for event in standing if event.type not in BY_KNOWLEDGE]
    if not corrected:
        return known
    return [_corrected(event, corrected[_name(event)]) if _name(event) in corrected else event for event in known]


def _targets(event: Event) -> tuple[Name, ...]:
    if isinstance(event.data, (EventRetracted, StageCorrected)):
        return ((event.stream, event.data.source, event.data.event_id),)
    return ()


def _name(event: Event) -> Name:
    return (event.stream, event.source, event.event_id)


def _corrected(event: Event, stage: str | None) -> Event:
    if isinstance(event.data, StageEntered):
        # An explicit entry that is corrected to no stage at all enters none; the tracker takes "" so.
        return structs.replace(event, data=structs.replace(event.data, stage=stage or ""))
    return structs.replace(event, stage_hint=stage)


def _retimed(event: Event) -> Event:
    if not isinstance(event.data, CustomerSegmentAssigned) or event.data.valid_from is None:
        return event
    return structs.replace(event, at=instant(event.data.valid_from))


def _ordered(events: list[Event]) -> list[Event]:
    """Sort in the order of the fold: by instant, which is quick, and by all of it only where instants are equal."""
    events.sort(key=_at)
    instants = [event.at for event in events]
    for at in set(compress(instants, map(eq, instants, instants[1:]))):
        alike = slice(bisect_left(instants, at), bisect_right(instants, at))
        events[alike] = sorted(events[alike], key=fold_order)
    return events
