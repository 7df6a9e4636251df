"""An event together with where the customer's journey stood when it occurred."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent

Transition = Literal["advance", "skip", "regress", "restart", "terminal", "win_back", "overlay"]

Evidence = tuple[tuple[str, str], ...]
"""The (source, event_id) of the events that prove an entry, in the order of the fold."""


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """A stage entered: by which transition, under which rule, on which evidence.

    `rule` is None where a producer said the stage outright. `skipped` lists the primary stages jumped over.
    """

    stage: str
    at: int
    cycle: int
    transition: Transition
    rule: str | None
    evidence: Evidence
    skipped: tuple[str, ...] = ()


class Moment(Struct, kw_only=True, gc=False):
    """One event in its place in the journey.

    `stage` and `cycle` are the primary stage after the event (None before any stage is known), `entered` the
    entry this event caused on the primary track, `overlays` the overlay stages open after it, and
    `overlays_entered` / `overlays_left` what this event opened and closed. `unknown_stage` is the stage it
    named outright when the journey has no such stage: it moved nothing.
    """

    event: RecordedEvent[Data]
    stage: str | None
    cycle: int
    entered: Entry | None = None
    overlays: tuple[str, ...] = ()
    overlays_entered: tuple[Entry, ...] = ()
    overlays_left: tuple[str, ...] = ()
    unknown_stage: str | None = None
