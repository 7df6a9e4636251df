"""Writing an archive: what the log recorded since the last time, as sealed segments, then one new manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ledger.archive.archive import read_manifest
from ledger.archive.compacting import compacted
from ledger.archive.keeping import Keeper
from ledger.archive.kinship import FIRST, require_kin
from ledger.archive.manifest import FORMAT, WIDTH, Begun, Manifest, Segment, bucket_of
from ledger.archive.place import Place, place_of
from ledger.archive.slicing import by_range, by_slice
from ledger.errors import ArchiveMissing, InvalidArgument
from ledger.store.engine import reading
from ledger.store.log import last_position, last_stream
from ledger.store.store import Store
from ledger.store.whole_rows import seal

SLICE = 131_072
"""Events that are sorted in memory at once."""

PART = 4
"""New events are read customer by customer, not in the order of the log, where they are this part of it or more."""

OFTEN = 5.0
"""Seconds of work that a crash may cost."""

Progress = Callable[[int, int], None]


class Archived(Struct, frozen=True, kw_only=True):
    """What a run did, and the archive as it stands."""

    archive: str
    position: int
    events: int
    new_events: int
    new_segments: int
    merged_segments: int
    segments: int
    bytes: int
    seconds: float
    events_per_second: float


def write_archive(
    store: Store,
    url: str | Path,
    *,
    width: int | None = None,
    compact: bool = False,
    progress: Progress | None = None,
) -> Archived:
    """Bring the archive at a path or an address up to the log's end, and make it where there is none.

    `width` is how many streams a bucket has, settled when an archive is made; `compact` makes one segment of every
    bucket. Killed at any moment it leaves the archive as it was, and the next run goes on from what was written.
    Raises ArchiveBusy, ArchiveForeign, ArchiveIncompatible, InvalidArgument, and StorageError where there is no room
    or no permission.
    """
    started = time.monotonic()
    place = place_of(url)
    with place.alone() as alone:
        keeper = Keeper(place, store.clock, alone=alone, manifest=_begin(store, place, width))
        work = _Work(store, keeper, progress or _unseen)
        before = keeper.manifest.rows
        work.finish_begun()
        work.go_on()
        merged = compacted(keeper, whole=compact)
        keeper.clean()
    manifest, seconds = keeper.manifest, time.monotonic() - started
    new = manifest.rows - before
    return Archived(
        archive=place.address,
        position=manifest.position,
        events=manifest.rows,
        new_events=new,
        new_segments=work.segments,
        merged_segments=merged,
        segments=len(manifest.segments),
        bytes=manifest.bytes,
        seconds=round(seconds, 3),
        events_per_second=round(new / seconds, 1) if seconds else 0.0,
    )


def _begin(store: Store, place: Place, width: int | None) -> Manifest:
    """Return the manifest to go on from. Raises ArchiveForeign, InvalidArgument, ArchiveMissing for an empty log."""
    found = read_manifest(place)
    with reading(store.engine) as connection:
        first = seal(connection, FIRST)
        if found is not None:
            require_kin(connection, found, place.address)
    if found is None:
        if first is None:
            raise ArchiveMissing("there is nothing to archive yet: the ledger has no events")
        return Manifest(
            format=FORMAT, ledger=first, width=width or WIDTH, position=0, seal="", generation=0, written_at=0
        )
    if width not in (None, found.width):
        raise InvalidArgument(
            f"the archive {place.address} has {found.width} customers a bucket, settled when it was made: "
            "leave the option out, or make another archive in an empty folder"
        )
    return found


class _Work:
    """One run; `segments` counts what it wrote."""

    def __init__(self, store: Store, keeper: Keeper, progress: Progress) -> None:
        self._store = store
        self._keeper = keeper
        self._progress = progress
        self._done = 0
        self.segments = 0
        with reading(store.engine) as connection:
            self._head = last_position(connection)
        self._total = self._head - keeper.manifest.position

    def finish_begun(self) -> None:
        """Complete what an earlier run began bucket by bucket."""
        begun = self._keeper.manifest.begun
        if begun is None:
            return
        with reading(self._store.engine) as connection:
            known = begun.seal == seal(connection, begun.position)
        if known:
            self._advance(sum(segment.rows for segment in begun.segments))
            self._by_bucket(begun)
        else:  # the ledger was restored from a backup since
            self._keeper.put(begun=None)

    def go_on(self) -> None:
        """Archive what is recorded."""
        after = self._keeper.manifest.position
        ahead = self._head - after
        if ahead > SLICE and ahead * PART >= self._head:
            with reading(self._store.engine) as connection:
                sealed = seal(connection, self._head)
            self._by_bucket(Begun(position=self._head, seal=sealed or "", buckets=0))
            return
        while after < self._head:
            after = self._by_slice(after)

    def _by_slice(self, after: int) -> int:
        manifest = self._keeper.manifest
        with reading(self._store.engine) as connection:
            upto, segments = by_slice(
                connection, self._keeper.place, manifest.width, after, min(self._head, after + SLICE)
            )
            made = list(self._counted(segments))
            sealed = seal(connection, upto)
        self._keeper.complete(upto, sealed, made)
        return upto

    def _by_bucket(self, begun: Begun) -> None:
        manifest = self._keeper.manifest
        with reading(self._store.engine) as connection:
            buckets = bucket_of(last_stream(connection), manifest.width) + 1
        told = time.monotonic()
        for bucket in range(begun.buckets, buckets):
            with reading(self._store.engine) as connection:
                positions = (manifest.position, begun.position)
                made = by_range(connection, self._keeper.place, manifest.width, bucket, positions, self._advance)
            self.segments += len(made)
            begun = replace(begun, buckets=bucket + 1, segments=[*begun.segments, *made])
            if time.monotonic() - told >= OFTEN:
                self._keeper.put(begun=begun)
                told = time.monotonic()
        self._keeper.complete(begun.position, begun.seal, begun.segments)

    def _counted(self, segments: Iterable[Segment]) -> Iterator[Segment]:
        for segment in segments:
            self.segments += 1
            self._advance(segment.rows)
            yield segment

    def _advance(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)


def _unseen(_done: int, _total: int) -> None:
    return
