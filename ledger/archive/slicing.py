"""Cutting the log into segments: customer by customer for much of it, in the order of the log for a little."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from ledger.archive.columns import Names, batch
from ledger.archive.manifest import Segment, streams_of
from ledger.archive.place import Place
from ledger.archive.segments import SegmentWriter
from ledger.errors import Undecodable
from ledger.store.engine import Connection
from ledger.store.mapper import Row
from ledger.store.whole_rows import source_names, whole_range, whole_slice

SLICE_BYTES = 64 * 2**20
"""Bytes of events that are sorted in memory at once."""

TYPE = 5


def by_range(
    connection: Connection,
    place: Place,
    width: int,
    bucket: int,
    positions: tuple[int, int],
    told: Callable[[int], None],
) -> list[Segment]:
    """Write one bucket's events after the first of two positions up to the second; no segment where there are none."""
    after, upto = positions
    sources = Names(source_names(connection))
    with SegmentWriter(place) as writer:
        rows = 0
        for page in whole_range(connection, *streams_of(bucket, width), after, upto):
            writer.add(columns_of(page, sources))
            rows += len(page)
            told(len(page))
        if not rows:
            return []
        return [writer.keep(bucket=bucket, after=after, upto=upto)]


def by_slice(connection: Connection, place: Place, width: int, after: int, upto: int) -> tuple[int, Iterator[Segment]]:
    """Write the events after position `after`, of every bucket they belong to, up to `upto` or as many as memory holds.

    Returns the position reached, and the segments as they are written.
    """
    sources = Names(source_names(connection))
    batches: list[pa.RecordBatch] = []
    size = 0
    reached = after
    for page in whole_slice(connection, after, upto):
        batches.append(columns_of(page, sources))
        reached = page[-1][0]
        size += batches[-1].nbytes
        if size >= SLICE_BYTES:
            break
    return reached, _sorted_out(place, pa.Table.from_batches(batches), width, after, reached)


def _sorted_out(place: Place, table: pa.Table, width: int, after: int, upto: int) -> Iterator[Segment]:
    streams = table["stream"].to_numpy()
    order = np.lexsort((table["version"].to_numpy(), streams))
    buckets = (streams[order] - 1) // width
    starts = np.flatnonzero(np.diff(buckets, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        bucket = int(buckets[start])
        with SegmentWriter(place) as writer:
            writer.add(table.take(pa.array(order[start:end])).combine_chunks().to_batches()[0])
            segment = writer.keep(bucket=bucket, after=after, upto=upto)
        yield segment


def columns_of(rows: list[Row], sources: Names) -> pa.RecordBatch:
    """Return rows of the log as columns. Raises Undecodable for one that holds what no column of a log holds."""
    try:
        return batch(rows, sources)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        for row in rows:
            _require_columns(row, sources)
        raise


def _require_columns(row: Row, sources: Names) -> None:
    try:
        batch([row], sources)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise Undecodable(row[0], str(row[TYPE]), f"a column of it is damaged ({error}); see `verify`") from error
