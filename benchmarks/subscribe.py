"""How soon does a subscriber see a commit, and what does waiting cost? Against eventsourcing's own subscription.

A writer, in the same process or in another, appends single events with pauses in which the subscriber comes to rest.
The time is that from the moment the append has returned to the moment the subscriber holds the event; it is 0 where
the subscriber is the faster. The peer subscribes on PostgreSQL alone (LISTEN, and a NOTIFY inside its append).

    python -m benchmarks.subscribe [--events 150] [--idle 10] [--database sqlite]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

from benchmarks.ours import DATABASES, Place, one_by_one, place
from benchmarks.peers import endless, lines, machine, recorder, say, stored
from ledger import Ledger

AIM = 20
"""Milliseconds from a commit to the subscriber, of half of all."""

AIM_IDLE = 1
"""Percent of a core that one subscription takes while nothing happens."""

REST = 0.3
"""Seconds of the longest pause; the shortest, a third of it, is enough for a subscription to come to rest."""

BACKLOG = 50_000

Append = Callable[[], object]


@contextmanager
def ours(url: str) -> Iterator[tuple[Append, Any]]:
    """Give what appends the next event, and a subscription."""
    with Ledger.open(url) as ledger:
        keep, events = one_by_one(ledger), endless()

        def append() -> None:
            while not keep(next(events)):
                pass  # what simulated people send twice is nothing new to a subscriber

        with ledger.subscribe(after="end") as subscription:
            yield append, subscription


@contextmanager
def theirs(url: str) -> Iterator[tuple[Append, Any]]:
    """Give the same of the peer; one of its connections is the subscription's own."""
    events = stored(endless())
    with recorder(url, 4) as peer, peer.subscribe(gt=peer.max_notification_id()) as subscription:
        yield lambda: peer.insert_events([next(events)]), subscription


SIDES = {"ledger": ours, "eventsourcing": theirs}


def paused(append: Append, count: int) -> Iterator[float]:
    """Append one event after another, after pauses; yield when each was kept, by the machine's monotonic clock."""
    chance = random.Random(7)
    for _ in range(count):
        time.sleep(chance.uniform(REST / 3, REST))
        append()
        yield time.monotonic()


def elsewhere(side: str, url: str, count: int) -> Iterator[float]:
    """Do the same in another process."""
    command = [sys.executable, "-m", "benchmarks.subscribe", "--write", side, url, "--events", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        yield from map(float, writer.stdout)


def delays(subscription: Any, kept: Callable[[], Iterator[float]]) -> list[float]:
    """Return the milliseconds from each commit to the subscriber."""
    seen: list[float] = []
    note = seen.append

    def follow() -> None:
        for _ in subscription:
            note(time.monotonic())

    follower = threading.Thread(target=follow)
    follower.start()
    commits = list(kept())
    until = time.monotonic() + 10
    while len(seen) < len(commits) and time.monotonic() < until:
        time.sleep(0.01)
    subscription.stop()
    follower.join()
    assert len(seen) == len(commits), f"{len(seen)} of {len(commits)} came"
    return [max(0.0, (at - commit) * 1e3) for at, commit in zip(seen, commits, strict=True)]


def idle(subscriptions: Sequence[Any], seconds: float) -> float:
    """Return the percent of a core that this process takes while they wait."""
    threads = [threading.Thread(target=lambda s=subscription: list(s)) for subscription in subscriptions]
    for thread in threads:
        thread.start()
    time.sleep(1)
    started, spent = time.monotonic(), time.process_time()
    time.sleep(seconds)
    share = 100 * (time.process_time() - spent) / (time.monotonic() - started)
    for subscription in subscriptions:
        subscription.stop()
    for thread in threads:
        thread.join()
    return share


def measure(side: str, where: Place, count: int, seconds: float) -> None:
    """Print one side's figures on one database."""
    name = f"{side}, {where.name}"
    for writer in ("same process", "other process"):
        url = where.new()
        with SIDES[side](url) as (append, subscription):
            found = delays(
                subscription,
                lambda: paused(append, count) if writer == "same process" else elsewhere(side, url, count),  # noqa: B023
            )
        cuts = quantiles(found, n=20)
        say(f"  {name:26} {writer:14} p50 {cuts[9]:6.1f} ms   p95 {cuts[18]:6.1f} ms   (aim p50 {AIM} ms)")
    with SIDES[side](where.new()) as (_, subscription):
        share = idle([subscription], seconds)
    say(f"  {name:26} one that waits  {share:5.2f} % of a core   (aim {AIM_IDLE} %)")


def many_waiting(where: Place, seconds: float) -> None:
    """Print what fifty subscriptions of one process take."""
    with Ledger.open(where.new()) as ledger:
        share = idle([ledger.subscribe() for _ in range(50)], seconds)
    say(f"  ledger, {where.name:18} fifty that wait {share:5.2f} % of a core")


def backlog(where: Place) -> None:
    """Print how fast a subscriber reads what is there already."""
    with Ledger.open(where.new()) as ledger:
        kept = sum(getattr(outcome, "recorded", False) for outcome in ledger.append_many(lines(BACKLOG)))
        started = time.perf_counter()
        with ledger.subscribe() as subscription:
            for event in subscription:
                if event["position"] == kept:
                    break
        rate = kept / (time.perf_counter() - started)
    say(f"  ledger, {where.name:18} a backlog       {rate:5,.0f} events/s")


def main(given: argparse.Namespace) -> None:
    """Print delays, what waiting costs, and how fast a backlog is read."""
    say(f"{given.events} appends after pauses; {machine()}")
    for database in given.database:
        with place(database) as where:
            for side in SIDES if database == "postgresql" else ["ledger"]:
                measure(side, where, given.events, given.idle)
            many_waiting(where, given.idle)
            backlog(where)


def write(side: str, url: str, count: int) -> None:
    """Be the other process: print when each event was kept."""
    with SIDES[side](url) as (append, subscription):
        subscription.stop()
        for at in paused(append, count):
            say(at)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=150)
    parser.add_argument("--idle", type=float, default=10)
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--write", nargs=2, metavar=("SIDE", "URL"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        side, url = asked.write
        write(side, url, asked.events)
    else:
        main(asked)
