"""What an append asks of a database, in the order it asks; one implementation per database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent


class LogWriter(Protocol):
    """Transactions on the log, one after another.

    They go through the driver's own connection: Core costs more than the database here.
    """

    def begin(self) -> None:
        """Start the transaction that the rest belongs to."""

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        """Return the number of every named source, new ones included."""

    def look(self, customer_ids: Collection[str], keys: Collection[Key]) -> tuple[dict[str, Head], dict[Key, Known]]:
        """Return the head of every customer's stream, new ones at version 0, and the recorded events of the keys.

        The heads are held until the end, and the events looked up after: who waited for another writer's lock must
        see what that one kept.
        """

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        """Return the effective merges upward of `streams`, and which of `merges` an unmerge names.

        No other writer changes them until the end.
        """

    def write(self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], now: int) -> None:
        """Insert the events at the end of the log, and move the streams' heads and the log's.

        They are recorded at `now`, or with the last event where the clock went back.
        """

    def commit(self) -> int:
        """Make it durable; return the position of the first event written."""

    def rollback(self) -> None:
        """Leave no trace."""

    def alive(self) -> bool:
        """Say whether the connection, unused for a while, still has somebody at its other end."""

    def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
