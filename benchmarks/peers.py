"""The peers our rates are held against: eventsourcing's own recorders and projection runner, on the same disk."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ledger.sample import simulate_lines


def machine() -> str:
    """Return what the figures were taken on."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def lines(count: int, seed: int = 7) -> list[bytes]:
    """Return so many simulated events as JSON lines; one seed gives one log."""
    return list(islice((line.rstrip(b"\n") for line in simulate_lines(count // 30 + 1_000, seed)), count))


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder on the disk to be measured: LEDGER_BENCH_DIR, else the temporary one."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("LEDGER_BENCH_DIR")) as made:
        yield Path(made)


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes, by the wall clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(*words: object) -> None:
    """Print one line of results."""
    print(*words, file=sys.stdout, flush=True)
