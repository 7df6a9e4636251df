"""How fast are many events kept? Against eventsourcing with 1, 10 and 500 events a call, in turns.

The peer stores (stream, version, topic, state) and no more: no key of its own, no stream head, no digest, no
validation. Its applications map each event to text first (saved); its recorder alone is given text that is ready.
Ours starts from the producer's JSON text. Only what the calls take is counted, never what makes the events.

    python -m benchmarks.bulk [--seconds 1] [--rounds 3] [--database sqlite] [--rows 10000000]

With --rows it first keeps so many events (a multiple of a million) in one load, and prints how the rate and the
memory went.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any
from uuid import UUID

from eventsourcing.persistence import EventStore, JSONTranscoder, Mapper

from benchmarks.ours import DATABASES, Place, many, place
from benchmarks.peers import endless, machine, recorder, said, say, stored
from benchmarks.raw import bare_commit, commits
from ledger import Ledger
from ledger.commands import batches
from ledger.runners.memory import peak_kib
from ledger.sample.load import paced

AIMS = {"SQLite": 45_000, "PostgreSQL": 38_000}
TIMES = 8
"""How many times the peer's rate with 1 and with 10 events a call is the aim."""

CALL = 250_000
"""Events given to append_many at once: a load long enough for it to take a second process to help."""

LARGEST = 500
"""Events of the peer's largest call: on PostgreSQL one of 2,000 (some 600 kB) never returns, in its pipeline's sync."""

PART = 100_000
"""Events of a long load that are made at a time."""

SHARE = 20
"""One part in so many of all rows is the start, and one the end."""


@dataclass(frozen=True)
class Side:
    """One way of keeping events, in a database of its own."""

    name: str
    keep: Callable[[Any], int]
    calls: Iterator[Any]
    size: int


def sides(where: Place, ledger: Ledger, lines: Iterator[bytes], stack: ExitStack) -> list[Side]:
    """Return ours first, then the peer's ways."""
    found = [Side("ledger, append_many", many(ledger), batches(lines, CALL), CALL)]
    for size in (1, 10, LARGEST):
        peer = stack.enter_context(recorder(where.new()))
        calls = batches(stored(endless()), size)
        found.append(Side(f"eventsourcing, recorder, {size:,} a call", _counted(peer.insert_events), calls, size))
    for size in (1, 10):
        peer = stack.enter_context(recorder(where.new()))
        store: EventStore[UUID] = EventStore(Mapper(JSONTranscoder()), peer)
        found.append(
            Side(f"eventsourcing, saved, {size:,} a call", _counted(store.put), batches(said(endless()), size), size)
        )
    return found


def _counted(insert: Callable[[Sequence[Any]], object]) -> Callable[[Sequence[Any]], int]:
    def keep(events: Sequence[Any]) -> int:
        insert(events)
        return len(events)

    return keep


def compare(where: Place, ledger: Ledger, lines: Iterator[bytes], seconds: float, rounds: int) -> None:
    """Print the rates of all sides, taken in turns, and ours against each of the peer's."""
    with ExitStack() as stack:
        every = sides(where, ledger, lines, stack)
        paces = [
            [
                paced(side.keep, side.calls, threads=1, seconds=seconds, stock=max(1, 20_000 // side.size))
                for side in every
            ]
            for _ in range(rounds)
        ]
    for number, side in enumerate(every):
        taken = [turn[number] for turn in paces]
        ratio = median(turn[0].rate / turn[number].rate for turn in paces)
        aim = f"aim {AIMS[where.name]:,}" if number == 0 else f"append_many is {ratio:6.2f} x"
        aim += f", aim {TIMES}" if side.size in (1, 10) else ""
        kept = sum(pace.kept for pace in taken)
        say(f"  {side.name:36} {median(pace.rate for pace in taken):10,.0f} events/s  ({aim}; n {kept:,})")


def go_on(ledger: Ledger, rows: int) -> None:
    """Append so many rows in one load; print the rate as it goes, at the start against the end, and the memory.

    The events are made PART at a time, and the time that takes is left out.
    """
    making = 0.0

    def parts() -> Iterator[bytes]:
        nonlocal making
        for made in timed(batches(endless(), PART)):
            making += made.seconds
            yield from made.lines

    started = time.perf_counter()
    rates: list[float] = []
    kept, before = 0, 0.0
    for number, outcome in enumerate(ledger.append_many(islice(parts(), rows)), 1):
        kept += getattr(outcome, "recorded", False)
        if number % PART == 0:
            taken = time.perf_counter() - started - making
            rates.append(PART / (taken - before))
            before = taken
            if number % (rows // 10) == 0:
                recent = rates[-(rows // 10 // PART) :]
                say(f"    {kept:12,} rows  {median(recent):9,.0f} events/s  {peak_kib() / 1024:5,.0f} MiB at most")
    part = max(1, len(rates) // SHARE)
    first, last = median(rates[:part]), median(rates[-part:])
    say(f"  first {part * PART:,}: {first:,.0f} a second, last: {last:,.0f}: {last / first:.0%}  (aim 80%)")
    say(f"  whole load: {rows / before:,.0f} a second, {kept:,} kept of {rows:,}")
    say(f"  peak memory of this process and the one that helps it: {peak_mib():,.0f} MiB  (aim 512)")


@dataclass(frozen=True)
class Part:
    """Events of a load, and how long they took to make."""

    lines: Sequence[bytes]
    seconds: float


def timed(parts: Iterator[Sequence[bytes]]) -> Iterator[Part]:
    """Yield each part with the time it took."""
    while True:
        started = time.perf_counter()
        lines = next(parts, None)
        if lines is None:
            return
        yield Part(lines, time.perf_counter() - started)


def peak_mib() -> float:
    """Return the most memory that this process had, and a child of it, together."""
    return (peak_kib() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main(given: argparse.Namespace) -> None:
    """Print the rates and their ratios."""
    say(f"bulk, {given.rounds} rounds of {given.seconds:g} s a side, in turns; {machine()}")
    for database in given.database or DATABASES:
        with place(database) as where:
            with bare_commit(where.new()) as commit:
                say(f"{where.name}: {commits(commit, 1.0).rate:,.0f} bare commits/s")
            if given.rows:
                with Ledger.open(where.new()) as ledger:
                    go_on(ledger, given.rows)
                with bare_commit(where.new()) as commit:
                    say(f"  {commits(commit, 1.0).rate:,.0f} bare commits/s at the end")
            with Ledger.open(where.new()) as ledger:
                compare(where, ledger, endless(), given.seconds, given.rounds)


def read(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--rows", type=int, default=0)
    return parser.parse_args(words)


if __name__ == "__main__":
    main(read())
