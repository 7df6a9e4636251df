"""The customer as an aggregate: what is known of one after each event, folded from their own stream."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ledger.events import identity, support
from ledger.events.event import RecordedEvent
from ledger.journey.moment import Moment

CLOSING = (support.CaseResolved, support.CaseClosed)
OPENING = (support.CaseOpened, support.CaseReopened)


class Customer(Struct, frozen=True, kw_only=True):
    """The state of a customer; times are microseconds since 1970 UTC, `stage` None before any is known."""

    events: int = 0
    first_at: int | None = None
    last_at: int | None = None
    stage: str | None = None
    cycle: int = 1
    overlays: tuple[str, ...] = ()
    last_channel: str | None = None
    preferred_channel: str | None = None
    segments: dict[str, str] = {}
    consents: tuple[str, ...] = ()
    identified_by: tuple[str, ...] = ()
    open_cases: tuple[str, ...] = ()
    erased: bool = False


def evolve(customer: Customer, moment: Moment) -> Customer:
    """Return the customer after an event, given where the journey stood when it occurred."""
    event = moment.event
    changes: dict[str, Any] = {
        "events": customer.events + 1,
        "first_at": event.at if customer.first_at is None else customer.first_at,
        "last_at": event.at,
        "stage": moment.stage,
        "cycle": moment.cycle,
        "overlays": moment.overlays,
    }
    if event.channel is not None:
        changes["last_channel"] = event.channel
    changes.update(_identity(customer, event))
    changes.update(_cases(customer, event))
    return replace(customer, **changes)


def _identity(customer: Customer, event: RecordedEvent[Any]) -> dict[str, Any]:
    data = event.data
    if isinstance(data, identity.CustomerSegmentAssigned):
        return {"segments": {**customer.segments, data.scheme: data.segment}}
    if isinstance(data, identity.PreferenceSet):
        return {"preferred_channel": data.preferred_channel}
    if isinstance(data, identity.ConsentGranted):
        return {"consents": _with(customer.consents, data.purpose), "erased": False}
    if isinstance(data, identity.ConsentWithdrawn):
        return {"consents": _without(customer.consents, data.purpose)}
    if isinstance(data, identity.CustomerIdentified):
        return {"identified_by": _with(customer.identified_by, data.namespace)}
    return {"erased": True} if isinstance(data, identity.CustomerErased) else {}


def _cases(customer: Customer, event: RecordedEvent[Any]) -> dict[str, Any]:
    if event.case_id is None:
        return {}
    if isinstance(event.data, OPENING):
        return {"open_cases": _with(customer.open_cases, event.case_id)}
    if isinstance(event.data, CLOSING):
        return {"open_cases": _without(customer.open_cases, event.case_id)}
    return {}


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def differences(before: Customer, after: Customer) -> dict[str, tuple[Any, Any]]:
    """Return what an event did: field → (before, after), the counters left out."""
    counters = {"events", "first_at", "last_at"}
    return {
        name: (getattr(before, name), getattr(after, name))
        for name in Customer.__struct_fields__
        if name not in counters and getattr(before, name) != getattr(after, name)
    }
