"""The simulator: people one after the other, their events in order of arrival within each block of people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from ledger.errors import InvalidArgument
from ledger.sample.arrival import Arrivals
from ledger.sample.clock import milliseconds, text
from ledger.sample.people import lives
from ledger.sample.person import Line, Person
from ledger.sample.truth import Truth
from ledger.sample.world import World

START = datetime(2023, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK = 256
"""People whose events arrive mixed with each other; the memory taken is that of one block."""


def simulate(
    customers: int,
    seed: int,
    *,
    start: datetime = START,
    end: datetime = END,
    zone: str = "UTC",
    shuffle: bool = False,
    truth: Truth | None = None,
) -> Iterator[Line]:
    """Yield the events of so many simulated people as wire events, in the order in which they arrive.

    Every event occurs in [start, end). `zone` is the one whose days dates without time mean: the zone of the
    ledger that is to read them. Within a block of 256 people arrival is by received_at, or in random order
    when `shuffle`. `truth` takes what is true of the events as they are yielded. The same arguments give the
    same events on every machine; more customers give the same ones and more. Raises InvalidArgument.
    """
    if customers < 0 or seed < 0:
        raise InvalidArgument("customers and seed must not be negative: give whole numbers from 0")
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise InvalidArgument("end must be later than start, both with an offset from UTC: correct the span")
    world = World(milliseconds(start), milliseconds(end), ZoneInfo(zone))
    truth = Truth() if truth is None else truth
    truth.settings = {
        "customers": customers,
        "seed": seed,
        "start": text(world.start),
        "end": text(world.end),
        "zone": zone,
        "shuffle": shuffle,
    }
    return _blocks(world, truth, customers, seed, shuffle=shuffle)


def lines(events: Iterable[Line]) -> Iterator[bytes]:
    """Yield events as lines of compact JSON, each with its newline."""
    encode = msgspec.json.encode
    for event in events:
        yield encode(event) + b"\n"


def _blocks(world: World, truth: Truth, customers: int, seed: int, *, shuffle: bool) -> Iterator[Line]:
    arrivals = Arrivals(truth)
    for first in range(0, customers, BLOCK):
        people: list[Person] = []
        for number in range(first, min(first + BLOCK, customers)):
            people += lives(world, truth, seed, number)
        told = [told for person in people for told in person.told]
        if shuffle:
            draw = Random((seed << 42) + (1 << 41) + first).random
            told = [told for _, _, told in sorted((draw(), place, told) for place, told in enumerate(told))]
        else:
            told.sort(key=itemgetter(0))
        # An erased customer takes nothing more, so erasures come last however the rest is shuffled.
        told += [told for person in people for told in person.closing]
        yield from arrivals.follow(told)
