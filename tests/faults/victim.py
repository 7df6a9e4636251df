"""A writer that a fault is done to: it appends by threads and in bulk, and notes every answer before it goes on.

What it sends is told by a number alone, so that a test knows it without asking. A note is one `write` to a file that
no fault is aimed at: it stays when the process is killed at its next instruction.
"""

from __future__ import annotations

import json
import os
import random
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ledger import Ledger
from ledger.commands import Outcome
from ledger.errors import LedgerError
from tests.faults.oracle import Key, Place
from tests.store.events import Wire, fact, merge, order

THREADS = 3
PARCELS = 4
BULK = 40


class Sendings(NamedTuple):
    """What a victim sends: parcels by thread, each kept whole or not at all, one after them, and many in bulk."""

    threads: list[list[list[Wire]]]
    last: list[Wire]
    bulk: list[Wire]

    @property
    def parcels(self) -> list[list[Wire]]:
        return [*(parcel for parcels in self.threads for parcel in parcels), self.last, *([wire] for wire in self.bulk)]

    @property
    def keys(self) -> set[Key]:
        return {(wire["source"], wire["event_id"]) for parcel in self.parcels for wire in parcel}


def sendings(number: int) -> Sendings:
    """Return what the victim of this number sends: few customers, whom all threads share."""
    chance = random.Random(number)

    def parcel(name: str) -> list[Wire]:
        return [order(f"{name}-{event}", f"c{chance.randrange(6)}") for event in range(chance.choice((1, 1, 3)))]

    threads = [[parcel(f"o{thread}-{place}") for place in range(PARCELS)] for thread in range(THREADS)]
    threads[0].append([merge("m", "c0", "c1")])
    threads[1].append([fact("i", "customer.identified", "c2", {"namespace": "crm", "value": f"{number}"})])
    return Sendings(threads, [order("last")], [order(f"b{event}", f"c{chance.randrange(20)}") for event in range(BULK)])


class Answer(NamedTuple):
    """What one append said of one event, or the error it raised."""

    key: Key | None = None
    place: Place | None = None
    error: str = ""
    typed: bool = True
    words: str = ""


class Notes:
    """A file of answers, a line each."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def ask(self, ask: Callable[[], Iterable[Outcome]]) -> bool:
        """Note what comes back, event by event, and how it ends; say whether it ended well."""
        try:
            for outcome in ask():
                if isinstance(outcome, LedgerError):
                    raise outcome
                self._note(Answer((outcome.source, outcome.event_id), Place(outcome.position, outcome.version)))
        except LedgerError as error:
            self._note(Answer(error=type(error).__name__, words=str(error)))
        except Exception as error:  # noqa: BLE001 — that none comes is what is to be shown
            self._note(Answer(error=type(error).__name__, typed=False, words=traceback.format_exc()))
        else:
            return True
        return False

    def _note(self, answer: Answer) -> None:
        os.write(self._file, json.dumps(answer).encode() + b"\n")


def noted(path: Path) -> Iterator[Answer]:
    """Read the notes of a victim."""
    for line in path.read_text().splitlines() if path.exists() else ():
        key, place, *error = json.loads(line)
        yield Answer(key and tuple(key), place and Place(*place), *error)


def work(url: str, number: int, path: Path, *, ready: Callable[[], None], open_first: bool) -> None:
    """Append everything, each thing again where the first answer is an error; `ready` returns once the fault is set.

    The ledger is opened anew for the bulk, so that the checkpoint of a last close is part of it.
    """
    notes = Notes(path)
    sent = sendings(number)
    if not open_first:
        ready()
    for ledger in opened(url, notes):
        if open_first:
            ready()
        with ThreadPoolExecutor(THREADS) as pool:
            for parcels in sent.threads:
                pool.submit(append, ledger, parcels, notes)
        append(ledger, [sent.last], notes)
    for ledger in opened(url, notes):
        for _ in range(2):
            if notes.ask(partial(ledger.append_many, sent.bulk)):
                break


def opened(url: str, notes: Notes) -> Iterator[Ledger]:
    """Give the ledger, and close it after; none where it could not be opened twice in a row."""
    ledgers: list[Ledger] = []

    def opening() -> Iterable[Outcome]:
        ledgers.append(Ledger.open(url))
        return ()

    def closing() -> Iterable[Outcome]:
        ledgers.pop().close()
        return ()

    if notes.ask(opening) or notes.ask(opening):
        yield ledgers[0]
        notes.ask(closing)


def append(ledger: Ledger, parcels: Iterable[list[Wire]], notes: Notes) -> None:
    """Append parcels one after the other; one that failed is sent again once, as its sender would."""
    for parcel in parcels:
        for _ in range(2):
            if notes.ask(partial(ledger.append, parcel)):
                break
