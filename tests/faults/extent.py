"""How far the fault tests go: a short form in `make test`, the full one in `make faults`."""

from __future__ import annotations

import os

FULL = os.environ.get("LEDGER_FAULTS") == "full"


def many(short: int, full: int) -> int:
    """Return how often a fault is tried."""
    return full if FULL else short
