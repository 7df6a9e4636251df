"""A customer's history: every event of all their streams, in the order it occurred."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.events.event import RecordedEvent, fold_order, utc
from ledger.journey.reading import LASTING
from ledger.queries.customer import read_customer
from ledger.queries.spelling import meant
from ledger.schemas.wire import stored_wire, to_wire
from ledger.store.engine import reading
from ledger.store.links import units_of
from ledger.store.log import NOW, Until, customer_ids, last_position, position_rows, read_event
from ledger.store.store import Store


class HistoryFilter(Struct, frozen=True, kw_only=True):
    """Which events of a history to show; `since` and `before` bound occurred_at in µs since 1970 UTC."""

    channel: str | None = None
    family: str | None = None
    type: str | None = None
    case_id: str | None = None
    correlation_id: str | None = None
    since: int | None = None
    before: int | None = None

    def takes(self, event: RecordedEvent[Any], family: str) -> bool:
        """Say whether an event passes."""
        wanted = (
            (self.channel, event.channel),
            (self.family, family),
            (self.type, event.type),
            (self.case_id, event.case_id),
            (self.correlation_id, event.correlation_id),
        )
        return (
            all(want is None or want == has for want, has in wanted)
            and (self.since is None or event.at >= self.since)
            and (self.before is None or event.at < self.before)
        )


EVERY = HistoryFilter()


def history(store: Store, customer_id: str, filter: HistoryFilter = EVERY, until: Until = NOW) -> list[dict[str, Any]]:
    """Return a customer's events as wire objects with `position`, `version`, `recorded_at` and `retracted` beside.

    They come in the order of the fold. A retracted event is shown, and says so. Raises CustomerNotFound, and
    InvalidArgument for a type or a family that no event can be of, and for a window that ends before it begins.
    """
    if filter.since is not None and filter.before is not None and filter.since >= filter.before:
        raise InvalidArgument("the window ends before it begins: `since` must be earlier than `before`")
    _require_known("type", filter.type, {*store.context.vocabulary})
    _require_known("family", filter.family, {kind.family for kind in store.context.vocabulary.values()})
    log = read_customer(store, customer_id, until, personal=True)
    retracted = {
        (event.stream, event.data.source, event.data.event_id)
        for event in log.events
        if event.type == "event.retracted"
    }
    return [
        recorded_wire(event, log.names[event.stream])
        | {"retracted": event.type not in LASTING and (event.stream, event.source, event.event_id) in retracted}
        for event in sorted(log.events, key=fold_order)
        if filter.takes(event, store.context.vocabulary[event.type].family)
    ]


def doubts(store: Store, customer_id: str, filter: HistoryFilter, until: Until = NOW) -> list[str]:
    """Return, for a history that is empty, why: nothing was known by then, or no event of theirs is so."""
    every = history(store, customer_id, until=until)
    if not every:
        return [f"nothing of customer {customer_id!r} was known by then"]
    said = []
    for name, asked in (
        ("channel", filter.channel),
        ("case_id", filter.case_id),
        ("correlation_id", filter.correlation_id),
    ):
        there = list(dict.fromkeys(str(event[name]) for event in every if name in event))
        if asked not in (None, *there):
            said.append(f"no event of customer {customer_id!r} has the {name} {asked!r}: {meant(str(asked), there)}")
    return said or [f"none of the {len(every):,} events of customer {customer_id!r} is so"]


def _require_known(what: str, name: str | None, known: Collection[str]) -> None:
    if name is not None and name not in known:
        near = get_close_matches(name, known, 1)
        cure = f"did you mean {near[0]!r}?" if near else "check its spelling, or declare it"
        raise InvalidArgument(f"no event is of the {what} {name!r}: {cure}")


def event(store: Store, source: str, event_id: str) -> dict[str, Any]:
    """Return one event as a wire object, with its place in the log. Raises EventNotFound."""
    with reading(store.engine, soon=True) as connection:
        found = read_event(connection, store.mapper, source, event_id)
        names = customer_ids(connection, [found.stream])
        survivor = units_of(connection, [found.stream]).survivor(found.stream)
        lives_on = customer_ids(connection, [survivor])[survivor]
    return recorded_wire(found, names[found.stream]) | {"customer": lives_on}


def export(store: Store) -> Iterator[dict[str, Any]]:
    """Yield the whole log as wire objects, in the order of the log: appended elsewhere, they make the same ledger."""
    with reading(store.engine) as connection:
        names: dict[int, str] = {}
        for row in position_rows(connection, 0, last_position(connection), sealed=True):
            stream, received, header, sealed = row[1], row[6], row[8], row[9]
            if stream not in names:
                names.update(customer_ids(connection, [stream]))
            yield stored_wire(header, sealed, names[stream], received)


def recorded_wire(event: RecordedEvent[Any], customer_id: str) -> dict[str, Any]:
    """Return an event's wire object with its position, version and recorded_at."""
    return to_wire(event, customer_id) | {
        "position": event.position,
        "version": event.version,
        "recorded_at": utc(event.recorded).isoformat(),
    }
