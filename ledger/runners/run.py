"""Who runs the folds over a whole ledger, from what they read, and what that may take."""

from __future__ import annotations

import os

from msgspec import Struct

from ledger.errors import InvalidArgument

MEMORY = 512
"""MiB that all processes of a run take together at most, by default."""

CALLER = 160
"""MiB of the process that hands out the work and writes the rows, measured with 10 M events."""

WORKER = 150
"""MiB of a process that folds, measured with 10 M events of customers with forty."""


class Run(Struct, frozen=True, kw_only=True):
    """`workers` processes fold (default: one for each core; 1: the caller), within `memory` MiB in all.

    They read the log, or the archive at `archive` (a folder or an address). With `master`, the address of a Spark
    cluster, its executors fold instead, and read the archive.
    """

    workers: int | None = None
    memory: int = MEMORY
    archive: str | None = None
    master: str | None = None

    def affordable(self) -> int:
        """Return how many processes fold. Raises InvalidArgument where none is asked for, or memory is too little."""
        if self.workers is not None and self.workers < 1:
            raise InvalidArgument(f"{self.workers} processes cannot fold: ask for 1 or more, or leave it out")
        wanted = self.workers if self.workers is not None else (os.cpu_count() or 1)
        room = (self.memory - CALLER) // WORKER
        if room < 1:
            raise InvalidArgument(
                f"{self.memory} MiB are too little to fold in: one process and the caller need "
                f"{CALLER + WORKER}: allow as many"
            )
        if self.workers is not None and wanted > room:
            raise InvalidArgument(
                f"{wanted} workers need about {CALLER + WORKER * wanted} MiB, and {self.memory} are allowed: "
                f"allow more, or ask for {room}"
            )
        return min(wanted, room)


LOCAL = Run()
