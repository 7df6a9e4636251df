"""Our side of a benchmark, as something that takes events and says how many it kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.peers import folder
from benchmarks.servers import durable_server
from ledger import Ledger
from ledger.errors import Conflict, Refused
from ledger.store.beside import beside

DATABASES = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Place:
    """One kind of database to be measured; `new` gives an empty one, for one side of one measurement alone."""

    name: str
    new: Callable[[], str]


@contextmanager
def place(database: str) -> Iterator[Place]:
    """Give the disk or a durable server; what is made there is gone afterwards."""
    with ExitStack() as stack:
        if database == "sqlite":
            url = f"sqlite:///{stack.enter_context(folder())}/ledger.db"
        else:
            url = stack.enter_context(durable_server())
        yield Place(NAMES[database], lambda: stack.enter_context(beside(url)).url)


def one_by_one(ledger: Ledger) -> Callable[[bytes], int]:
    """Return what appends one event durably and says how many it kept."""

    def keep(line: bytes) -> int:
        try:
            return ledger.append(line)[0].recorded
        except (Conflict, Refused):  # simulated people err, and threads overtake each other
            return 0

    return keep


def many(ledger: Ledger) -> Callable[[Sequence[bytes]], int]:
    """Return what appends many events in bulk and says how many it kept."""

    def keep(lines: Sequence[bytes]) -> int:
        return sum(getattr(outcome, "recorded", False) for outcome in ledger.append_many(lines))

    return keep
