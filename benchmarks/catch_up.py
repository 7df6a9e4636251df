"""How fast do the projections take in what is new? In events a second, and in seconds behind the log.

Rates are told by the wall clock and by this process's own time on a processor: others may use the machine. On
PostgreSQL the server's time is beside that.

    python -m benchmarks.catch_up [--customers 12000] [--long 100000] [--seconds 20] [--database sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from typing import Any

import msgspec

from benchmarks.ours import DATABASES, place
from benchmarks.peers import machine, say
from ledger import Ledger
from ledger.projecting.catch_up import catch_up_batch
from ledger.sample import simulate_lines
from ledger.store.engine import reading
from ledger.store.log import last_position, recorded_at, stream_of
from ledger.store.serving import require_serving

A_SECOND = 2_000
"""Events appended while the lag is measured."""

LATE = 0.05

SINGLE, TENS = 3, 20
"""Events held back of most customers, to come one at a time; and of one in six, to come ten at a time."""


class Envelope(msgspec.Struct):
    """What of a line says whose it is and when it occurred."""

    customer_id: str
    occurred_at: str


def simulated(customers: int) -> tuple[list[bytes], list[list[bytes]], list[list[bytes]]]:
    """Return what is recorded first, and by customer what comes later one at a time and ten at a time."""
    lives: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for line in simulate_lines(customers, 7):
        told = msgspec.json.decode(line, type=Envelope)
        lives[told.customer_id].append((told.occurred_at, line))
    first: list[bytes] = []
    singles: list[list[bytes]] = []
    tens: list[list[bytes]] = []
    for number, life in enumerate(lives.values()):
        lines = [line for _, line in sorted(life)]
        held = TENS if number % 6 == 0 and len(lines) > TENS + 5 else SINGLE if len(lines) > SINGLE + 2 else 0
        cut = len(lines) - held
        first += lines[:cut]
        if held:
            (tens if held == TENS else singles).append(lines[cut:])
    return first, singles, tens


def rate(ledger: Ledger, name: str, lines: Sequence[bytes], aim: int) -> None:
    """Append events, catch up with them, and print how fast that was."""
    append(ledger, lines)
    wall, own, events = time.perf_counter(), time.process_time(), 0
    while (made := catch_up_batch(ledger.store)).events:
        events += made.events
    wall, own = time.perf_counter() - wall, time.process_time() - own
    held = f"(aim {aim:,})" if aim else ""
    say(f"  {name:44} {events / wall:9,.0f} events/s  {events / own:9,.0f} a second of its own  {held}")


def append(ledger: Ledger, lines: Sequence[bytes]) -> None:
    """Append events in bulk; simulated people err, and what is refused is no part of it."""
    for _ in ledger.append_many(lines):
        pass


def one_each(ledger: Ledger, lives: list[list[bytes]]) -> None:
    """Let every event be another customer's."""
    shuffled = random.Random(3)
    for number, name in enumerate(("each another customer's, none with a state", "each another customer's")):
        lines = [life[number] for life in lives]
        shuffled.shuffle(lines)
        rate(ledger, name, lines, 8_000 if number else 0)


def ten_each(ledger: Ledger, lives: list[list[bytes]]) -> None:
    """Let ten events come of each customer, some of them only after later ones were applied."""
    draw = random.Random(5)
    late: list[bytes] = []
    for turn in range(TENS // 10):
        lines, late = late, []
        for life in lives:
            for line in life[10 * turn : 10 * turn + 10]:
                (late if draw.random() < LATE else lines).append(line)
        draw.shuffle(lines)
        rate(
            ledger,
            "ten a customer, none with a state" if turn == 0 else "ten a customer, 5 % late",
            lines,
            30_000 if turn else 0,
        )


def fact(number: int, customer_id: str, at: datetime) -> dict[str, Any]:
    """Return an event of a long history: mostly use, talk now and then, and an order in fifty."""
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("usage.recorded", {"feature": "search"}),
        ("page.viewed", {}),
        ("interaction.started", {}),
    )
    kind, data = kinds[number % len(kinds)]
    if number % 50 == 0:
        kind, data = "order.placed", {"value": "10.00", "currency": "EUR"}
    return {
        "event_id": f"{customer_id}-{number}",
        "source": "bench",
        "type": kind,
        "customer_id": customer_id,
        "occurred_at": at.isoformat(),
        "channel": ("web", "app", "phone")[number % 7 % 3],
        "data": data,
    }


