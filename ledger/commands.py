"""The use cases that write: open or make a ledger's database is bootstrap's; here events are appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from msgspec import Struct

from ledger.errors import ContentConflict, InvalidArgument, LedgerError, MergeCycle
from ledger.events.event import utc
from ledger.events.identity import CustomerMerged
from ledger.runners.preparing import EventLike, prepared
from ledger.schemas.prepare import Prepared
from ledger.store.engine import Connection, reading
from ledger.store.figures.identifiers import is_undone, merges_between, random_ids
from ledger.store.links import units_of
from ledger.store.log import customer_ids, read_event, stream_of
from ledger.store.plan import Recorded, Request
from ledger.store.store import Store

Outcome = Recorded | LedgerError

BATCH = 5_000

DECISIONS = "identities"
"""The source of what is decided here about who is who, where no other is named."""

APART = "none: two customers, told apart"
"""The evidence of a merge that is recorded only to be undone."""

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


class Merger(Struct, frozen=True, kw_only=True):
    """That the customer of the key `from_` is to live on in the one of `into`, and why."""

    from_: str
    into: str
    evidence: str


def merge(store: Store, mergers: Sequence[Merger], *, source: str = DECISIONS) -> list[Recorded]:
    """Record that customers are one person: all of the mergers or none; return what was written.

    Those who are one customer already are left as they are, so that a repeat writes nothing. Raises
    CustomerNotFound, and Refused for a customer merged into themselves or erased.
    """
    try:
        return _merged(store, mergers, source)
    except (ContentConflict, MergeCycle):
        # Somebody decided on the same at the same time: what is missing is found, and nothing is written twice.
        return _merged(store, mergers, source)


def reject(store: Store, one: str, other: str, *, why: str | None = None, source: str = DECISIONS) -> list[Recorded]:
    """Record that two customers are not one person; return what was written, nothing where it is decided already.

    It is a merge and the unmerge of it, recorded together, so that they never count as one. Raises CustomerNotFound,
    InvalidArgument for those who are one customer, Refused.
    """
    try:
        return _rejected(store, one, other, why, source)
    except (ContentConflict, MergeCycle):
        return _rejected(store, one, other, why, source)


def unmerge(
    store: Store, source: str, event_id: str, *, why: str | None = None, decided_by: str = DECISIONS
) -> list[Recorded]:
    """Record that the merge which an event told was wrong; return what was written, nothing where it is undone already.

    Raises EventNotFound, InvalidArgument for an event that is no merge, Refused.
    """
    with reading(store.engine) as connection:
        merged = read_event(connection, store.mapper, source, event_id)
        if not isinstance(merged.data, CustomerMerged):
            raise InvalidArgument(
                f"event {event_id!r} of source {source!r} is a {merged.type}, no merge: `identities decided` lists them"
            )
        if is_undone(connection, merged.position):
            return []
        customer = customer_ids(connection, [merged.stream])[merged.stream]
    try:
        return _decided(store, [_undoing(customer, (source, event_id), why, (decided_by, store.clock()))])
    except ContentConflict:
        # Somebody undid it at the same time.
        with reading(store.engine) as connection:
            if is_undone(connection, merged.position):
                return []
        raise


def _rejected(store: Store, one: str, other: str, why: str | None, source: str) -> list[Recorded]:
    with reading(store.engine) as connection:
        streams = [stream_of(connection, one), stream_of(connection, other)]
        name = _merge_id(connection, Merger(from_=one, into=other, evidence=APART))
        decided = merges_between(connection, *streams) + merges_between(connection, *reversed(streams))
    if name is None or streams[0] == streams[1]:
        raise InvalidArgument(
            f"{one!r} and {other!r} are one customer: name two, or undo the merge that made them one, which "
            "`identities decided` lists"
        )
    if decided:
        return []
    now = store.clock()
    data = {"from": one, "into": other, "evidence": APART}
    merger = _decision("customer.merged", other, (source, name, now), data)
    return _decided(store, [merger, _undoing(other, (source, name), why, (source, now))])


def _undoing(customer: str, merged: tuple[str, str], why: str | None, decided: tuple[str, int]) -> dict[str, Any]:
    """Return the event that undoes a merge (its source and event_id), by whom it was decided and when."""
    source, at = decided
    name = sha256("\0".join(merged).encode()).hexdigest()[:32]
    data = dict(zip(("source", "event_id"), merged, strict=True)) | ({} if why is None else {"why": why})
    return _decision("customer.unmerged", customer, (source, f"unmerge-{name}", at), data)


def _merged(store: Store, mergers: Sequence[Merger], source: str) -> list[Recorded]:
    with reading(store.engine) as connection:
        named = {_merge_id(connection, merger): merger for merger in mergers}
    now = store.clock()
    return _decided(
        store,
        [
            _decision(
                "customer.merged",
                merger.into,
                (source, name, now),
                {"from": merger.from_, "into": merger.into, "evidence": merger.evidence},
            )
            for name, merger in named.items()
            if name is not None
        ],
    )


def _merge_id(connection: Connection, merger: Merger) -> str | None:
    """Return what the merge is called; None where the two are one customer already.

    It follows from whom it merges, but by random ids: the keys may be addresses, and an event_id stands in the clear.
    A merge that was undone keeps its name, so the next one of the same two is numbered.
    """
    streams = [stream_of(connection, merger.from_), stream_of(connection, merger.into)]
    units = units_of(connection, streams)
    if streams[0] != streams[1] and units.survivor(streams[0]) == units.survivor(streams[1]):
        return None
    ids = random_ids(connection, streams)
    name = sha256(ids[streams[0]] + ids[streams[1]]).hexdigest()[:32]
    before = merges_between(connection, *streams)
    return f"merge-{name}" + (f"-{before + 1}" if before else "")


def _decision(kind: str, customer_id: str, told: tuple[str, str, int], data: dict[str, str]) -> dict[str, Any]:
    source, event_id, at = told
    return {
        "event_id": event_id,
        "source": source,
        "type": kind,
        "customer_id": customer_id,
        "occurred_at": utc(at).isoformat(),
        "data": data,
    }


def _decided(store: Store, events: list[dict[str, Any]]) -> list[Recorded]:
    places = append(store, events) if events else []
    return [place for place in places if place.recorded]
