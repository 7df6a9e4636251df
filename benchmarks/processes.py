"""Do processes that share one SQLite file wait long for each other? Against eventsourcing's recorder, in turns.

Four processes with eight threads each append one event at a time. Told are the longest wait of any caller, the errors
and the rate; afterwards every event that was acknowledged is counted in the file.

    python -m benchmarks.processes [--seconds 10] [--pairs 2] [--processes 4] [--threads 8]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any

from eventsourcing.persistence import PersistenceError

from benchmarks.ours import one_by_one, place
from benchmarks.peers import endless, machine, recorder, say, stored
from benchmarks.raw import bare_commit, commits
from ledger import Ledger, LedgerError
from ledger.sample.load import Pace, paced

AIM_SECONDS = 2.0
ROWS = {"ledger": "events", "eventsourcing": "stored_events"}
SIDES = tuple(ROWS)


@dataclass(frozen=True)
class Turn:
    """What the processes of one side did together."""

    pace: Pace
    acknowledged: int
    errors: Counter[str]


def turn(side: str, url: str, given: argparse.Namespace, number: int) -> Turn:
    """Let processes start together on one database; return what they did."""
    crew = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.processes", "--work", side, "--url", url),
                *("--seed", str(100 * number + place), "--seconds", str(given.seconds)),
                *("--threads", str(given.threads)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(given.processes)
    ]
    for process in crew:
        assert process.stdout is not None
        process.stdout.readline()
    for process in crew:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [json.loads(process.communicate(timeout=600)[0]) for process in crew]
    waits = list(chain.from_iterable(one["waits"] for one in told))
    kept, before = (sum(one[name] for one in told) for name in ("kept", "before"))
    errors: Counter[str] = Counter()
    for one in told:
        errors.update(one["errors"])
    return Turn(Pace(kept, max(one["seconds"] for one in told), waits), kept + before, errors)


def work(given: argparse.Namespace) -> None:
    """Append from threads until the time is over, as one of the processes; say what became of it, as JSON."""
    errors: Counter[str] = Counter()
    with keeper(given.work, given.url, given.threads) as keep:

        def counted(thing: Any) -> int:
            try:
                return keep(thing)
            except (LedgerError, PersistenceError) as error:
                errors[f"{type(error).__name__}: {error}"] += 1
                return 0

        lines = endless(given.seed)
        things: Iterator[Any] = lines if given.work == "ledger" else stored(_own(lines, given.seed))
        before = paced(counted, things, threads=1, seconds=0.05, stock=20).kept  # opens what the first call opens
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        pace = paced(counted, things, threads=given.threads, seconds=given.seconds)
    told = {"before": before, "kept": pace.kept, "seconds": pace.seconds, "waits": pace.waits, "errors": errors}
    sys.stdout.write(json.dumps(told))


def _own(lines: Iterator[bytes], seed: int) -> Iterator[bytes]:
    """Give each process customers of its own: the peer's callers number their streams themselves."""
    return (line.replace(b'"customer_id":"', b'"customer_id":"%d-' % seed) for line in lines)


@contextmanager
def keeper(side: str, url: str, threads: int) -> Iterator[Callable[[Any], int]]:
    """Give what keeps one event on a side, in a process of its own."""
    if side == "ledger":
        with Ledger.open(url) as ledger:
            yield one_by_one(ledger)
        return
    with recorder(url, threads) as peer:
        yield lambda event: len(peer.insert_events([event]) or ())


def main(given: argparse.Namespace) -> None:
    """Print the rates, waits and errors of both sides."""
    say(f"{given.processes} processes x {given.threads} threads on one SQLite file, one event a call; {machine()}")
    with place("sqlite") as where:
        with bare_commit(where.new()) as commit:
            say(f"  {commits(commit, 1.0).rate:,.0f} bare commits/s")
        urls = {side: where.new() for side in SIDES}
        make(urls)
        pairs = [[turn(side, urls[side], given, number) for side in SIDES] for number in range(given.pairs)]
        for side, turns in zip(SIDES, zip(*pairs, strict=True), strict=True):
            tell(side, turns, rows(urls[side], side))
    ratio = median(ours.pace.rate / peer.pace.rate for ours, peer in pairs)
    say(f"  ratio {ratio:.2f} x  (aim 1; longest wait: aim {AIM_SECONDS} s; errors: aim 0)")


def make(urls: dict[str, str]) -> None:
    """Make both databases before anybody meets in them."""
    Ledger.open(urls["ledger"]).close()
    with recorder(urls["eventsourcing"]):
        pass


def tell(side: str, turns: Sequence[Turn], kept: int) -> None:
    """Print what one side did."""
    pace = Pace(waits=[wait for one in turns for wait in one.pace.waits])
    errors = sum((one.errors for one in turns), Counter[str]())
    acknowledged = sum(one.acknowledged for one in turns)
    say(
        f"  {side:14} {median(one.pace.rate for one in turns):9,.0f} events/s  p50 {pace.wait(0.5):7.2f} ms  "
        f"p99 {pace.wait(0.99):8.2f} ms  longest {pace.wait(1) / 1e3:6.2f} s  "
        f"acknowledged {acknowledged:,}, rows {kept:,}"
    )
    say(f"    {errors.total()} errors" + "".join(f"; {number} x {words}" for words, number in errors.most_common(3)))


def rows(url: str, side: str) -> int:
    """Return how many events the file holds."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
        [number] = file.execute(f"SELECT count(*) FROM {ROWS[side]}").fetchone()
        return int(number)


def read(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=8)
    # What follows is for the processes that main starts.
    parser.add_argument("--work", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(words)


if __name__ == "__main__":
    asked = read()
    work(asked) if asked.work else main(asked)