def long_history(ledger: Ledger, events: int) -> None:
    """Compare a late event of a long history with folding all of it."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    lived = (fact(number, "long", start + timedelta(minutes=20 * number)) for number in range(events))
    for _ in ledger.append_many(lived):
        pass
    while catch_up_batch(ledger.store).events:
        pass
    with reading(ledger.store.engine) as connection:
        stream = stream_of(connection, "long")
    whole = median(timed(lambda: catch_up_batch(ledger.store, whole=[stream])) for _ in range(3))
    say(f"  a history of {events:,} folded anew {whole * 1e3:36,.0f} ms")
    ids = count(events + 1)
    for back in (100, 1_000, events // 10, events // 2):
        took = []
        for turn in range(3):
            at = start + timedelta(minutes=20 * (events - back), seconds=turn + 1)
            ledger.append(fact(next(ids), "long", at))
            took.append(timed(lambda: catch_up_batch(ledger.store)))
        name = f"  an event of it {back:,} events late"
        say(f"{name:60} {median(took) * 1e3:9,.0f} ms   {median(took) / whole:6.2f} of that")
    end = start + timedelta(minutes=20 * (events + 1))
    took = []
    for turn in range(3):
        ledger.append(fact(next(ids), "long", end + timedelta(minutes=turn)))
        took.append(timed(lambda: catch_up_batch(ledger.store)))
    say(f"{'  an event of it in its time':60} {median(took) * 1e3:9,.0f} ms")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of this process that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def lag(ledger: Ledger, url: str, seconds: float) -> None:
    """Append from one process, follow from another, and print how far behind the second is."""
    waits: list[float] = []
    with ExitStack() as stack:
        stack.enter_context(running([sys.executable, "-m", "ledger", "--url", url, "catch-up", "--follow", "-q"]))
        stack.enter_context(running([sys.executable, "-m", "benchmarks.catch_up", "--append", url]))
        time.sleep(3)
        with reading(ledger.store.engine) as connection:
            first = last_position(connection)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(0.05)
            with reading(ledger.store.engine) as connection:
                at = recorded_at(connection, require_serving(connection, ledger.store.context).position + 1)
                head = last_position(connection)
            waits.append(0.0 if at is None else max(0.0, (ledger.store.clock() - at) / 1e6))
    appended = (head - first) / (time.monotonic() - began)
    waits.sort()
    say(
        f"  lag at {appended:,.0f} appends/s: p50 {median(waits):.2f} s (aim 1), "
        f"p99 {waits[int(0.99 * len(waits))]:.2f} s"
    )


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Let a program run beside; it ends with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def keep_appending(url: str) -> None:
    """Append so many events a second, of two thousand customers, until the process is ended."""
    with Ledger.open(url, create=False) as ledger:
        began, number, run = time.monotonic(), 0, int(time.time())
        while True:
            due = int((time.monotonic() - began) * A_SECOND)
            while number < due:
                now = datetime.now(UTC)
                together = [fact(n, f"c{run}-{n % 2_000}", now) for n in range(number, min(due, number + 100))]
                ledger.append(together)
                number += len(together)
            time.sleep(0.02)


def main(given: argparse.Namespace) -> None:
    """Print the rates on each database."""
    for database in given.database:
        with place(database) as there:
            url = there.new()
            say(f"{there.name}; {machine()}")
            first, singles, tens = simulated(given.customers)
            with Ledger.open(url) as ledger:
                append(ledger, first)
                rebuilt = ledger.rebuild()
                say(json.dumps({"rebuilt": rebuilt.events, "customers": rebuilt.customers}))
                one_each(ledger, singles)
                ten_each(ledger, tens)
                long_history(ledger, given.long)
                lag(ledger, url, given.seconds)


def options() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description="How fast the projections take in what is new.")
    parser.add_argument("--customers", type=int, default=12_000)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--append", metavar="URL", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = options()
    if asked.append:
        keep_appending(asked.append)
    else:
        main(asked)
