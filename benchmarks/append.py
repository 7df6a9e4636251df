"""How fast are events kept? Against eventsourcing saving as its applications do, and its recorder alone.

The peer stores (stream, version, topic, state) and no more: no key of its own, no stream head, no digest, no
validation. Its applications map each event to text first; its recorder alone is given text that is ready. Ours
starts from the producer's JSON text.

    python -m benchmarks.append [events]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import EventStore, JSONTranscoder, Mapper, StoredEvent
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment

from benchmarks.peers import folder, lines, machine, say, seconds
from ledger import Ledger, LedgerError

NAMESPACE = UUID(int=7)


@dataclass(frozen=True)
class Said:
    """The peer's domain event: the producer's fields as they came."""

    originator_id: UUID
    originator_version: int
    fields: dict[str, Any]


def said(raw: Sequence[bytes]) -> list[Said]:
    """Return the peer's events, on the same streams."""
    versions: Counter[str] = Counter()
    events = []
    for line in raw:
        fields = msgspec.json.decode(line)
        customer = fields["customer_id"]
        versions[customer] += 1
        events.append(Said(uuid5(NAMESPACE, customer), versions[customer], fields))
    return events


def stored(raw: Sequence[bytes]) -> list[StoredEvent]:
    """Return the peer's events encoded already: the same text as state."""
    return [
        StoredEvent(event.originator_id, event.originator_version, event.fields["type"], line)
        for event, line in zip(said(raw), raw, strict=True)
    ]


def peer_rates(place: Path, raw: Sequence[bytes]) -> dict[str, float]:
    """Return the peer's events a second: saved as its applications do, and by its recorder alone."""
    factory = SQLiteFactory(Environment("bench", {"SQLITE_DBNAME": f"{place}/peer.db"}))
    recorder = factory.application_recorder()
    store: EventStore[UUID] = EventStore(Mapper(JSONTranscoder()), recorder)
    plan: list[tuple[str, Callable[[Any], object], int, int]] = [
        ("saved, 1 a call", store.put, 1, len(raw) // 100),
        ("saved, 10 a call", store.put, 10, len(raw) // 10),
        ("recorder, 1 a call", recorder.insert_events, 1, len(raw) // 100),
        ("recorder, 10 a call", recorder.insert_events, 10, len(raw) // 10),
        ("recorder, 5000 a call", recorder.insert_events, 5_000, len(raw) // 2),
    ]
    domain, rows = said(raw), stored(raw)
    rates: dict[str, float] = {}
    first = 0
    for name, keep, size, count in plan:
        events: Sequence[Any] = (domain if name.startswith("saved") else rows)[first : first + count]
        first += count
        started = time.perf_counter()
        for chunk in chunks(events, size):
            keep(chunk)
        rates[name] = count / (time.perf_counter() - started)
    return rates


def chunks(events: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut events into lists of a size."""
    for start in range(0, len(events), size):
        yield events[start : start + size]


def main(count: int) -> None:
    """Print the rates and their ratios."""
    raw = lines(count)
    with folder() as place:
        say(f"{count} simulated events on SQLite; {machine()}")
        peer = peer_rates(place, raw)
        with Ledger.open(f"sqlite:///{place}/ours.db") as ledger:
            single, rest = raw[: count // 100], raw[count // 100 :]
            one = len(single) / seconds(lambda: [*map(ledger.append, single)])
            outcomes: list[Any] = []
            bulk = len(rest) / seconds(lambda: outcomes.extend(ledger.append_many(rest)))
    refused = sum(isinstance(outcome, LedgerError) for outcome in outcomes)
    say(f"  ledger, append_many (5,000 a transaction)  {bulk:10,.0f} events/s  (aim 25,000; refused {refused})")
    say(f"  ledger, append of 1                        {one:10,.0f} events/s")
    for name, rate in peer.items():
        say(f"  eventsourcing, {name:27} {rate:10,.0f} events/s; append_many is {bulk / rate:5.1f} x")
    say(f"  append of 1 is {one / peer['saved, 1 a call']:.2f} x the peer saving 1")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
