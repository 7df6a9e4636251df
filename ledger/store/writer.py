"""What an append asks of a database, in the order it asks; one implementation per database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from ledger.store.plan import Head, Key, Known, Lineage, Link, NewEvent


class LogWriter(Protocol):
    """One transaction on the log, through the driver's own connection (Core costs more than the database here)."""

    def begin(self) -> None:
        """Start the transaction that the rest belongs to."""

    def source_ids(self, names: Collection[str]) -> dict[str, int]:
        """Return the number of every named source, new ones included."""

    def known(self, keys: Collection[Key]) -> dict[Key, Known]:
        """Return the events of these keys that are recorded."""

    def heads(self, customer_ids: Collection[str]) -> dict[str, Head]:
        """Return the head of every customer's stream, new ones at version 0; held until the end."""

    def lineage(self, streams: Collection[int], merges: Collection[Key]) -> Lineage:
        """Return the effective merges upward of `streams`, and which of `merges` an unmerge names."""

    def take_head(self) -> tuple[int, int]:
        """Return the last position and its recorded_at; no other writer moves them until the end."""

    def write(
        self, rows: Sequence[NewEvent], links: Sequence[Link], heads: Collection[Head], first: int, recorded: int
    ) -> None:
        """Insert the events from position `first` on, move the streams' heads and the log's head."""

    def commit(self) -> None:
        """Make it durable."""

    def rollback(self) -> None:
        """Leave no trace."""
