"""Replaying a customer: the state after each event, and what each one did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ledger.aggregates.customer import Customer, differences, evolve
from ledger.errors import InvalidArgument
from ledger.events.event import RecordedEvent
from ledger.journey.context import Context
from ledger.journey.moment import Entry, Moment
from ledger.journey.reading import Horizon, effective
from ledger.journey.tracker import Tracker
from ledger.queries.customer import read_customer
from ledger.store.log import NOW, Until
from ledger.store.store import Store


class Step(Struct, frozen=True, kw_only=True):
    """One event of a replay: the customer after it, what it changed (before, after), and by which rule and evidence.

    `refolded` says that the event changed the past, so the customer was folded anew from their first event.
    """

    event: RecordedEvent[Any]
    customer_id: str
    customer: Customer
    changes: dict[str, tuple[Any, Any]]
    entries: tuple[Entry, ...] = ()
    refolded: bool = False


def replay(store: Store, customer_id: str, *, version: int | None = None, until: Until = NOW) -> list[Step]:
    """Return the steps of a customer's life, as of a time and as known at one, in the order of occurrence.

    With `version` it is the first `version` events of the customer's own stream in the order of arrival; a late
    one changes the past, which its step shows. Raises CustomerNotFound, InvalidArgument for a negative version.
    """
    if version is not None and version < 0:
        raise InvalidArgument("a version is a number of events: write 0 or more")
    log = read_customer(store, customer_id, until)
    if version is None:
        return list(_by_time(store.context, log.events, log.names))
    own = [event for event in log.events if log.names[event.stream] == customer_id]
    return list(_by_arrival(store.context, sorted(own, key=lambda event: event.version)[:version], log.names))


def _by_time(context: Context, events: list[RecordedEvent[Any]], names: dict[int, str]) -> Iterator[Step]:
    tracker = Tracker(context)
    customer = Customer()
    for moment in tracker.advance(tracker.initial(), effective(events)):
        after = evolve(customer, moment)
        yield _step(moment.event, names, customer, after, [moment])
        customer = after


def _by_arrival(context: Context, events: list[RecordedEvent[Any]], names: dict[int, str]) -> Iterator[Step]:
    tracker = Tracker(context)
    state, customer, horizon = tracker.initial(), Customer(), Horizon()
    for number, event in enumerate(events, 1):
        before, refolded = customer, not horizon.allows([event])
        if refolded:
            state, customer = tracker.initial(), Customer()
            seen = effective(events[:number])
            horizon = Horizon.of(events[:number], seen)
        else:
            seen = effective([event])
            horizon = horizon.after(seen)
        moments = tracker.advance(state, seen)
        for moment in moments:
            customer = evolve(customer, moment)
        caused = [moment for moment in moments if _is(moment.event, event)]
        yield _step(event, names, before, customer, caused, refolded=refolded)


def _is(one: RecordedEvent[Any], other: RecordedEvent[Any]) -> bool:
    return one.position == other.position


def _step(
    event: RecordedEvent[Any],
    names: dict[int, str],
    before: Customer,
    after: Customer,
    caused: list[Moment],
    *,
    refolded: bool = False,
) -> Step:
    entries = tuple(
        entry
        for moment in caused
        for entry in (*((moment.entered,) if moment.entered else ()), *moment.overlays_entered)
    )
    return Step(
        event=event,
        customer_id=names[event.stream],
        customer=after,
        changes=differences(before, after),
        entries=entries,
        refolded=refolded,
    )
