"""Where a customer's journey stands, event by event: explicit stages first, then the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ledger.errors import InvalidArgument
from ledger.events.control import StageEntered
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerSegmentAssigned
from ledger.journey.context import Context
from ledger.journey.indicators import Completed, Event, Indicator, Memory, Single, indicators
from ledger.journey.moment import Moment
from ledger.journey.overlays import NOTHING, OverlayTracks
from ledger.journey.primary import PrimaryTrack
from ledger.journey.segments import with_segment
from ledger.journey.state import TrackerState
from ledger.journey.stretch import Move, Stretch

__all__ = ["Tracker", "TrackerState"]

STAGE_ENTERED = StageEntered.type
SEGMENT_ASSIGNED = CustomerSegmentAssigned.type

_PRIMARY = ""
"""The primary track, among the tracks that explicit stages decide; an overlay is a track by its own name."""


class Tracker:
    """Follows customers through the journey of one context; it keeps no customer of its own."""

    def __init__(self, context: Context) -> None:
        self._primary = PrimaryTrack(context.journey)
        self._overlays = OverlayTracks(context.journey, context.rules)
        self._kinds = indicators(context.rules, context.vocabulary)
        self._beside = {
            name
            for name, kinds in self._kinds.items()
            if any(told.rule.stage in self._overlays.stages for told in kinds)
        }
        # Per stage, what each type can tell there; a type that can tell nothing costs one lookup.
        self._telling = {here: self._telling_in(here) for here in self._primary.steps}

    def initial(self) -> TrackerState:
        """Return the state before the first event."""
        return TrackerState()

    def advance(self, state: TrackerState, events: list[RecordedEvent[Data]]) -> list[Moment]:
        """Take `events` into the state as `follow` does, and return a moment for each, in their order."""
        return [moment for stretch in self.follow(state, events) for moment in stretch.moments()]

    def follow(self, state: TrackerState, events: list[RecordedEvent[Data]]) -> list[Stretch]:
        """Take `events` into the state and return them in stretches: a new one begins where anything moves.

        The events are one customer's, in the order of the fold, and all later than any the state has seen: a
        whole instant is looked at together, because an explicit stage wins in it. Raises InvalidArgument when
        the first is not later.
        """
        if not events:
            return []
        _refuse_earlier(state, events[0])
        decided = self._decided(events)
        stretches: list[Stretch] = []
        begin, stretch, telling = 0, _standing(state), self._telling[state.stage]
        for place, event in enumerate(events):
            told = telling.get(event.type)
            # A hint at the stage the customer is in says nothing new.
            if told is None and (event.stage_hint is None or event.stage_hint == stretch.stage):
                continue
            completed = _completed(told, state.parts, state.seen + place, event) if told else []
            named = _named(event)
            placed = _placed(state, event)
            if not completed and named is None and not placed:
                continue
            move = self._moved(state, event, named, completed, decided.get(event.at, ()))
            if move is not None or placed:
                if begin < place:
                    stretch.events = events[begin:place]
                    stretches.append(stretch)
                begin, stretch, telling = place, _standing(state, move), self._telling[state.stage]
        stretch.events = events[begin:]
        stretches.append(stretch)
        state.seen += len(events)
        state.last_at = events[-1].at
        return stretches

    def _moved(
        self,
        state: TrackerState,
        event: Event,
        named: str | None,
        completed: Sequence[Completed],
        decided: Collection[str],
    ) -> Move | None:
        """Move the customer as the event says, by the stage it names outright or by the rules it completes.

        `decided` are the tracks that explicit stages decide at its instant.
        """
        if named in self._primary.stages:
            entered = self._primary.enter(state, named, event, completed)
        elif _PRIMARY in decided:
            entered = None
        else:
            entered = self._primary.infer(state, event, completed)
        shift = NOTHING
        if named is not None or event.type in self._beside:
            shift = self._overlays.shift(state, event, named, completed, decided)
        unknown = None if named is None or self._known(named) else named
        if entered is None and shift is NOTHING and unknown is None:
            return None
        return Move(entered=entered, overlays_entered=shift.entered, overlays_left=shift.left, unknown_stage=unknown)

    def _decided(self, events: list[Event]) -> dict[int, set[str]]:
        """Return, for each instant in which a stage is said outright, the tracks decided by it."""
        decided: dict[int, set[str]] = {}
        for event in [event for event in events if event.stage_hint is not None or event.type == STAGE_ENTERED]:
            named = _named(event)
            if named in self._primary.stages:
                decided.setdefault(event.at, set()).add(_PRIMARY)
            elif named is not None and self._overlays.says(event, named):
                decided.setdefault(event.at, set()).add(named)
        return decided

    def _known(self, stage: str) -> bool:
        return stage in self._primary.stages or stage in self._overlays.stages

    def _telling_in(self, here: str | None) -> dict[str, tuple[Indicator, ...]]:
        telling: dict[str, tuple[Indicator, ...]] = {STAGE_ENTERED: (), SEGMENT_ASSIGNED: ()}
        for name, kinds in self._kinds.items():
            useful = [indicator for indicator in kinds if self._reachable(here, indicator)]
            primary = [indicator for indicator in useful if indicator.rule.stage in self._primary.stages]
            # To say that the customer is where they are keeps later rules from moving them: the last says nothing.
            while primary and self._stays(here, primary[-1]):
                useful.remove(primary.pop())
            if useful:
                telling[name] = tuple(useful)
        return telling

    def _reachable(self, here: str | None, indicator: Indicator) -> bool:
        """Say whether a customer who stands here could follow the rule, or stay by it."""
        rule = indicator.rule
        step = self._primary.steps[here].get(rule.stage)
        return step is None or not step.backwards or rule.regress or rule.restarts

    def _stays(self, here: str | None, indicator: Indicator) -> bool:
        return isinstance(indicator, Single) and indicator.rule.stage == here


def _standing(state: TrackerState, move: Move | None = None) -> Stretch:
    """Return a stretch that begins where the state stands; its events are yet to come."""
    return Stretch([], state.stage, state.cycle, state.overlays, state.segments, move)


def _completed(told: Iterable[Indicator], parts: Memory, number: int, event: Event) -> list[Completed]:
    """Return the rules that the event completes, each with its evidence; keep it for those it may complete later."""
    completed: list[Completed] = []
    for indicator in told:
        evidence = indicator.evidence(parts, number, event)
        if evidence is not None:
            completed.append((indicator, evidence))
    return completed


def _placed(state: TrackerState, event: Event) -> bool:
    """Place the customer in the segment the event assigns, if any; say whether they were not in it before."""
    if not isinstance(event.data, CustomerSegmentAssigned):
        return False
    before = state.segments
    state.segments = with_segment(before, event.data.scheme, event.data.segment)
    return state.segments != before


def _named(event: Event) -> str | None:
    """Return the stage the event says outright, if any."""
    if isinstance(event.data, StageEntered):
        return event.data.stage or None
    return event.stage_hint


def _refuse_earlier(state: TrackerState, first: Event) -> None:
    if state.last_at is not None and first.at <= state.last_at:
        raise InvalidArgument(
            f"event {first.event_id!r} of source {first.source!r} is not later than the last one tracked: "
            "fold the whole customer again"
        )
