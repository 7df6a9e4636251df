"""Reading the segments of a bucket as one: by stream and version, a bounded number of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ledger.archive.columns import REPEATED
from ledger.archive.folder import told
from ledger.archive.manifest import Segment
from ledger.archive.place import Place
from ledger.errors import ArchiveDamaged

AT_ONCE = 16_384
"""Rows held of all segments together that are read as one, or MIN of each."""

MIN = 1_024

Key = tuple[int, int]


def merged(
    place: Place, segments: Sequence[Segment], columns: Sequence[str], first: int, last: int, upto: int | None = None
) -> Iterator[pa.Table]:
    """Yield the rows of the streams `first` to `last` in some segments of one bucket, in order, as tables.

    Segments are in the order of their positions; with `upto` rows of later positions are left out. Raises
    ArchiveDamaged.
    """
    held = max(MIN, AT_ONCE // max(1, len(segments)))
    cursors = [_Cursor(place, segment, columns, (first, last), held) for segment in segments]
    try:
        while cursors := [cursor for cursor in cursors if cursor.fill()]:
            safe = min((cursor.end for cursor in cursors if cursor.more), default=None)
            parts = [part for cursor in cursors if (part := cursor.take(safe)).num_rows]
            table = parts[0] if len(parts) == 1 else _sorted(parts)
            yield table if upto is None else table.filter(pa.compute.less_equal(table["position"], upto))
    finally:
        for cursor in cursors:
            cursor.close()


def _sorted(parts: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(parts)
    order = np.lexsort((table["version"].to_numpy(), table["stream"].to_numpy()))
    # Dictionaries of several files become one first.
    return table.unify_dictionaries().combine_chunks().take(pa.array(order))


class _Cursor:
    """Where the reading of one segment is: `end` is the last stream and version it holds, `more` follows it."""

    def __init__(
        self, place: Place, segment: Segment, columns: Sequence[str], streams: tuple[int, int], held: int
    ) -> None:
        self._streams = streams
        self._file = SegmentFile(place, segment)
        self._batches = self._file.batches(columns, self._file.groups(*streams), held)
        self._table: pa.Table | None = None
        self.more = True
        self.end: Key = (0, 0)
        self._ahead = self._next()

    def fill(self) -> bool:
        """Hold some rows; say whether there are any."""
        if self._table is None and self._ahead is not None:
            self._table, self._ahead = self._ahead, self._next()
            self.more = self._ahead is not None
            self.end = (self._table["stream"][-1].as_py(), self._table["version"][-1].as_py())
        return self._table is not None

    def take(self, safe: Key | None) -> pa.Table:
        """Give up the rows that no other segment has an earlier one to, which `safe` bounds."""
        if (table := self._table) is None:
            raise AssertionError("only a cursor that holds rows is asked for some")
        count = table.num_rows if safe is None or self.end <= safe else _until(table, safe)
        self._table = table.slice(count) if count < table.num_rows else None
        return table.slice(0, count)

    def _next(self) -> pa.Table | None:
        for table in self._batches:
            streams = table["stream"].to_numpy()
            start, end = np.searchsorted(streams, [self._streams[0], self._streams[1] + 1])
            if start < end:
                return table.slice(start, end - start)
        self.close()
        return None

    def close(self) -> None:
        self._file.close()


def _until(table: pa.Table, key: Key) -> int:
    """Return how many rows come no later than a stream and version."""
    streams = table["stream"].to_numpy()
    start, end = np.searchsorted(streams, [key[0], key[0] + 1])
    versions = table["version"].to_numpy()[start:end]
    return int(start + np.searchsorted(versions, key[1], side="right"))


class SegmentFile:
    """An open segment. Whatever is wrong with it is raised as ArchiveDamaged."""

    def __init__(self, place: Place, segment: Segment) -> None:
        self._path = segment.path
        self._address = place.address
        stream = place.open(segment.path)
        if stream is None:
            raise ArchiveDamaged(segment.path, "is missing (if `archive` ran meanwhile, open the archive again)")
        self._stream: IO[bytes] = stream
        try:
            self._file = self._guarded(parquet.ParquetFile, stream, read_dictionary=list(REPEATED), pre_buffer=False)
        except BaseException:
            stream.close()
            raise

    def groups(self, first: int, last: int) -> list[int]:
        """Return the row groups that may hold one of the streams `first` to `last`."""
        return [number for number, low, high in self._bounds() if low <= last and first <= high]

    def groups_of(self, streams: Any) -> list[int]:
        """Return the row groups that may hold one of some streams, an ascending array."""
        return [
            number
            for number, low, high in self._bounds()
            if np.searchsorted(streams, low) < np.searchsorted(streams, high, side="right")
        ]

    def batches(self, columns: Sequence[str], groups: list[int], rows: int) -> Iterator[pa.Table]:
        """Yield columns of some row groups, so many rows at a time, each column in one piece."""
        if not groups:
            return
        batches = self._file.iter_batches(rows, row_groups=groups, columns=list(columns), use_threads=False)
        while (batch := self._guarded(next, batches, None)) is not None:
            yield pa.Table.from_batches([batch])

    def close(self) -> None:
        """Close the file."""
        self._file.close(force=True)
        self._stream.close()

    def _bounds(self) -> Iterator[tuple[int, int, int]]:
        about = self._file.metadata
        column = self._file.schema_arrow.get_field_index("stream")
        for number in range(about.num_row_groups):
            found = about.row_group(number).column(column).statistics
            yield number, found.min, found.max

    def _guarded(self, act: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return act(*arguments, **named)
        except (pa.ArrowException, ValueError, KeyError, EOFError) as error:
            raise ArchiveDamaged(self._path, f"cannot be read ({error})") from error
        except OSError as error:
            if error.errno is None:  # Arrow's word for a page that does not decode
                raise ArchiveDamaged(self._path, f"cannot be read ({error})") from error
            with told(self._address):
                raise
            raise
