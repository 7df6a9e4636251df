"""How much memory this process has taken at most."""

from __future__ import annotations

import resource
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
