"""Where a customer's journey stands, event by event: explicit stages first, then the rules."""

from __future__ import annotations

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.journey.context import Context
from ledger.journey.moment import Moment


class TrackerState(Struct, kw_only=True):
    """Where the journey of one customer stands; it survives msgspec's encoders."""

    stage: str | None = None
    cycle: int = 1


class Tracker:
    """Follows customers through the journey of one context; it keeps no customer of its own."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def initial(self) -> TrackerState:
        """Return the state before the first event."""
        return TrackerState()

    def advance(self, state: TrackerState, events: list[RecordedEvent[Data]]) -> list[Moment]:
        """Take `events` (in fold order, all later than any the state has seen) into the state, one moment each."""
        return [Moment(event=event, stage=state.stage, cycle=state.cycle) for event in events]
