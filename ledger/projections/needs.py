"""Needs: every need a customer expressed, with when it was met, or stayed unmet.

A conclusion (met, unmet) is of the need of that name that its causation_id names, else of the oldest that has none yet.
Where all have one, a need met after all is the oldest of that name that stayed unmet. A conclusion that finds no such
need is a row of its own, never expressed as far as is known. In one instant (often a whole day) a conclusion may stand
before its need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.consideration import NeedExpressed, NeedMet, NeedUnmet
from ledger.events.event import Data, RecordedEvent
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class Need(Struct, array_like=True, gc=False):
    """One need; `expressed_at` is None where only its conclusion is known."""

    source: str
    event_id: str
    at: int
    expressed_at: int | None
    need: str
    manner: str
    stage: str
    cycle: int
    channel: str
    department: str
    segments: str
    met_at: int | None = None
    unmet_at: int | None = None


class NeedsState(Struct, array_like=True, gc=False):
    """The needs of one customer; by name, the places of those without a conclusion, and of those that stay unmet."""

    needs: list[Need] = []
    open: dict[str, list[int]] = {}
    unmet: dict[str, list[int]] = {}


class NeedsFold:
    """Pairs each need with its conclusion."""

    def __init__(self, context: Context) -> None:
        pass

    def initial(self) -> NeedsState:
        return NeedsState()

    def evolve(self, state: NeedsState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                kind = event.type
                if kind == "need.expressed":
                    _express(state, event, stretch)
                elif kind in CONCLUSIONS:
                    _conclude(state, event, stretch)

    def rows(self, state: NeedsState) -> list[Row]:
        return [
            (
                need.source,
                need.event_id,
                need.at,
                need.expressed_at,
                need.need,
                need.manner,
                need.stage,
                need.cycle,
                need.channel,
                need.department,
                need.segments,
                need.met_at,
                need.unmet_at,
            )
            for need in state.needs
        ]


def _express(state: NeedsState, event: Event, stretch: Stretch) -> None:
    need = _need(event, stretch, event.at)
    early = _concluded_at_once(state, need)
    if early is None:
        place = len(state.needs)
        state.needs.append(need)
    else:
        place = early
        need.met_at, need.unmet_at = state.needs[early].met_at, state.needs[early].unmet_at
        state.needs[early] = need
    if need.unmet_at is not None:
        state.unmet.setdefault(need.need, []).append(place)
    elif need.met_at is None:
        state.open.setdefault(need.need, []).append(place)


def _concluded_at_once(state: NeedsState, need: Need) -> int | None:
    """Return the place of the first conclusion of that name, in the same instant, that has found no need yet."""
    found = None
    for place in range(len(state.needs) - 1, -1, -1):
        earlier = state.needs[place]
        if earlier.at != need.at:
            break
        if earlier.expressed_at is None and earlier.need == need.need:
            found = place
    return found


def _conclude(state: NeedsState, event: Event, stretch: Stretch) -> None:
    met = event.type == "need.met"
    name = cast(NeedMet | NeedUnmet, event.data).need
    waiting = _waiting(state, name, event.causation_id, (state.open, state.unmet) if met else (state.open,))
    if waiting is not None:
        need = state.needs[waiting]
    else:
        need = _need(event, stretch, None)
        state.needs.append(need)
    if met:
        need.met_at = event.at
    else:
        need.unmet_at = event.at
        if waiting is not None:
            state.unmet.setdefault(name, []).append(waiting)


def _waiting(state: NeedsState, name: str, cause: str | None, queues: Sequence[dict[str, list[int]]]) -> int | None:
    """Take the place of the need that is named as the cause out of its queue, else of the oldest; None without any."""
    found = [
        (queue, place)
        for queue in queues
        for place in queue.get(name, ())
        if cause is not None and state.needs[place].event_id == cause
    ]
    found += [(queue, queue[name][0]) for queue in queues if name in queue]
    if not found:
        return None
    queue, place = found[0]
    queue[name].remove(place)
    if not queue[name]:
        del queue[name]
    return place


def _need(event: Event, stretch: Stretch, expressed_at: int | None) -> Need:
    data = cast(NeedExpressed | NeedMet | NeedUnmet, event.data)
    return Need(
        event.source,
        event.event_id,
        event.at,
        expressed_at,
        data.need,
        data.manner or "",
        stretch.stage or "",
        stretch.cycle,
        event.channel or "",
        event.department or "",
        stretch.segments,
    )


CONCLUSIONS = frozenset({"need.met", "need.unmet"})

IGNORED = frozenset(
    {
        "identity",
        "lead.qualified", "question.asked", "offer.created", "offer.made", "offer.responded", "offer.accepted",
        "offer.declined", "offer.withdrawn", "application.progressed", "application.declined",
        "application.cancelled",
        "awareness", "purchase", "onboarding", "use", "interaction", "support", "voice", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

NEEDS: Projection[NeedsState] = Projection(
    name="needs",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("expressed_at", "instant", nullable=True),
        Column("need", "text"),
        Column("manner", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("met_at", "instant", nullable=True),
        Column("unmet_at", "instant", nullable=True),
    ),
    key=("source", "event_id"),
    state=NeedsState,
    bind=NeedsFold,
    handles=frozenset({"need.expressed", *CONCLUSIONS}),
    ignores=IGNORED,
    sparse=True,
)
