"""Merging small segments: what many small runs wrote becomes one file a bucket again."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.archive.columns import SCHEMA
from ledger.archive.keeping import Keeper
from ledger.archive.manifest import Segment, by_bucket, streams_of
from ledger.archive.merging import merged
from ledger.archive.segments import SegmentWriter

MANY = 16
"""Segments of one bucket from which the small ones are merged without being asked to."""

GROWTH = 2
"""A segment is merged with the later ones when it has at most so many times their rows: each row moves seldom."""


def compacted(keeper: Keeper, *, whole: bool) -> int:
    """Merge the segments of each bucket that has too many, or with `whole` of all; return how many were merged."""
    total = 0
    for segments in by_bucket(keeper.manifest.segments).values():
        chosen = segments if whole else _small(segments)
        if len(chosen) > 1:
            keeper.supersede({segment.path for segment in chosen}, [_merge(keeper, chosen)])
            total += len(chosen)
    return total


def _small(segments: Sequence[Segment]) -> Sequence[Segment]:
    if len(segments) < MANY:
        return ()
    start, rows = len(segments) - 1, segments[-1].rows
    while start and segments[start - 1].rows <= GROWTH * rows:
        start -= 1
        rows += segments[start].rows
    return segments[start:]


def _merge(keeper: Keeper, segments: Sequence[Segment]) -> Segment:
    bucket = segments[0].bucket
    streams = streams_of(bucket, keeper.manifest.width)
    with SegmentWriter(keeper.place) as writer:
        for table in merged(keeper.place, segments, SCHEMA.names, *streams):
            for batch in table.cast(SCHEMA).combine_chunks().to_batches():
                writer.add(batch)
        return writer.keep(bucket=bucket, after=segments[0].after, upto=segments[-1].upto)
