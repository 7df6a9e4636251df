"""Journey position: the stage a customer stands in, since when, by which evidence, and the last event seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.contacts import is_touchpoint
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerSegmentAssigned
from ledger.events.instants import occurred
from ledger.journey.context import Context
from ledger.journey.moment import Entry, Evidence
from ledger.journey.segments import NO_SEGMENTS
from ledger.journey.stretch import Move, Stretch
from ledger.projections.canonical import canonical
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class OpenOverlay(Struct, array_like=True):
    """An overlay that is open now."""

    stage: str
    entered_at: int
    evidence: Evidence


ENDLESS = 2**63 - 1


class PositionState(Struct, array_like=True):
    """Where one customer stands; `entered` is the latest entry on the primary track."""

    entered: Entry | None = None
    cycle: int = 1
    overlays: list[OpenOverlay] = []
    first_at: int = ENDLESS
    last_at: int = -ENDLESS
    last_source: str = ""
    last_event_id: str = ""
    last_type: str = ""
    last_channel: str = ""
    events: int = 0
    touchpoints: int = 0
    segments: str = NO_SEGMENTS


class PositionFold:
    """Keeps the latest entry, the open overlays, the last event and the totals of one customer."""

    def __init__(self, context: Context) -> None:
        self._touchpoints = frozenset(t.name for t in context.vocabulary.values() if is_touchpoint(t))
        self._zone = context.zone

    def initial(self) -> PositionState:
        return PositionState()

    def evolve(self, state: PositionState, stretches: Sequence[Stretch]) -> None:
        if not stretches:
            return
        touchpoints, count, met = self._touchpoints, 0, 0
        for stretch in stretches:
            count += len(stretch.events)
            for event in stretch.events:
                kind = event.type
                if kind in touchpoints:
                    met += 1
            self._hear(state, stretch.events)
            if stretch.move is not None:
                _turn(state, stretch.move, stretch.overlays)
        last = stretches[-1]
        state.events += count
        state.touchpoints += met
        state.cycle = last.cycle
        state.segments = last.segments

    def _hear(self, state: PositionState, events: Sequence[Event]) -> None:
        """Keep when the customer was first heard of, and the last event that was heard of them."""
        first_at, last_at, latest = state.first_at, state.last_at, None
        for event in events:
            at = event.at if event.type != "customer.segment_assigned" else self._said_at(event)
            first_at = at if at < first_at else first_at  # noqa: FURB136 — min() costs several times as much
            if at >= last_at:
                last_at, latest = at, event
        state.first_at, state.last_at = first_at, last_at
        if latest is not None:
            state.last_source = latest.source
            state.last_event_id = latest.event_id
            state.last_type = latest.type
            state.last_channel = latest.channel or ""

    def _said_at(self, event: Event) -> int:
        """Return when a customer was placed in a segment, which may be valid from long before or after."""
        if cast(CustomerSegmentAssigned, event.data).valid_from is None:
            return event.at
        return occurred(event.occurred_at, event.time_precision, self._zone)

    def rows(self, state: PositionState) -> list[Row]:
        if state.events == 0:
            return []
        entered = state.entered
        overlays = [
            {"stage": overlay.stage, "entered_at": overlay.entered_at, "evidence": overlay.evidence}
            for overlay in state.overlays
        ]
        return [
            (
                entered.stage if entered else None,
                entered.at if entered else None,
                state.cycle,
                entered.transition if entered else None,
                entered.rule if entered else None,
                canonical(entered.evidence if entered else ()),
                canonical(overlays),
                state.first_at,
                state.last_at,
                state.last_source,
                state.last_event_id,
                state.last_type,
                state.last_channel,
                state.events,
                state.touchpoints,
                state.segments,
            )
        ]


def _turn(state: PositionState, move: Move, overlays: tuple[str, ...]) -> None:
    """Take in an entry; close the overlays left and open those entered, so that only `overlays` are left open."""
    if move.entered is not None:
        state.entered = move.entered
    if move.overlays_entered or move.overlays_left:
        entered = {entry.stage: OpenOverlay(entry.stage, entry.at, entry.evidence) for entry in move.overlays_entered}
        kept = [o for o in state.overlays if o.stage not in move.overlays_left and o.stage not in entered]
        state.overlays = kept + [overlay for stage, overlay in entered.items() if stage in overlays]


IGNORED = frozenset(
    {
        "identity",
        "awareness", "consideration", "purchase", "onboarding", "use", "interaction", "support", "voice",
        "renewal", "advocacy", "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

POSITION: Projection[PositionState] = Projection(
    name="journey_position",
    version=3,
    columns=(
        Column("stage", "text", nullable=True),
        Column("entered_at", "instant", nullable=True),
        Column("cycle", "integer"),
        Column("transition", "text", nullable=True),
        Column("rule", "text", nullable=True),
        Column("evidence", "json"),
        Column("overlays", "json"),
        Column("first_at", "instant"),
        Column("last_at", "instant"),
        Column("last_source", "text"),
        Column("last_event_id", "text"),
        Column("last_type", "text"),
        Column("last_channel", "text"),
        Column("events", "integer"),
        Column("touchpoints", "integer"),
        Column("segments", "json"),
    ),
    key=(),
    state=PositionState,
    bind=PositionFold,
    handles=frozenset(),
    ignores=IGNORED,
)
