"""What memory this process has taken at most, and how it is given back."""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_kib() -> int:
    """Return the most memory this process has held, in KiB.

    Linux says it of the program that runs now; `getrusage` would count what started it too.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Look for no cycles meanwhile: rows hold none, and each look goes through all rows that wait to be written."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
