"""Keeping an archive's manifest and files: what is replaced, what stays for readers, what is cleared away."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ledger.archive.archive import read_manifest
from ledger.archive.manifest import MANIFEST, Manifest, Segment, Superseded, dump
from ledger.archive.place import Place
from ledger.archive.segments import SEGMENTS
from ledger.errors import ArchiveBusy, ArchiveError
from ledger.store.clock import Clock

KEEP_HOURS = 24
"""Hours a superseded file stays: a reader that opened the archive before goes on with it."""


class Keeper:
    """Holds the manifest of one run. `alone` says that the place keeps other writers away."""

    def __init__(self, place: Place, clock: Clock, *, alone: bool, manifest: Manifest) -> None:
        self.place = place
        self.manifest = manifest
        self._clock = clock
        self._alone = alone
        self._sweep()

    def put(self, **changes: Any) -> None:
        """Replace the manifest by one with these changes. Raises ArchiveBusy where somebody else replaced it."""
        found = read_manifest(self.place)
        if (found.generation if found else 0) != self.manifest.generation:
            raise ArchiveBusy(
                f"another process wrote the archive {self.place.address} meanwhile: nothing of this run was kept "
                "since then, run again"
            )
        new = replace(self.manifest, generation=self.manifest.generation + 1, written_at=self._clock(), **changes)
        self.place.replace(MANIFEST, dump(new))
        self.manifest = new

    def complete(self, position: int, sealed: str | None, segments: Sequence[Segment]) -> None:
        """Say that with these segments it is complete up to a position. Raises ArchiveError where it is not."""
        held = [*self.manifest.segments, *segments]
        rows = sum(segment.rows for segment in held)
        if rows != position or sealed is None:
            raise ArchiveError(
                f"the log has {rows} events up to position {position}: it has lost some, or was changed; the archive "
                "stays as it was. Run `customer-ledger verify`"
            )
        self.put(position=position, seal=sealed, segments=held, begun=None)

    def supersede(self, paths: set[str], segments: Sequence[Segment]) -> None:
        """Put segments in the place of others, whose files stay for a while."""
        now = self._clock()
        kept = [segment for segment in self.manifest.segments if segment.path not in paths]
        # Merged again without a new event, a file may have the very name that it had before.
        made = {segment.path for segment in segments}
        left = [one for one in self.manifest.superseded if one.path not in made]
        self.put(
            segments=[*kept, *segments],
            superseded=[*left, *(Superseded(path=path, at=now) for path in sorted(paths - made))],
        )

    def clean(self) -> None:
        """Remove the files that were superseded long enough ago."""
        before = self._clock() - KEEP_HOURS * 3600 * 1_000_000
        gone = [one.path for one in self.manifest.superseded if one.at <= before]
        if gone:
            self.put(superseded=[one for one in self.manifest.superseded if one.at > before])
        for path in gone:
            self.place.remove(path)

    def _sweep(self) -> None:
        """Remove what no manifest names: it was left by a run that was killed.

        Where others cannot be kept away it may be what one is writing now, so it goes when it is old.
        """
        named = self.manifest.paths()
        old = time.time() - KEEP_HOURS * 3600
        for path, written in self.place.names(SEGMENTS).items():
            if path not in named and (self._alone or written < old):
                self.place.remove(path)
