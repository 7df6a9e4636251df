"""A process that writes until it is told to stop, or killed: what it sends, and the notes it leaves.

Every thread notes what it is about to send and, once the append has returned, where it is kept: a line in a file of its
own by one system call, which SIGKILL cannot take back. An event follows from its id, so that anyone can send it again.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zlib import crc32

from ledger import Ledger
from ledger.errors import LedgerError, LedgerUnreachable
from ledger.store.plan import Recorded
from tests.store.events import Wire, order

STOP = "stop"
"""A file of this name in the folder of the notes tells the writers to finish."""

CUSTOMERS = 40


def wire(event_id: str) -> Wire:
    """Return the event of an id: of a customer whom many write to, or in one of eight of one of its own."""
    number = crc32(event_id.encode())
    customer = f"new-{event_id}" if number % 8 == 0 else f"c{number % CUSTOMERS}"
    return order(event_id, customer, source=f"till{number % 3}", value=f"{number % 1000}.00")


class Notes:
    """What a thread notes, so that it outlives the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)

    def sent(self, event_ids: Sequence[str]) -> None:
        """Note what is about to be sent."""
        self._note("sent", event_ids)

    def kept(self, places: Sequence[Recorded]) -> None:
        """Note what an append acknowledged."""
        self._note(
            "kept", [(place.source, place.event_id, place.position, place.version, place.recorded) for place in places]
        )

    def failed(self, error: BaseException) -> None:
        """Note an error that no writer should meet."""
        self._note("failed", [f"{type(error).__name__}: {error}"])

    def _note(self, kind: str, values: Sequence[Any]) -> None:
        os.write(self._file, json.dumps((kind, values)).encode() + b"\n")


def write(*, url: str, folder: str, name: str, seed: int, threads: int, again: list[str]) -> None:
    """Append from several threads, the events `again` first, until the folder holds STOP."""
    with _opened(url) as ledger, ThreadPoolExecutor(threads) as pool:
        for future in [
            pool.submit(_write, ledger, Path(folder), f"{name}-{thread}", seed + thread, again[thread::threads])
            for thread in range(threads)
        ]:
            future.result()


def _write(ledger: Ledger, folder: Path, name: str, seed: int, again: list[str]) -> None:
    notes = Notes(folder / name)
    try:
        for together, event_ids in _work(random.Random(seed), name, again):
            notes.sent(event_ids)
            _send(ledger, notes, together, [wire(event_id) for event_id in event_ids])
            if (folder / STOP).exists():
                return
    except BaseException as error:
        notes.failed(error)
        raise


def _work(chance: random.Random, name: str, again: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield what to send, and whether together: mostly one event, at times some, seldom many, each for itself."""
    for start in range(0, len(again), 4):
        yield chance.random() < 0.5, again[start : start + 4]
    number = 0
    while True:
        drawn = chance.random()
        size = 1 if drawn < 0.7 else chance.randint(2, 5) if drawn < 0.92 else chance.randint(20, 200)
        yield drawn < 0.92, [f"{name}-{number + one}" for one in range(size)]
        number += size


def _send(ledger: Ledger, notes: Notes, together: bool, events: list[Wire]) -> None:
    """Append until it is acknowledged: a server that went away comes back, and may have kept what it did not say."""
    while True:
        try:
            if together:
                notes.kept(ledger.append(events))
            else:
                _each(ledger, notes, events)
            return
        except LedgerUnreachable:
            time.sleep(0.01)


def _each(ledger: Ledger, notes: Notes, events: list[Wire]) -> None:
    for outcome in ledger.append_many(events):
        if isinstance(outcome, LedgerError):
            raise outcome
        notes.kept([outcome])


def _opened(url: str) -> Ledger:
    while True:
        try:
            return Ledger.open(url, create=False)
        except LedgerUnreachable:
            time.sleep(0.01)
