"""The driver: one customer's events through the tracker and all projections in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from types import GenericAlias
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.msgpack import Decoder, Encoder

from ledger.events.compiling import compiled
from ledger.events.event import Data, RecordedEvent
from ledger.journey.context import Context
from ledger.journey.state import TrackerState
from ledger.journey.stretch import Stretch
from ledger.journey.tracker import Tracker
from ledger.projections import PROJECTIONS
from ledger.projections.fingerprint import fingerprint
from ledger.projections.shape import Projection, Row

STATE_FORMAT = 1
"""The version of the way states are stored."""


class CustomerState(Struct, array_like=True):
    """All that is kept of one customer: the tracker's state and one of each projection; `at` is the last event's."""

    tracker: TrackerState
    folds: list[Any]
    at: int | None = None


class Folds:
    """The projections bound to one context. It keeps no customer of its own and may be used for many."""

    def __init__(self, context: Context, projections: Sequence[Projection[Any]] = PROJECTIONS) -> None:
        self.projections = tuple(projections)
        self._context = context
        self._tracker = Tracker(context)
        self._folds = [projection.bind(context) for projection in self.projections]
        self._evolve = [fold.evolve for fold in self._folds]
        self._dense = [place for place, projection in enumerate(self.projections) if not projection.sparse]
        self._routes = _routes(self.projections)
        self._encode = Encoder().encode

    def initial(self) -> CustomerState:
        """Return the state before a customer's first event."""
        return CustomerState(self._tracker.initial(), [fold.initial() for fold in self._folds])

    def feed(self, state: CustomerState, events: list[RecordedEvent[Data]]) -> None:
        """Take events into the state: effective, in the order of the fold, all later than any it has seen.

        Events of one instant belong into one call. Raises InvalidArgument when the first is not later.
        """
        if not events:
            return
        stretches = self._tracker.follow(state.tracker, events)
        evolve, states = self._evolve, state.folds
        for place in self._dense:
            evolve[place](states[place], stretches)
        for place, handled in _routed(self._routes, stretches).items():
            evolve[place](states[place], handled)
        state.at = events[-1].at

    def rows(self, state: CustomerState) -> dict[str, list[Row]]:
        """Return the customer's rows by the name of their projection."""
        return {
            projection.name: fold.rows(fold_state)
            for projection, fold, fold_state in zip(self.projections, self._folds, state.folds, strict=True)
        }

    def dump(self, state: CustomerState) -> bytes:
        """Return the state as bytes, for `load` of the same projections bound to the same context."""
        return self._mark + self._encode(state)

    def load(self, stored: bytes) -> CustomerState | None:
        """Return the state that `dump` wrote; None when another definition or format wrote it, so refold."""
        mark = self._mark
        if not stored.startswith(mark):
            return None
        try:
            tracker, folds, at = self._decoder.decode(memoryview(stored)[len(mark) :])
        except MsgspecError:
            return None
        return CustomerState(tracker, list(folds), at)

    def fingerprint(self, projection: Projection[Any]) -> str:
        """Return, as one text, all that the rows of that projection depend on beside the events."""
        return fingerprint(projection, self._context)

    @cached_property
    def _mark(self) -> bytes:
        made_by = [STATE_FORMAT, *(self.fingerprint(projection) for projection in self.projections)]
        return blake2b(repr(made_by).encode(), digest_size=8).digest()

    @cached_property
    def _decoder(self) -> Decoder[tuple[TrackerState, tuple[Struct, ...], int | None]]:
        folds = GenericAlias(tuple, tuple(projection.state for projection in self.projections))
        return Decoder(compiled(GenericAlias(tuple, (TrackerState, folds, int | None))))


Routes = dict[str, tuple[int, ...]]
"""Which sparse projections, by their places, are given the events of a type."""


def _routes(projections: Sequence[Projection[Any]]) -> Routes:
    routes: Routes = {}
    for place, projection in enumerate(projections):
        for name in projection.handles if projection.sparse else ():
            routes[name] = (*routes.get(name, ()), place)
    return routes


def _routed(routes: Routes, stretches: Sequence[Stretch]) -> dict[int, list[Stretch]]:
    """Return for each sparse projection the stretches of what it handles; looking once for all is what they save."""
    found: dict[int, list[Stretch]] = {}
    places_of = routes.get
    for stretch in stretches:
        mine: dict[int, Stretch] = {}
        for event in stretch.events:
            for place in places_of(event.type, ()):
                if place in mine:
                    mine[place].events.append(event)
                else:
                    mine[place] = Stretch([event], stretch.stage, stretch.cycle, stretch.overlays, stretch.segments)
                    found.setdefault(place, []).append(mine[place])
    return found
