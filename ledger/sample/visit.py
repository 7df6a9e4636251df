"""One intended visit to a stage of the primary track."""

from __future__ import annotations

from msgspec import Struct

from ledger.journey.moment import Transition


class Visit(Struct, kw_only=True):
    """A stage entered at `entered_at` (milliseconds since 1970 UTC) and left at `left_at`; None: not before the end.

    `door` says how the entry is told: the type of the event that a rule reads, `combination` for several of
    them, `stage.entered` outright, or `stage_hint` on an event that says nothing of the stage by itself.
    """

    stage: str
    entered_at: int
    left_at: int | None = None
    cycle: int
    transition: Transition
    skipped: tuple[str, ...] = ()
    door: str
    precision: str | None = None
