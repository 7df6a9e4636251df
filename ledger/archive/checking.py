"""Whether an archive is whole, and holds what the log holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from ledger.archive.archive import Archive, open_archive
from ledger.archive.columns import SCHEMA, Names
from ledger.archive.digest import RowDigest
from ledger.archive.filed import file_fault
from ledger.archive.kinship import require_kin
from ledger.archive.manifest import Manifest, Segment, by_bucket, streams_of
from ledger.archive.merging import merged
from ledger.archive.place import Place
from ledger.archive.slicing import columns_of
from ledger.errors import ArchiveDamaged, ArchiveForeign, Undecodable
from ledger.store.engine import Connection, reading
from ledger.store.integrity import Check
from ledger.store.store import Store
from ledger.store.whole_rows import source_names, whole_range

Progress = Callable[[int, int], None]


class Found(Struct):
    """What was found wrong, each as a sentence that names it: with files, with positions, against the log."""

    files: list[str] = []
    positions: list[str] = []
    contents: list[str] = []


def check_archive(store: Store, url: str | Path, progress: Progress | None = None) -> list[Check]:
    """Return the outcome of every check of the archive at a path or an address; all of it is read, and so is the log.

    Raises ArchiveMissing, ArchiveIncompatible.
    """
    archive = open_archive(url)
    manifest = archive.manifest
    found = Found()
    with reading(store.engine) as connection:
        kin = _kin(connection, manifest, archive.place.address)
    # Where the log is another's, every comparison with it would differ.
    _Reading(store if kin.ok else None, archive, found, progress or (lambda _done, _total: None)).read()
    whole = f"{manifest.rows:,} events at positions 1 to {manifest.position:,}"
    against = f"{manifest.rows:,} events compared" if kin.ok else "not compared: the log is another one"
    files = len(manifest.segments)
    size = f"{files:,} {'file' if files == 1 else 'files'}, {manifest.bytes:,} bytes"
    return [
        kin,
        _check("the archive's files are what was written", size, found.files),
        _check("the archive's positions are gapless", whole, found.positions),
        _check("the archive holds what the log holds", against, found.contents),
    ]


def _kin(connection: Connection, manifest: Manifest, address: str) -> Check:
    name = "the archive is of this ledger"
    try:
        require_kin(connection, manifest, address)
    except ArchiveForeign as error:
        return Check(name, False, str(error))
    return Check(name, True, f"complete up to position {manifest.position:,}")


def _check(name: str, of: str, wrong: Sequence[str]) -> Check:
    more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Check(name, not wrong, "; ".join(wrong[:3]) + more if wrong else of)


class _Reading:
    """Reads all of an archive once, and of the log where there is one to compare with."""

    def __init__(self, store: Store | None, archive: Archive, found: Found, progress: Progress) -> None:
        self._store = store
        self._archive = archive
        self._found = found
        self._progress = progress
        self._done = 0
        self._seen = _Positions(archive.manifest.position)

    def read(self) -> None:
        """Look at every bucket."""
        for bucket, segments in by_bucket(self._archive.manifest.segments).items():
            held = {segment.path: self._held(segment) for segment in segments}
            if self._store is not None:
                with reading(self._store.engine) as connection:
                    self._compare(connection, bucket, segments, held)
        self._found.positions += self._seen.wrong()

    def _held(self, segment: Segment) -> str | None:
        """Return the digest of the rows that a segment's file holds; None where it cannot be read."""
        place = self._archive.place
        if fault := file_fault(place, segment):
            self._found.files.append(f"{segment.path} {fault}")
        digest = RowDigest()
        try:
            for table in _tables(place, segment, self._archive.width):
                digest.add(table)
                self._seen.add(table["position"].to_numpy())
                self._done += table.num_rows
                self._progress(self._done, self._archive.manifest.rows)
        except ArchiveDamaged as error:
            if not fault:
                self._found.files.append(str(error))
            return None
        return digest.hexdigest()

    def _compare(
        self, connection: Connection, bucket: int, segments: Sequence[Segment], held: dict[str, str | None]
    ) -> None:
        logged = _logged(connection, bucket, self._archive.width, segments, self._archive.position)
        for segment, digest in zip(segments, logged, strict=True):
            if held[segment.path] is None:
                self._found.contents.append(f"{segment.path} cannot be read")
            elif held[segment.path] != digest:
                where = _first_difference(connection, self._archive.place, segment, self._archive.width)
                self._found.contents.append(f"{segment.path} differs from the log: {where}")
            elif digest != segment.digest:
                self._found.contents.append(f"{segment.path} is not what the manifest says")


def _tables(place: Place, segment: Segment, width: int) -> Iterator[pa.Table]:
    return merged(place, [segment], SCHEMA.names, *streams_of(segment.bucket, width))


def _logged(connection: Connection, bucket: int, width: int, segments: Sequence[Segment], upto: int) -> Iterator[str]:
    """Return the digest of what the log has for each segment of a bucket; one reading of it serves them all."""
    digests = [RowDigest() for _ in segments]
    sources = Names(source_names(connection))
    for page in whole_range(connection, *streams_of(bucket, width), 0, upto):
        try:
            batch = columns_of(page, sources)
        except Undecodable:
            continue  # the digest differs then, and the first difference is looked for
        positions = batch["position"].to_numpy()
        for segment, digest in zip(segments, digests, strict=True):
            within = (positions > segment.after) & (positions <= segment.upto)
            digest.add(batch if within.all() else batch.filter(pa.array(within)))
    return (digest.hexdigest() for digest in digests)


def _first_difference(connection: Connection, place: Place, segment: Segment, width: int) -> str:
    sources = Names(source_names(connection))
    held = (row for table in _tables(place, segment, width) for row in zip(*table.to_pydict().values(), strict=True))
    pages = whole_range(connection, *streams_of(segment.bucket, width), segment.after, segment.upto)
    logged = ((*row[:3], sources[row[3]], *row[4:]) for page in pages for row in page)
    for ours, theirs in zip_longest(held, logged):
        if ours is None or theirs is None:
            side = "the archive" if ours is None else "the log"
            return f"{side} has no event at position {(ours or theirs)[0]}"
        differ = [name for name, one, other in zip(SCHEMA.names, ours, theirs, strict=True) if one != other]
        if differ:
            return f"the event at position {theirs[0]} has another {' and '.join(differ)}"
    return "in how it is stored"


class _Positions:
    """Which positions were seen: a bit for each."""

    def __init__(self, last: int) -> None:
        self._last = last
        self._bits = np.zeros(last // 8 + 1, np.uint8)
        self._outside = self._twice = 0

    def add(self, positions: Any) -> None:
        """Take in positions of one segment."""
        within = positions[(positions >= 1) & (positions <= self._last)]
        inside = np.unique(within)
        places, bits = inside >> 3, (1 << (inside & 7)).astype(np.uint8)
        self._outside += len(positions) - len(within)
        self._twice += len(within) - len(inside) + int(np.count_nonzero(self._bits[places] & bits))
        np.bitwise_or.at(self._bits, places, bits)

    def wrong(self) -> list[str]:
        """Return what is wrong with them all together."""
        seen = np.unpackbits(self._bits, bitorder="little")[1 : self._last + 1]
        found = []
        if not seen.all():
            found.append(f"{int(len(seen) - seen.sum()):,} are missing, position {int(seen.argmin()) + 1} first")
        if self._twice:
            found.append(f"{self._twice:,} stand there twice")
        if self._outside:
            found.append(f"{self._outside:,} lie beyond position {self._last:,}")
        return found
