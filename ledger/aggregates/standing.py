"""What an append must know of a customer to refuse what cannot be true: small, whatever the length of the stream."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ledger.errors import AlreadyRetracted, CannotRetract, CustomerErased, MergeCycle, OccurredInFuture
from ledger.events import identity
from ledger.events.control import EventRetracted
from ledger.events.event import Event

FINAL = frozenset({"event.retracted", "customer.merged", "customer.unmerged", "customer.erased"})
"""Types that no retraction takes back: an unmerge undoes a merge, a new consent an erasure."""

RULED = frozenset(
    {
        EventRetracted,
        identity.ConsentGranted,
        identity.CustomerErased,
        identity.CustomerIdentified,
        identity.CustomerMerged,
        identity.CustomerUnmerged,
    }
)
"""The kinds of event that a rule or a link depends on; any other needs only a customer who is not erased."""

Reference = tuple[str, str]
"""The (source, event_id) of an event."""


class Standing(Struct, frozen=True, omit_defaults=True):
    """The decision state of one stream: erased or not, and which events its retractions name."""

    erased: bool = False
    retracted: tuple[Reference, ...] = ()


class Target(Struct, frozen=True):
    """The event a retraction names, where it is recorded already."""

    stream: int
    type: str


NEW = Standing()


def evolve(standing: Standing, event: Event[Any]) -> Standing:
    """Return the standing after `event`."""
    data = event.data
    if isinstance(data, identity.CustomerErased):
        return replace(standing, erased=True)
    if isinstance(data, identity.ConsentGranted):
        return replace(standing, erased=False) if standing.erased else standing
    if isinstance(data, EventRetracted):
        return replace(standing, retracted=(*standing.retracted, (data.source, data.event_id)))
    return standing


def decide(standing: Standing, event: Event[Any]) -> None:
    """Refuse an event that cannot be true of this customer.

    Raises CustomerErased, or AlreadyRetracted for the second retraction of one event.
    """
    where = {"source": event.source, "event_id": event.event_id}
    data = event.data
    if standing.erased and not isinstance(data, identity.ConsentGranted):
        raise CustomerErased(
            "the customer was erased, so nothing more is recorded of them: record a `consent.granted` first", **where
        )
    if isinstance(data, EventRetracted) and (data.source, data.event_id) in standing.retracted:
        raise AlreadyRetracted(
            f"event {data.event_id} of source {data.source} is retracted already: drop this second retraction", **where
        )


def decide_time(event: Event[Any], at: int, now: int, tolerance: int) -> None:
    """Refuse an event from the future; all times in microseconds since 1970 UTC. Raises OccurredInFuture."""
    if at > now + tolerance:
        raise OccurredInFuture(
            f"occurred_at {event.occurred_at} is more than {tolerance // 1_000_000} s later than the ledger's clock: "
            "correct the producer's clock, or append it once it has happened",
            source=event.source,
            event_id=event.event_id,
        )


def decide_retraction(event: Event[Any], stream: int, target: Target | None) -> None:
    """Refuse a retraction whose event is recorded and is another customer's or final. Raises CannotRetract."""
    if target is None:
        return
    where = {"source": event.source, "event_id": event.event_id}
    if target.stream != stream:
        raise CannotRetract(
            "the event it names was recorded for another customer: send the retraction with that event's customer_id",
            **where,
        )
    if target.type in FINAL:
        raise CannotRetract(
            f"an event of type {target.type} is not taken back by a retraction: "
            "undo a merge with customer.unmerged, an erasure with consent.granted",
            **where,
        )


def decide_merge(event: Event[Any], from_stream: int, into_stream: int, ancestors: frozenset[int]) -> None:
    """Refuse a merge of a customer into itself, directly or through `ancestors`, what `into` is merged into.

    Raises MergeCycle.
    """
    if from_stream == into_stream or from_stream in ancestors:
        raise MergeCycle(
            "these are one and the same customer: name two"
            if from_stream == into_stream
            else "the merge would make the customer part of itself: unmerge the earlier one first",
            source=event.source,
            event_id=event.event_id,
        )
