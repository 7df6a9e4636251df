"""One process of a simulation: a real ledger, opened, whose writers are the weather's and whose answers are judged."""

from __future__ import annotations

import msgspec

from ledger import Ledger
from ledger.opening import open_store
from ledger.schemas.prepare import Preparer
from ledger.store.group import GroupCommit
from ledger.store.plan import Request
from tests.faults.simulation.callers import Errand
from tests.faults.simulation.judge import Book, Judge, JudgedAppender
from tests.faults.simulation.weather import MakeWriter, Weather
from tests.ledgers import SetClock

CAPACITY = 14
"""Events that may wait in a simulated ledger: few, so that a queue is full now and then."""

COMPILED: dict[str, Preparer] = {}
"""What was made of the vocabulary: the same in every simulation, and dearer than one."""


class Process:
    """A ledger with its weather and its judge; `takes_many` says that its database lets many write at once."""

    def __init__(self, url: str, clock: SetClock, book: Book, inner: MakeWriter | None = None) -> None:
        store = open_store(url, clock=clock)
        self._clock = clock
        self.takes_many = store.engine.dialect.name == "postgresql"
        self.weather = Weather(store.engine.dialect.name, inner)
        self.judge = Judge(book, self.weather, clock)
        self.appender = JudgedAppender(store.engine, clock, self.weather, self.judge)
        group = GroupCommit(self.appender, capacity=CAPACITY)
        kept = COMPILED.setdefault("preparer", store.preparer)
        self.ledger = Ledger(msgspec.structs.replace(store, appender=group, preparer=kept))

    def end(self) -> None:
        """Close the ledger as a process does that ends in order, or leave it as one that crashed."""
        if self.weather.crashed:
            self.appender.rest()
            self.ledger.store.engine.dispose()
        else:
            self.ledger.close()

    def requests(self, errand: Errand) -> list[Request]:
        """Return an errand's events as an appender takes them."""
        prepare = self.ledger.store.preparer.prepare
        prepared = [prepare(wire, received=self._clock()) for wire in errand.events]
        return [Request((one,)) for one in prepared] if errand.each else [Request(tuple(prepared), errand.expected)]
