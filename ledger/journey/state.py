"""What the tracker keeps of one customer between two batches of events."""

from __future__ import annotations

from msgspec import Struct, field

from ledger.journey.indicators import Memory
from ledger.journey.segments import NO_SEGMENTS


class TrackerState(Struct, kw_only=True, omit_defaults=True):
    """Where the journey of one customer stands, and in which segments; it survives msgspec's encoders.

    `held` names, per overlay, the values (case ids) that keep it open, "" for an opening that named none.
    `parts` are the latest parts of the combination rules. `seen` counts the events, `last_at` is the latest.
    """

    stage: str | None = None
    cycle: int = 1
    overlays: tuple[str, ...] = ()
    segments: str = NO_SEGMENTS
    held: dict[str, list[str]] = field(default_factory=dict)
    parts: Memory = field(default_factory=dict)
    seen: int = 0
    last_at: int | None = None
