"""How fast do many threads keep one event each, durably? Against eventsourcing's recorder, in pairs of turns.

Ours starts from the producer's JSON text and checks it; the peer is handed what it stores. First with the disk as it
is, then the same with every fsync 4 ms slower (`slow_fsync.c`, needs gcc): a cloud disk.

    python -m benchmarks.threads [--seconds 2] [--pairs 3] [--threads 1 16] [--database sqlite] [--disk fast|slowed]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from benchmarks.ours import DATABASES, Place, one_by_one, place
from benchmarks.peers import endless, machine, recorder, say, stored
from benchmarks.raw import bare_commit, commits
from benchmarks.slowed import MILLISECONDS, again_slowed, slowed
from ledger import Ledger
from ledger.sample.load import Pace, paced

AIMS = {
    ("SQLite", "fast"): 2.5,
    ("PostgreSQL", "fast"): 5.0,
    ("SQLite", "slowed"): 10.0,
    ("PostgreSQL", "slowed"): 10.0,
}
ALONE = 0.8

WARM = 0.3
"""Seconds before the first turn, for connections and caches."""

STOCK = 20_000


def measure(where: Place, threads: int, seconds: float, pairs: int) -> list[tuple[Pace, Pace]]:
    """Return the pace of both sides, ours first, turn by turn."""
    lines, theirs = endless(), stored(endless())
    with Ledger.open(where.new()) as ledger, recorder(where.new(), threads) as peer:
        append = one_by_one(ledger)

        def turn(length: float) -> tuple[Pace, Pace]:
            stock = min(STOCK, int(STOCK * length))
            return (
                paced(append, lines, threads=threads, seconds=length, stock=stock),
                paced(lambda event: _insert(peer, event), theirs, threads=threads, seconds=length, stock=stock),
            )

        turn(WARM)
        return [turn(seconds) for _ in range(pairs)]


def _insert(peer: ApplicationRecorder, event: StoredEvent) -> int:
    peer.insert_events([event])
    return 1


def tell(name: str, threads: int, turns: Sequence[tuple[Pace, Pace]], bare: float, disk: str) -> None:
    """Print both sides and their ratio."""
    aim = ALONE if threads == 1 else AIMS[name, disk]
    ratios = [ours.rate / peer.rate for ours, peer in turns]
    say(f"{name}, {threads} thread{'s' if threads > 1 else ''}, {disk} disk: {bare:,.0f} bare commits/s")
    for side, paces in zip(("ledger", "eventsourcing"), zip(*turns, strict=True), strict=True):
        every = Pace(sum(p.kept for p in paces), sum(p.seconds for p in paces), [w for p in paces for w in p.waits])
        rate = median(pace.rate for pace in paces)
        say(
            f"  {side:14} {rate:9,.0f} events/s  p50 {every.wait(0.5):7.2f} ms  p99 {every.wait(0.99):7.2f} ms"
            f"  longest {every.wait(1):7.1f} ms  {rate / bare:5.2f} x bare  n {every.kept:,}"
        )
    each = " ".join(f"{ratio:.2f}" for ratio in ratios)
    say(f"  ratio          {median(ratios):9.2f} x  (aim {aim}; each pair: {each})")


def require_slow(milliseconds: float) -> None:
    """Stop where a commit does not take as long as it should: the shim was not in its way."""
    if milliseconds < MILLISECONDS:
        raise SystemExit(f"a commit took {milliseconds:.2f} ms: the shim does not slow this database")


def main(given: argparse.Namespace) -> None:
    """Print the rates and their ratios."""
    disk = "slowed" if slowed() else "fast"
    if given.disk in (None, disk):
        say(f"one event a call, {given.pairs} pairs of {given.seconds:g} s a side, in turns; {machine()}")
        for database in given.database or DATABASES:
            with place(database) as where:
                for threads in given.threads:
                    with bare_commit(where.new()) as commit:
                        bare = commits(commit, 1.0)
                    if disk == "slowed":
                        require_slow(bare.wait(0.0))
                        say(f"  every commit takes {bare.wait(0.0):.1f} ms at least, of {bare.kept}")
                    turns = measure(where, threads, given.seconds, given.pairs)
                    tell(where.name, threads, turns, bare.rate, disk)
    if disk == "fast" and given.disk != "fast":
        again_slowed("benchmarks.threads", [*given.words, "--disk", "slowed"])


def read(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--disk", choices=("fast", "slowed"))
    given = parser.parse_args(words)
    databases = [word for database in given.database or () for word in ("--database", database)]
    given.words = [
        *("--seconds", str(given.seconds), "--pairs", str(given.pairs)),
        *("--threads", *map(str, given.threads)),
        *databases,
    ]
    return given


if __name__ == "__main__":
    main(read())
