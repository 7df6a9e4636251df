"""The overlays: stages that run beside the primary track, each open for as long as something holds it open."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ledger.journey.definition import Journey, Rule, Stage
from ledger.journey.indicators import Completed, Event
from ledger.journey.moment import Entry, Evidence
from ledger.journey.state import TrackerState


class Shift(NamedTuple):
    """What an event opened and closed."""

    entered: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()


NOTHING = Shift()
"""What an event gives that opens and closes no overlay."""


class OverlayTracks:
    """Opens and closes the overlays of one journey."""

    def __init__(self, journey: Journey, rules: Iterable[Rule]) -> None:
        self.stages = {stage.name: stage for stage in journey.stages if stage.track == "overlay"}
        self._closers = {(condition.type, rule.stage) for rule in rules if rule.leaves for condition in rule.conditions}

    def says(self, event: Event, named: str | None) -> bool:
        """Say whether the event, which names that stage outright, enters an overlay by it.

        It does not when its type can close the overlay: a producer that stamps every event of a case
        with `support` does not mean that resolving it opens support again.
        """
        return named in self.stages and (event.type, named) not in self._closers

    def shift(
        self,
        state: TrackerState,
        event: Event,
        named: str | None,
        completed: Iterable[Completed],
        decided: Collection[str],
    ) -> Shift:
        """Open and close what the event says outright and then what its rules tell.

        An overlay in `decided` is said outright by an event of this instant: rules only keep its holders then.
        """
        entered: list[Entry] = []
        left: list[str] = []
        if named is not None and self.says(event, named):
            self._hold(state, named, event)
            entered += _open(state, named, event, None, ((event.source, event.event_id),))
        for indicator, evidence in completed:
            rule = indicator.rule
            if rule.stage not in self.stages:
                continue
            keep = self._release if rule.leaves else self._hold
            keep(state, rule.stage, event)
            if rule.stage in decided:
                continue
            opened = [] if rule.leaves else _open(state, rule.stage, event, rule.name, evidence)
            closed = _close(state, rule.stage) if rule.leaves else []
            if opened or closed:
                indicator.spend(state.parts)
            entered += opened
            left += closed
        return Shift(tuple(entered), tuple(left)) if entered or left else NOTHING

    def _hold(self, state: TrackerState, stage: str, event: Event) -> None:
        held = state.held.setdefault(stage, [])
        holder = _holder(self.stages[stage], event)
        if holder not in held:
            held.append(holder)

    def _release(self, state: TrackerState, stage: str, event: Event) -> None:
        """Let go what the event names, and what nobody could name: an opening that gave no case id."""
        gone = {_holder(self.stages[stage], event), ""}
        held = [holder for holder in state.held.get(stage, ()) if holder not in gone]
        if held:
            state.held[stage] = held
        else:
            state.held.pop(stage, None)


def _open(state: TrackerState, stage: str, event: Event, rule: str | None, evidence: Evidence) -> list[Entry]:
    if stage in state.overlays:
        return []
    state.overlays = (*state.overlays, stage)
    return [Entry(stage=stage, at=event.at, cycle=state.cycle, transition="overlay", rule=rule, evidence=evidence)]


def _close(state: TrackerState, stage: str) -> list[str]:
    if stage not in state.overlays or state.held.get(stage):
        return []
    state.overlays = tuple(still for still in state.overlays if still != stage)
    return [stage]


def _holder(stage: Stage, event: Event) -> str:
    return (getattr(event, stage.held_by) or "") if stage.held_by else ""
