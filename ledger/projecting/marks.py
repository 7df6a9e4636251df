"""Where the states of customers with many events are kept: densely near their last event, ever more seldom before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ledger.events.event import Data, RecordedEvent

MANY = 2_000
"""Events of one customer beyond which earlier states are kept; folding fewer anew costs too little to spare it."""

STEP = 1_000
"""Events between the last one and the latest earlier state, and between two of these at least."""

Events = Sequence[RecordedEvent[Data]]


def wanted(events: int) -> Iterator[int]:
    """Yield after how many of a customer's events a state is to be kept, the latest first.

    Whatever arrives late costs the events after it, and half as many again, or a step.
    """
    place = events
    while (place := place - _gap(place, events)) > 0:
        yield place


def thinned(places: Iterable[int], events: int) -> set[int]:
    """Return which of the places suffice: those without which a gap would be wider than where it is is allowed."""
    ordered = [*sorted(places, reverse=True), 0]
    kept: set[int] = set()
    newer = events
    for place, older in pairwise(ordered):
        if newer - older > _gap(newer, events):
            kept.add(place)
            newer = place
    return kept


def cuts(events: Events, seen: int) -> list[int]:
    """Return where to cut a customer's events, which follow `seen` others, so that a state is kept at each cut.

    No instant is cut in two.
    """
    found = set()
    for place in wanted(seen + len(events)):
        cut = place - seen
        while cut > 0 and events[cut - 1].at == events[cut].at:
            cut -= 1
        if cut > 0:
            found.add(cut)
    return sorted(found)


def _gap(place: int, events: int) -> int:
    return max(STEP, (events - place) // 2)
