"""Reading the segments of a bucket as one: by stream and version, a bounded number of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ledger.archive.columns import REPEATED, SCHEMA, indices, integers
from ledger.archive.folder import said
from ledger.archive.manifest import Segment
from ledger.archive.place import Place
from ledger.errors import ArchiveDamaged

AT_ONCE = 4_096
"""Rows held of all segments together that are read as one, or MIN of each."""

MIN = 1_024

READ = pa.schema(
    [field.with_type(pa.dictionary(pa.int32(), field.type)) if field.name in REPEATED else field for field in SCHEMA]
)
"""The columns as they are read: what repeats stays a dictionary."""

Key = tuple[int, int]


def merged(
    place: Place, segments: Sequence[Segment], columns: Sequence[str], first: int, last: int, upto: int | None = None
) -> Iterator[pa.Table]:
    """Yield the rows of the streams `first` to `last` in some segments of one bucket, in order, as tables.

    Segments are in the order of their positions; with `upto` rows of later positions are left out. Raises
    ArchiveDamaged.
    """
    held = max(MIN, AT_ONCE // max(1, len(segments)))
    with ExitStack() as opened:
        cursors = [opened.enter_context(_Cursor(place, segment, columns, (first, last), held)) for segment in segments]
        while cursors := [cursor for cursor in cursors if cursor.fill()]:
            safe = min((cursor.end for cursor in cursors if cursor.more), default=None)
            parts = [part for cursor in cursors if (part := cursor.take(safe)).num_rows]
            table = parts[0] if len(parts) == 1 else _sorted(parts)
            yield table if upto is None else table.filter(pa.compute.less_equal(table["position"], upto))


def _sorted(parts: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(parts)
    order = np.lexsort((integers(table, "version"), integers(table, "stream")))
    # Dictionaries of several files become one first.
    return table.unify_dictionaries().combine_chunks().take(indices(order))


class _Cursor(AbstractContextManager["_Cursor"]):
    """Where the reading of one segment is: `end` is the last stream and version it holds, `more` follows it."""

    def __init__(
        self, place: Place, segment: Segment, columns: Sequence[str], streams: tuple[int, int], held: int
    ) -> None:
        self._streams = streams
        self._file = SegmentFile(place, segment)
        self._batches = self._file.batches(columns, streams, held)
        self._table: pa.Table | None = None
        self.more = True
        self.end: Key = (0, 0)
        self._ahead: pa.Table | None = None

    def fill(self) -> bool:
        """Hold some rows; say whether there are any."""
        if self._table is None and self.more:
            self._table = self._ahead or self._next()
            self._ahead = self._next()
            self.more = self._ahead is not None
        if self._table is not None:
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
            streams = integers(table, "stream")
            start, end = np.searchsorted(streams, [self._streams[0], self._streams[1] + 1])
            if start < end:
                return table.slice(start, end - start)
        return None

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _until(table: pa.Table, key: Key) -> int:
    """Return how many rows come no later than a stream and version."""
    streams = integers(table, "stream")
    start, end = np.searchsorted(streams, [key[0], key[0] + 1])
    versions = integers(table, "version")[start:end]
    return int(start + np.searchsorted(versions, key[1], side="right"))


class SegmentFile:
    """A segment, opened when it is first read. Whatever is wrong with it is raised as ArchiveDamaged."""

    def __init__(self, place: Place, segment: Segment) -> None:
        self._place = place
        self._path = segment.path
        self._rows = segment.rows
        self._stream: IO[bytes] | None = None

    def batches(self, columns: Sequence[str], streams: Any, rows: int) -> Iterator[pa.Table]:
        """Yield columns of the row groups that may hold a stream, so many rows at a time, each column in one piece.

        `streams` are the first and the last of those wanted, or an ascending array of them.
        """
        file = self._open()
        groups = [number for number, low, high in self._guarded(_bounds, file) if _meet(streams, low, high)]
        if not groups:
            return
        batches = file.iter_batches(rows, row_groups=groups, columns=list(columns), use_threads=False)
        while (batch := self._guarded(next, batches, None)) is not None:
            yield pa.Table.from_batches([batch])

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def _open(self) -> Any:
        self._stream = self._place.open(self._path)
        if self._stream is None:
            raise ArchiveDamaged(self._path, "is missing (if `archive` ran meanwhile, open the archive again)")
        # Reading ahead was measured: it costs memory and gains nothing where a file is local.
        file = self._guarded(
            parquet.ParquetFile,
            self._stream,
            read_dictionary=list(REPEATED),
            pre_buffer=False,
            page_checksum_verification=True,
        )
        if file.metadata.num_rows != self._rows or not file.schema_arrow.equals(READ):
            raise ArchiveDamaged(self._path, "cannot be read (its rows or columns are not those that were written)")
        return file

    def _guarded(self, act: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return act(*arguments, **named)
        except OSError as error:
            if error.errno is not None:
                raise said(error, self._place.address) from error
            # Without a number it is Arrow's word for a page that does not decode.
            raise ArchiveDamaged(self._path, f"cannot be read ({error})") from error
        except (pa.ArrowException, ValueError, LookupError, TypeError, ArithmeticError, EOFError) as error:
            raise ArchiveDamaged(self._path, f"cannot be read ({error})") from error


def _bounds(file: Any) -> list[tuple[int, int, int]]:
    """Return the number of each row group, and its first and last stream."""
    column = file.schema_arrow.get_field_index("stream")
    groups = range(file.metadata.num_row_groups)
    found = [file.metadata.row_group(number).column(column).statistics for number in groups]
    return [(number, int(one.min), int(one.max)) for number, one in zip(groups, found, strict=True)]


def _meet(streams: Any, low: int, high: int) -> bool:
    if isinstance(streams, tuple):
        return bool(streams[0] <= high and low <= streams[1])
    return bool(np.searchsorted(streams, low) < np.searchsorted(streams, high, side="right"))
