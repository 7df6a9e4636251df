"""Where a run of the folds reads customers' events: the log, or the archive of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from msgspec import Struct

from ledger.projections.shape import Projection
from ledger.schemas.definitions import Definitions
from ledger.store.engine import Connection, Engine, reading
from ledger.store.log import Until, range_rows, stream_rows
from ledger.store.mapper import Row


class Source(Struct, frozen=True, kw_only=True):
    """What is folded: a ledger's log as `until` bounds it, under some definitions; it can be sent to another process.

    With `archive` (a folder or an address) events are read from there; `until` then names its position and no times.
    Without `rows` everything is folded, and what fails is told, but no row is handed on. With `to`, another folder
    or address, the rows are written to files there. `projections` are those that fold it: all, unless named.
    """

    url: str
    definitions: Definitions
    until: Until
    archive: str | None = None
    rows: bool = True
    to: str | None = None
    projections: tuple[Projection[Any], ...] = ()


class Reader(Protocol):
    """Reads the rows of streams, by stream and version."""

    def rows(self, first: int, last: int) -> Iterable[Row]:
        """Return the rows of the streams numbered `first` to `last`."""

    def stream_rows(self, streams: Sequence[int]) -> Iterable[Row]:
        """Return the rows of some streams."""


class LogReader:
    """Reads the log."""

    def __init__(self, connection: Connection, until: Until) -> None:
        self._connection = connection
        self._until = until

    def rows(self, first: int, last: int) -> Iterator[Row]:
        return range_rows(self._connection, first, last, self._until)

    def stream_rows(self, streams: Sequence[int]) -> list[Row]:
        return stream_rows(self._connection, streams, self._until)


class Opened:
    """A source, opened for one process: its archive is opened once, its log at each reading anew.

    Raises ArchiveError where the archive cannot be read.
    """

    def __init__(self, source: Source, engine: Engine) -> None:
        self._source = source
        self._engine = engine
        self._archive: Reader | None = None
        if source.archive is not None:
            from ledger.archive.archive import open_archive

            self._archive = open_archive(source.archive, upto=source.until.position)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Open one consistent view of it."""
        if self._archive is not None:
            yield self._archive
            return
        with reading(self._engine) as connection:
            yield LogReader(connection, self._source.until)
