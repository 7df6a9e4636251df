"""The simulator: people one after the other, their events in order of arrival within each block of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from random import Random
from typing import NamedTuple, TypedDict, TypeVar, Unpack
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ledger.errors import InvalidArgument
from ledger.sample.arrival import Arrivals, Parcel
from ledger.sample.clock import milliseconds, text
from ledger.sample.people import lives
from ledger.sample.person import Line
from ledger.sample.truth import Truth
from ledger.sample.world import World

T = TypeVar("T")

START = datetime(2023, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK = 256
"""People whose events arrive mixed with each other; the memory taken is that of one block."""


class Options(TypedDict, total=False):
    """What may be said of a simulation beside its size and seed."""

    start: datetime
    end: datetime
    zone: str
    shuffle: bool
    truth: Truth | None


class _Plan(NamedTuple):
    customers: int
    seed: int
    world: World
    truth: Truth
    shuffle: bool


def simulate(customers: int, seed: int, **options: Unpack[Options]) -> Iterator[Line]:
    """Yield the events of so many simulated people as wire events, in the order in which they arrive.

    Every event occurs in [start, end). `zone` is the one whose days dates without time mean: the zone of the
    ledger that is to read them. Within a block of 256 people arrival is by received_at, or in random order
    when `shuffle`. `truth` takes what is true of the events as they are yielded. The same arguments give the
    same events on every machine; more customers give the same ones and more. Raises InvalidArgument.
    """
    return _blocks(_plan(customers, seed, options), _same)


def simulate_lines(customers: int, seed: int, **options: Unpack[Options]) -> Iterator[bytes]:
    """Yield the events of `simulate`, with the same options, as lines of compact JSON, each with its newline."""
    return _blocks(_plan(customers, seed, options), _line)


def _same(event: Line) -> Line:
    return event


_encode = msgspec.json.Encoder().encode


def _line(event: Line) -> bytes:
    return _encode(event) + b"\n"


def _plan(customers: int, seed: int, options: Options) -> _Plan:
    start, end, zone = options.get("start", START), options.get("end", END), options.get("zone", "UTC")
    if customers < 0 or seed < 0:
        raise InvalidArgument("customers and seed must not be negative: give whole numbers from 0")
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise InvalidArgument("end must be later than start, both with an offset from UTC: correct the span")
    try:
        world = World(milliseconds(start), milliseconds(end), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidArgument(f"there is no time zone {zone!r}: give an IANA name like Europe/Oslo") from None
    plan = _Plan(customers, seed, world, options.get("truth") or Truth(), options.get("shuffle", False))
    plan.truth.settings = {
        "customers": customers,
        "seed": seed,
        "start": text(world.start),
        "end": text(world.end),
        "zone": zone,
        "shuffle": plan.shuffle,
    }
    return plan


def _blocks(plan: _Plan, finish: Callable[[Line], T]) -> Iterator[T]:
    arrivals = Arrivals(plan.truth, finish)
    for first in range(0, plan.customers, BLOCK):
        block: list[Parcel[T]] = []
        closing: list[Parcel[T]] = []
        for number in range(first, min(first + BLOCK, plan.customers)):
            for person in lives(plan.world, plan.truth, plan.seed, number):
                block += arrivals.wrap(person.told)
                closing += arrivals.wrap(person.closing)
        if plan.shuffle:
            draw = Random((plan.seed << 42) + (1 << 41) + first).random
            block = [block[place] for _, place in sorted((draw(), place) for place in range(len(block)))]
        else:
            block.sort(key=itemgetter(0))
        # An erased customer takes nothing more, so erasures come last however the rest is shuffled.
        block += closing
        arrivals.count(block)
        for parcel in block:
            yield parcel[4]
