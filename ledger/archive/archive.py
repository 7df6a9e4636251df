"""Reading an archive: the rows of customers, as the log would give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ledger.archive.columns import RECORD, indices, integers, tuples
from ledger.archive.manifest import MANIFEST, Manifest, Segment, bucket_of, by_bucket, load, streams_of
from ledger.archive.merging import AT_ONCE, SegmentFile, merged
from ledger.archive.place import Place, place_of
from ledger.errors import ArchiveMissing
from ledger.store.mapper import Row


def open_archive(url: str | Path, *, upto: int | None = None) -> Archive:
    """Open the archive at a path or an address; with `upto` it is read as if it ended at that position.

    Raises ArchiveMissing, ArchiveIncompatible, and StorageError where the place cannot be read.
    """
    place = place_of(url)
    manifest = read_manifest(place)
    if manifest is None:
        raise ArchiveMissing(
            f"there is no archive at {place.address}: make one with `customer-ledger archive {place.address}`"
        )
    return Archive(place, manifest, upto)


def read_manifest(place: Place) -> Manifest | None:
    """Return the manifest of a place; None where there is none. Raises ArchiveIncompatible."""
    raw = place.read(MANIFEST)
    return None if raw is None else load(raw, place.address)


class Archive:
    """An archive as its manifest was when it was opened; complete up to `position`.

    It holds no file open between calls, and belongs to one thread.
    """

    def __init__(self, place: Place, manifest: Manifest, upto: int | None = None) -> None:
        self.place = place
        self.manifest = manifest
        self.width = manifest.width
        self.position = manifest.position if upto is None else min(upto, manifest.position)
        self._buckets = by_bucket(segment for segment in manifest.segments if segment.after < self.position)
        self._names: dict[str, str] = {}

    @property
    def segments(self) -> list[Segment]:
        """Every segment, by bucket and position; their paths are relative to the archive's address."""
        return list(chain.from_iterable(self._buckets.values()))

    def rows(self, first: int, last: int) -> Iterator[Row]:
        """Yield the rows of the streams numbered `first` to `last`, by stream and version. Raises ArchiveDamaged."""
        return chain.from_iterable(self._pages(first, last))

    def stream_rows(self, streams: Sequence[int]) -> list[Row]:
        """Return the rows of some streams, by stream and version. Raises ArchiveDamaged.

        Each costs the decoding of a row group in every segment of its bucket: a few milliseconds.
        """
        wanted = np.unique(np.array(streams, np.int64))
        rows: list[Row] = []
        for bucket in sorted({bucket_of(stream, self.width) for stream in wanted.tolist()}):
            first, last = streams_of(bucket, self.width)
            start, end = np.searchsorted(wanted, [first, last + 1])
            for segment in self._buckets.get(bucket, ()):
                rows += self._scattered(segment, wanted[start:end])
        return sorted(rows, key=lambda row: (row[1], row[2]))

    def _pages(self, first: int, last: int) -> Iterator[Iterator[Row]]:
        for bucket in range(bucket_of(max(first, 1), self.width), bucket_of(last, self.width) + 1):
            segments = self._buckets.get(bucket, ())
            for table in merged(self.place, segments, RECORD, first, last, self._bound(segments)):
                yield tuples(table, self._names)

    def _bound(self, segments: Sequence[Segment]) -> int | None:
        return self.position if any(segment.upto > self.position for segment in segments) else None

    def _scattered(self, segment: Segment, streams: Any) -> Iterator[Row]:
        file = SegmentFile(self.place, segment)
        try:
            for table in file.batches(RECORD, streams, AT_ONCE):
                wanted = np.isin(integers(table, "stream"), streams)
                wanted &= integers(table, "position") <= self.position
                if wanted.any():
                    yield from tuples(table.take(indices(np.flatnonzero(wanted))), self._names)
        finally:
            file.close()
