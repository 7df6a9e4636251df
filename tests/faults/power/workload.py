"""The process whose power is lost: threads append to a ledger and tell, in a file beside it, what was sent and kept.

Run as `python -m tests.faults.power.workload FOLDER SEED EVENTS SYNCHRONOUS`, once or by several at the same time.

Every line of the file is one write, so the recorder puts it among the writes and syncs of the ledger's own files:
`{"opened": true}`, `{"sent": [event, …]}` before an append, `{"kept": [[source, event_id, position, version], …]}`
after it returned. SYNCHRONOUS is FULL, or NORMAL, which is wrong on purpose: the harness must find it out.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, event

from ledger import Ledger
from ledger.errors import ProjectionRaced, ProjectionStale
from ledger.store.engine import SQLITE_PRAGMAS
from ledger.store.plan import Recorded
from tests.store.events import Wire, fact, order

WRITERS = 4
CUSTOMERS = 40
MARKS = "marks"
LEVELS = {"FULL": 2, "NORMAL": 1}


class Workload:
    """One session of a ledger: writers, and someone who projects and empties the WAL at times."""

    def __init__(self, ledger: Ledger, mark: Callable[..., None], seed: str, numbers: Iterator[int]) -> None:
        self._ledger = ledger
        self._mark = mark
        self._seed = seed
        self._numbers = numbers
        self._taking = threading.Lock()
        self._done = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            writers = [pool.submit(self._write, Random(f"{self._seed}/{writer}")) for writer in range(WRITERS)]
            minder = pool.submit(self._mind, Random(f"{self._seed}/minder"))
            try:
                for writer in writers:
                    writer.result()
            finally:
                self._done.set()
            minder.result()

    def _write(self, chance: Random) -> None:
        while events := self._take(chance):
            way = chance.choice((self._one_by_one, self._together, self._bulk))
            way(events)
            if chance.random() < 0.1:
                way(events)  # a retry: its first places are told again

    def _take(self, chance: Random) -> list[Wire]:
        size = chance.choice((1, 1, 2, 4, 8, 40))
        with self._taking:
            return [something(number, chance) for number in islice(self._numbers, size)]

    def _one_by_one(self, events: list[Wire]) -> None:
        for one in events:
            self._together([one])

    def _together(self, events: list[Wire]) -> None:
        self._mark(sent=events)
        self._kept(self._ledger.append(events))

    def _bulk(self, events: list[Wire]) -> None:
        self._mark(sent=events)
        for outcome in self._ledger.append_many(events):
            assert isinstance(outcome, Recorded)
            self._kept([outcome])

    def _kept(self, places: list[Recorded]) -> None:
        self._mark(kept=[(place.source, place.event_id, place.position, place.version) for place in places])

    def _mind(self, chance: Random) -> None:
        while not self._done.wait(chance.uniform(0.05, 0.15)):
            if chance.random() < 0.5:
                project(self._ledger)
            else:
                empty_the_wal(self._ledger, chance.choice(("PASSIVE", "RESTART", "TRUNCATE")))


def something(number: int, chance: Random) -> Wire:
    """Return an event; some identify a customer, a few are longer than a page."""
    customer, name = f"c{chance.randrange(CUSTOMERS)}", f"{chance.getrandbits(64):016x}-{number}"
    if chance.random() < 0.1:
        return fact(name, "customer.identified", customer, {"namespace": "card", "value": f"card {number}"})
    fields = {"reason": "because " * chance.randrange(1, 2_000)} if chance.random() < 0.05 else {}
    return order(name, customer, source=chance.choice(("shop", "till")), **fields)


def project(ledger: Ledger) -> None:
    """Bring the read model up to date, or leave it to the other process that just does."""
    with suppress(ProjectionRaced):
        try:
            ledger.catch_up()
        except ProjectionStale:
            ledger.rebuild(workers=1)


def empty_the_wal(ledger: Ledger, mode: str) -> None:
    """Ask for a checkpoint, as who runs a ledger may; where others are in its way it does what it can."""
    with closing(sqlite3.connect(ledger.store.url.removeprefix("sqlite:///"), timeout=0.2)) as connection:
        connection.execute(f"PRAGMA synchronous = {SQLITE_PRAGMAS['synchronous'][0]}")
        connection.execute(f"PRAGMA wal_checkpoint({mode})")


def main(folder: str, seed: str, events: str, synchronous: str) -> None:
    SQLITE_PRAGMAS["synchronous"] = (synchronous, LEVELS[synchronous])
    chance = Random(seed)
    pages = chance.choice((30, 100, 300))

    @event.listens_for(Engine, "connect")
    def small_wal(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")

    marks = os.open(Path(folder) / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def mark(**said: Any) -> None:
        os.write(marks, json.dumps(said).encode() + b"\n")

    first = int(events) // 3
    for session, numbers in enumerate((range(first), range(first, int(events)))):
        ledger = Ledger.open(f"sqlite:///{folder}/ledger.db")
        mark(opened=True)
        Workload(ledger, mark, f"{seed}/{session}", iter(numbers)).run()
        if session == 0:
            ledger.close()
    os._exit(0)  # with its WAL left behind: the second session is not closed


if __name__ == "__main__":
    main(*sys.argv[1:])
