"""The use cases that write: open or make a ledger's database is bootstrap's; here events are appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from ledger.errors import InvalidEvent, LedgerError
from ledger.events.event import Event
from ledger.store.plan import Recorded, Request
from ledger.store.store import Store

EventLike = Event[Any] | Mapping[str, Any] | bytes | str
"""An event as an `Event`, as a mapping of its wire fields, or as its JSON text."""

Outcome = Recorded | LedgerError

BATCH = 5_000

T = TypeVar("T")


def append(store: Store, events: Sequence[EventLike], *, expected_version: int | None = None) -> list[Recorded]:
    """Append events together: all are kept, or none and the reason is raised.

    An event without an event_id is given a UUIDv7. One that is recorded already with the same content is not
    written again: its first place is returned. Raises InvalidEvent, Refused, Conflict or StorageError.
    """
    received = store.clock()
    prepared = tuple(store.preparer.prepare(event, received=received, make_id=True) for event in events)
    [outcome] = store.appender.append([Request(prepared, expected_version)])
    if isinstance(outcome, LedgerError):
        raise outcome
    return list(outcome)


def append_each(store: Store, events: Iterable[EventLike], *, make_id: bool = True) -> Iterator[Outcome]:
    """Append many events, each for itself: yield for each, in order, where it is kept or why it is not.

    Events are kept in transactions of BATCH; one that fails does not touch its neighbours. A StorageError is
    raised, and what was yielded before it is kept.
    """
    for batch in batches(events, BATCH):
        yield from _append_batch(store, batch, make_id)


def _append_batch(store: Store, batch: list[EventLike], make_id: bool) -> list[Outcome]:
    received = store.clock()
    outcomes: list[Outcome | None] = []
    requests: list[Request] = []
    for event in batch:
        try:
            requests.append(Request((store.preparer.prepare(event, received=received, make_id=make_id),)))
            outcomes.append(None)
        except InvalidEvent as error:
            outcomes.append(error)
    kept = iter(store.appender.append(requests))
    return [outcome if outcome is not None else _only(next(kept)) for outcome in outcomes]


def _only(outcome: tuple[Recorded, ...] | LedgerError) -> Outcome:
    return outcome if isinstance(outcome, LedgerError) else outcome[0]


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut an iterable into lists of at most `size`."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch
