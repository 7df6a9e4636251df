"""Stage visits: every stay in a stage, with what happened and what was spent inside.

A visit is [entered, left) in the order of the fold: the event that enters is inside, the one that leaves is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.contacts import is_touchpoint
from ledger.events.event import Data, RecordedEvent
from ledger.events.support import WorkCompleted
from ledger.journey.context import Context
from ledger.journey.moment import Entry
from ledger.journey.stretch import Move, Stretch
from ledger.projections.amounts import ten_thousandths
from ledger.projections.canonical import canonical
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class Visit(Struct, array_like=True, gc=False):
    """One stay in a stage; open while `left_at` is None. `cost` is in 1/10,000 per currency, '' unknown."""

    entered: Entry
    channel: str
    department: str
    segments: str
    left_at: int | None = None
    touchpoints: int = 0
    channels: list[str] = []
    minutes: float = 0.0
    cost: dict[str, int] = {}


class VisitsState(Struct, array_like=True):
    """Every visit of one customer in order of entry; `open` are the places in `overlay` of those still open."""

    primary: list[Visit] = []
    overlay: list[Visit] = []
    open: list[int] = []


class VisitsFold:
    """Opens and closes visits as the journey moves, and adds what happens to those that are open."""

    def __init__(self, context: Context) -> None:
        self._touchpoints = frozenset(t.name for t in context.vocabulary.values() if is_touchpoint(t))

    def initial(self) -> VisitsState:
        return VisitsState()

    def evolve(self, state: VisitsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            if stretch.move is not None:
                _turn(state, stretch, stretch.move)
            self._stay(state, stretch.events)

    def _stay(self, state: VisitsState, events: list[Event]) -> None:
        """Add events, during which no visit begins or ends, to the open visits."""
        touchpoints, inside = self._touchpoints, _open(state)
        met, channels = 0, []
        for event in events:
            kind = event.type
            if kind in touchpoints:
                met += 1
                if event.channel is not None and event.channel not in channels:
                    channels.append(event.channel)
            elif kind == "work.completed":
                _spend(inside, cast(WorkCompleted, event.data))
        for visit in inside:
            visit.touchpoints += met
            visit.channels += [channel for channel in channels if channel not in visit.channels]

    def rows(self, state: VisitsState) -> list[Row]:
        return [
            *(_row("primary", number, visit) for number, visit in enumerate(state.primary, 1)),
            *(_row("overlay", number, visit) for number, visit in enumerate(state.overlay, 1)),
        ]


def _open(state: VisitsState) -> list[Visit]:
    return [*state.primary[-1:], *(state.overlay[place] for place in state.open)]


def _turn(state: VisitsState, stretch: Stretch, move: Move) -> None:
    """Leave and enter as this move says: an overlay that is left and entered at once is what `overlays` says."""
    event = stretch.events[0]
    if move.entered is not None:
        if state.primary:
            state.primary[-1].left_at = move.entered.at
        state.primary.append(_visit(move.entered, event, stretch.segments))
    for stage in move.overlays_left:
        _leave(state, stage, event.at)
    for entry in move.overlays_entered:
        _leave(state, entry.stage, event.at)
        state.open.append(len(state.overlay))
        state.overlay.append(_visit(entry, event, stretch.segments))
        if entry.stage not in stretch.overlays:
            _leave(state, entry.stage, event.at)


def _visit(entry: Entry, event: Event, segments: str) -> Visit:
    return Visit(entry, event.channel or "", event.department or "", segments)


def _leave(state: VisitsState, stage: str, at: int) -> None:
    for place in state.open:
        if state.overlay[place].entered.stage == stage:
            state.overlay[place].left_at = at
    state.open = [place for place in state.open if state.overlay[place].left_at is None]


def _spend(inside: list[Visit], work: WorkCompleted) -> None:
    for visit in inside:
        visit.minutes += work.minutes or 0.0
        if work.cost is not None:
            currency = work.currency or ""
            visit.cost[currency] = visit.cost.get(currency, 0) + ten_thousandths(work.cost)


def _row(track: str, number: int, visit: Visit) -> Row:
    entered = visit.entered
    return (
        track,
        number,
        entered.stage,
        entered.at,
        visit.left_at,
        entered.cycle,
        entered.transition,
        canonical(entered.skipped),
        entered.rule,
        canonical(entered.evidence),
        visit.touchpoints,
        canonical(sorted(visit.channels)),
        visit.minutes,
        canonical(visit.cost),
        visit.channel,
        visit.department,
        visit.segments,
    )


IGNORED = frozenset(
    {
        "identity",
        "case.opened", "case.triaged", "case.assigned", "case.reassigned", "case.in_progress",
        "case.awaiting_customer", "case.awaiting_third_party", "case.awaiting_internal", "case.escalated",
        "case.resolved", "case.reopened", "case.closed", "case.progressed", "work.scheduled", "work.started",
        "awareness", "consideration", "purchase", "onboarding", "use", "interaction", "voice",
        "renewal", "advocacy", "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

VISITS: Projection[VisitsState] = Projection(
    name="stage_visits",
    version=2,
    columns=(
        Column("track", "text"),
        Column("number", "integer"),
        Column("stage", "text"),
        Column("entered_at", "instant"),
        Column("left_at", "instant", nullable=True),
        Column("cycle", "integer"),
        Column("transition", "text"),
        Column("skipped", "json"),
        Column("rule", "text", nullable=True),
        Column("evidence", "json"),
        Column("touchpoints", "integer"),
        Column("channels", "json"),
        Column("minutes", "real"),
        Column("cost", "json"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
    ),
    key=("track", "number"),
    state=VisitsState,
    bind=VisitsFold,
    handles=frozenset({"work.completed"}),
    ignores=IGNORED,
)
