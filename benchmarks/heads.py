"""Does an append cost more, the longer the customer's history is? Against eventsourcing, which loads it to decide.

Ours reads the customer's head; the peer's repository, without snapshots, reads and folds every event, then saves one
more. Lengths take turns, and each append of the shortest goes to a customer of its own, so that it stays short.

    python -m benchmarks.heads [--appends 300] [--lengths 10 1000 100000] [--database sqlite]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from statistics import median
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy.engine import make_url

from benchmarks.ours import DATABASES, Place, place
from benchmarks.peers import machine, postgres_environment, say, seconds
from ledger import Ledger

FLAT = 1.3
"""What a flat cost may differ by from the shortest to the longest: the machine's noise."""

LOADED = 200_000
"""Events that the peer loads of one length in all: a long history is loaded less often."""

SAVED = 500
"""Events that the peer saves at once while its histories are made."""

NUMBERS = count()


class Customer(Aggregate):
    """The peer's customer, who counts what they viewed."""

    def __init__(self) -> None:
        self.views = 0

    @event("Viewed")
    def view(self, channel: str) -> None:
        """Note one page."""
        self.views += 1


class Customers(Application[UUID]):
    """The peer's application."""


def viewed(customer: str) -> dict[str, Any]:
    """Return an event of a customer as its producer sends it."""
    number = next(NUMBERS)
    return {
        "event_id": f"01890000-{number >> 32 & 0xFFFF:04x}-7000-8000-{number & 0xFFFFFFFF:012x}",
        "source": "web",
        "type": "page.viewed",
        "customer_id": customer,
        "occurred_at": "2024-01-01T00:00:00Z",
        "channel": "web",
    }


def ours(url: str, lengths: Sequence[int], appends: int) -> list[list[float]]:
    """Return the milliseconds of each append, by length."""
    taken: list[list[float]] = [[] for _ in lengths]
    with Ledger.open(url) as ledger:
        for length in lengths:
            for _ in ledger.append_many(viewed(name) for name in _names(length, appends) for _ in range(length)):
                pass
        turns = [_names(length, appends) * (appends if length != min(lengths) else 1) for length in lengths]
        for customers in zip(*turns, strict=True):
            for times, customer in zip(taken, customers, strict=True):
                sent = viewed(customer)
                times.append(1e3 * seconds(lambda sent=sent: ledger.append(sent)))  # type: ignore[misc]  # bound at once
    return taken


def _names(length: int, appends: int) -> list[str]:
    """Return the customers of a length: many of the short ones, whom one more event makes longer by much."""
    return [f"c{length}-{number}" for number in range(appends if length < 100 else 1)]


def theirs(url: str, lengths: Sequence[int], appends: int) -> Iterator[list[float]]:
    """Yield the milliseconds of loading a customer of each length and saving one more event."""
    with closing(_application(url)) as application:
        for length in lengths:
            customer = Customer()
            for number in range(1, length):
                customer.view(channel="web")
                if number % SAVED == 0:  # on PostgreSQL a call of thousands of events never returns
                    application.save(customer)
            application.save(customer)
            yield [
                1e3 * seconds(lambda id=customer.id: _viewing(application, id))  # type: ignore[misc]  # bound at once
                for _ in range(max(2, min(appends, LOADED // length)))
            ]


def _viewing(application: Customers, id: UUID) -> None:
    customer: Customer = application.repository.get(id)
    customer.view(channel="web")
    application.save(customer)


def _application(url: str) -> Customers:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Customers(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": parsed.database or ""})
    return Customers(env={"PERSISTENCE_MODULE": "eventsourcing.postgres", **postgres_environment(url)})


def tell(where: Place, lengths: Sequence[int], appends: int) -> None:
    """Print the cost by length, both sides."""
    mine = ours(where.new(), lengths, appends)
    peer = list(theirs(where.new(), lengths, appends))
    say(where.name)
    for length, times, its in zip(lengths, mine, peer, strict=True):
        here, there = median(times), median(its)
        say(
            f"  {length:9,} events before it  append {here:7.3f} ms (p50 of {len(times)})  "
            f"load and save {there:10.3f} ms (p50 of {len(its)})  {there / here:9.1f} x"
        )
    say(
        f"  longest / shortest: ledger {median(mine[-1]) / median(mine[0]):.2f} x (flat: aim below {FLAT}), "
        f"peer {median(peer[-1]) / median(peer[0]):,.1f} x"
    )


def main(given: argparse.Namespace) -> None:
    """Print the costs and their ratios."""
    say(f"one append by length of the customer's history; {machine()}")
    for database in given.database or DATABASES:
        with place(database) as where:
            tell(where, given.lengths, given.appends)


def read(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heads")
    parser.add_argument("--appends", type=int, default=300)
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--database", choices=DATABASES, action="append")
    return parser.parse_args(words)


if __name__ == "__main__":
    main(read())
