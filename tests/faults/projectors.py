"""A process that projects: it applies what is new in small batches, racing with others over the same ledger."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ledger import Ledger
from ledger.errors import ProjectionRaced
from ledger.projecting.catch_up import catch_up_batch


def project(*, url: str, report: str, limit: int, events: int, seconds: float) -> None:
    """Apply batches until the read model has reached so many events; report what this process applied."""
    told = {"applied": 0, "batches": 0, "raced": 0}
    deadline = time.monotonic() + seconds
    with Ledger.open(url, create=False) as ledger:
        position = 0
        while position < events and time.monotonic() < deadline:
            try:
                made = catch_up_batch(ledger.store, limit=limit)
            except ProjectionRaced:
                told["raced"] += 1
                continue
            position = made.position
            told["applied"] += made.events
            told["batches"] += made.events > 0
    Path(report).write_text(json.dumps(told))
