"""The use cases that write: open or make a ledger's database is bootstrap's; here events are appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from ledger.errors import LedgerError
from ledger.runners.preparing import EventLike, prepared
from ledger.schemas.prepare import Prepared
from ledger.store.plan import Recorded, Request
from ledger.store.store import Store

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
    for batch in prepared(store, batches(events, BATCH), make_id=make_id):
        kept = iter(store.appender.append([Request((event,)) for event in batch if isinstance(event, Prepared)]))
        for event in batch:
            yield _only(next(kept)) if isinstance(event, Prepared) else event


def _only(outcome: tuple[Recorded, ...] | LedgerError) -> Outcome:
    return outcome if isinstance(outcome, LedgerError) else outcome[0]


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut an iterable into lists of at most `size`."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch
