"""What an import read, made and refused, counted so that every row can be accounted for."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Reject(NamedTuple):
    """A row, or one event of a row, that could not be used: where it stands, why, and which event it would have been.

    `line` counts as an editor shows it, from 1, the header line too; of a Parquet file it is the row's number.
    `event` is None where the row itself is at fault, not one of the events made from it.
    """

    file: str
    line: int
    reason: str
    event: str | None = None


class FileTally(Struct, kw_only=True):
    """One name under [files]: `records` found = `rows` taken over + `rejected`."""

    name: str
    records: int = 0
    rows: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        return self.records == self.rows + self.rejected


class QueryTally(Struct, kw_only=True):
    """One query: of the file whose `records` it takes up, each is in its result or `rejected`."""

    name: str
    records: int = 0
    found: int = 0
    rejected: int = 0

    @property
    def balanced(self) -> bool:
        return self.records == self.found + self.rejected


class EventTally(Struct, kw_only=True):
    """One event rule: `rows` offered = `made` + `rejected` + `left_out` by its `when`.

    `repeated` counts the events whose event_id an earlier one of this rule already has: the ledger will keep the first.
    """

    label: str
    type: str
    rows: int = 0
    made: int = 0
    rejected: int = 0
    left_out: int = 0
    repeated: int = 0

    @property
    def balanced(self) -> bool:
        return self.rows == self.made + self.rejected + self.left_out


class Tally(Struct, kw_only=True):
    """A whole import, so far."""

    files: list[FileTally]
    queries: list[QueryTally]
    events: list[EventTally]

    @property
    def records(self) -> int:
        """Rows found in all files."""
        return sum(file.records for file in self.files)

    @property
    def made(self) -> int:
        """Events made."""
        return sum(rule.made for rule in self.events)

    @property
    def expected(self) -> int:
        """Events to be made or rejected; 0 until all files are read."""
        return sum(rule.rows - rule.left_out for rule in self.events)

    @property
    def rejected(self) -> int:
        """Rejects of all kinds."""
        return sum(part.rejected for part in self._parts())

    @property
    def repeated(self) -> int:
        """Events whose event_id was used before in this import."""
        return sum(rule.repeated for rule in self.events)

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for."""
        return all(part.balanced for part in self._parts())

    def _parts(self) -> list[FileTally | QueryTally | EventTally]:
        return [*self.files, *self.queries, *self.events]
