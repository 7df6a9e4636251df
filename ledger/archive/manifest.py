"""What an archive holds: the one file that says which segments there are, replaced as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ledger.errors import ArchiveIncompatible

FORMAT = 1
"""What this code writes, and the newest it reads."""

MANIFEST = "manifest.json"

WIDTH = 4_096
"""Streams in a bucket, unless an archive was begun with another number."""


class Segment(Struct, frozen=True, kw_only=True):
    """A sealed file: the events of one bucket after position `after` up to `upto`, by stream and version.

    `bytes` and `sha256` are the file's; `digest` is over its rows and can be made from the log again.
    """

    path: str
    bucket: int
    after: int
    upto: int
    rows: int
    bytes: int
    sha256: str
    digest: str


class Superseded(Struct, frozen=True, kw_only=True):
    """A file whose rows stand in another one since `at` (microseconds since 1970 UTC); it goes some time after."""

    path: str
    at: int


class Begun(Struct, frozen=True, kw_only=True):
    """What a run that reads bucket by bucket has written on its way to `position`; no reader looks at it."""

    position: int
    seal: str
    buckets: int
    segments: list[Segment] = []


class Manifest(Struct, frozen=True, kw_only=True):
    """An archive: of the ledger whose first event is sealed by `ledger`, complete up to `position`, sealed by `seal`.

    Bucket k holds the streams k * width + 1 to (k + 1) * width. `generation` grows by one whenever it is replaced.
    """

    format: int
    ledger: str
    width: int
    position: int
    seal: str
    generation: int
    written_at: int
    segments: list[Segment] = []
    superseded: list[Superseded] = []
    begun: Begun | None = None

    @property
    def rows(self) -> int:
        """How many events it holds."""
        return sum(segment.rows for segment in self.segments)

    @property
    def bytes(self) -> int:
        """How large its segments are together."""
        return sum(segment.bytes for segment in self.segments)

    def paths(self) -> set[str]:
        """Return every file it has a use for."""
        segments = [*self.segments, *(self.begun.segments if self.begun else [])]
        return {one.path for one in segments} | {one.path for one in self.superseded}


class _Format(Struct):
    format: int


def dump(manifest: Manifest) -> bytes:
    """Return a manifest as JSON that a person can read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def load(raw: bytes, address: str) -> Manifest:
    """Return the manifest of an archive. Raises ArchiveIncompatible."""
    try:
        format = msgspec.json.decode(raw, type=_Format).format
        if format > FORMAT:
            raise ArchiveIncompatible(
                f"the archive {address} has format {format}, this code reads up to {FORMAT}: update customer-ledger"
            )
        return msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveIncompatible(
            f"{address}/{MANIFEST} is no manifest of an archive ({error}): check the address, restore the file from a "
            "copy, or make the archive again in an empty folder"
        ) from error


def by_bucket(segments: Iterable[Segment]) -> dict[int, list[Segment]]:
    """Return the segments of every bucket, in the order of their positions."""
    found: dict[int, list[Segment]] = defaultdict(list)
    for segment in sorted(segments, key=lambda one: (one.bucket, one.after)):
        found[segment.bucket].append(segment)
    return dict(found)


def streams_of(bucket: int, width: int) -> tuple[int, int]:
    """Return the first and last stream of a bucket."""
    return bucket * width + 1, (bucket + 1) * width


def bucket_of(stream: int, width: int) -> int:
    """Return the bucket of a stream."""
    return (stream - 1) // width
