"""The events of a customer among which nothing moves: stage, cycle, overlays and segments stand still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent
from ledger.journey.moment import Entry, Moment


class Move(Struct, frozen=True, kw_only=True, gc=False):
    """What one event moved: the entry on the primary track, and what was opened and closed beside it.

    `unknown_stage` is the stage it named outright when the journey has no such stage: it moved nothing.
    """

    entered: Entry | None = None
    overlays_entered: tuple[Entry, ...] = ()
    overlays_left: tuple[str, ...] = ()
    unknown_stage: str | None = None


class Stretch(Struct, gc=False):
    """Consecutive events of one customer, at least one, and where the journey stood at all of them.

    `stage`, `cycle`, `overlays` and `segments` hold from the first event on. `move` is what the first event moved in
    the journey; None where it moved nothing: it placed the customer in a segment, or follows what an earlier call took.
    """

    events: list[RecordedEvent[Data]]
    stage: str | None
    cycle: int
    overlays: tuple[str, ...]
    segments: str
    move: Move | None = None

    def moments(self) -> Iterator[Moment]:
        """Yield a moment for each event."""
        move = self.move or _NO_MOVE
        for event in self.events:
            yield Moment(
                event=event,
                stage=self.stage,
                cycle=self.cycle,
                entered=move.entered,
                overlays=self.overlays,
                overlays_entered=move.overlays_entered,
                overlays_left=move.overlays_left,
                unknown_stage=move.unknown_stage,
            )
            move = _NO_MOVE


_NO_MOVE = Move()


def first_met(events: Iterable[RecordedEvent[Data]]) -> int | None:
    """Return when the first event occurred (µs since 1970), None where there is none.

    To be placed in a segment is none: it stands where it is valid from, which may be long before the customer came.
    """
    return next((event.at for event in events if event.type != "customer.segment_assigned"), None)
