"""Opportunities: everything a customer tried that the channel does not support.

The channel is the one that was tried: the event's own field, else the envelope's; likewise the reason. Whether it was
within opening hours is told only where the registry has the channel's hours and the time of day is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.events.interaction import OpportunityUnsupported
from ledger.journey.calendar import LocalCalendar
from ledger.journey.context import Context
from ledger.journey.hours import is_open, spans
from ledger.journey.stretch import Stretch
from ledger.projections.shape import COMPANY, Column, Projection, Row

Event = RecordedEvent[Data]


class OpportunitiesState(Struct, array_like=True, gc=False):
    """The rows of one customer's unsupported opportunities, in the order of the fold."""

    opportunities: list[Row] = []


class OpportunitiesFold:
    """Keeps each opportunity with where the journey stood, and whether the channel was open."""

    def __init__(self, context: Context) -> None:
        self._clock = LocalCalendar(context.zone).clock
        self._hours = {
            name: spans(channel.hours) for name, channel in context.channels.items() if channel.hours is not None
        }

    def initial(self) -> OpportunitiesState:
        return OpportunitiesState()

    def evolve(self, state: OpportunitiesState, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            for event in stretch.events:
                if event.type == "opportunity.unsupported":
                    state.opportunities.append(self._row(event, stretch))

    def rows(self, state: OpportunitiesState) -> list[Row]:
        return [tuple(row) for row in state.opportunities]

    def _row(self, event: Event, stretch: Stretch) -> Row:
        data = cast(OpportunityUnsupported, event.data)
        channel = data.channel or event.channel or ""
        return (
            event.source,
            event.event_id,
            event.at,
            channel,
            data.reason or event.reason or "",
            stretch.stage or "",
            stretch.cycle,
            event.department or "",
            stretch.segments,
            event.interaction_id or "",
            self._within_hours(channel, event),
        )

    def _within_hours(self, channel: str, event: Event) -> int | None:
        hours = self._hours.get(channel)
        if hours is None or event.time_precision in ("date", "unknown"):
            return None
        return int(is_open(hours, self._clock(event.at)))


IGNORED = frozenset(
    {
        "identity",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "interaction.completed", "interaction.abandoned",
        "awareness", "consideration", "purchase", "onboarding", "use", "support", "voice", "renewal", "advocacy",
        "termination", "winback", "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

OPPORTUNITIES: Projection[OpportunitiesState] = Projection(
    name="opportunities",
    version=2,
    columns=(
        Column("source", "text"),
        Column("event_id", "text"),
        Column("at", "instant"),
        Column("channel", "text"),
        Column("reason", "text"),
        Column("stage", "text"),
        Column("cycle", "integer"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("interaction_id", "text"),
        Column("within_hours", "integer", nullable=True),
    ),
    key=("source", "event_id"),
    state=OpportunitiesState,
    bind=OpportunitiesFold,
    handles=frozenset({"opportunity.unsupported"}),
    ignores=IGNORED,
    sparse=True,
)
