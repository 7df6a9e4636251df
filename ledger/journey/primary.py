"""The primary track: one stage at a time, entered outright or by a rule."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.journey.definition import Journey
from ledger.journey.indicators import Completed, Event
from ledger.journey.moment import Entry, Evidence
from ledger.journey.state import TrackerState
from ledger.journey.transitions import Step, steps_of


class PrimaryTrack:
    """Moves customers between the primary stages of one journey."""

    def __init__(self, journey: Journey) -> None:
        self.stages = frozenset(journey.primary)
        self.steps = steps_of(journey)

    def enter(self, state: TrackerState, stage: str, event: Event, completed: Iterable[Completed]) -> Entry | None:
        """Enter the stage that the event says outright; None when the customer is in it already.

        Going back is no regress but a restart where the same event, by its rules alone, would have restarted.
        """
        step = self.steps[state.stage].get(stage)
        if step is None:
            return None
        if step.backwards and any(told.rule.stage == stage and told.rule.restarts for told, _ in completed):
            step = _RESTART
        return _entered(state, stage, step, event, None, ((event.source, event.event_id),))

    def infer(self, state: TrackerState, event: Event, completed: Iterable[Completed]) -> Entry | None:
        """Enter the stage of the first completed rule that may be followed; None when the customer stays.

        A rule for the stage the customer is in is followed by staying. One for an earlier stage is passed over,
        unless it may regress or restarts.
        """
        for indicator, evidence in completed:
            rule = indicator.rule
            if rule.stage not in self.stages:
                continue
            if rule.stage == state.stage:
                return None
            step = self.steps[state.stage][rule.stage]
            if step.backwards:
                if rule.restarts:
                    step = _RESTART
                elif not rule.regress:
                    continue
            indicator.spend(state.parts)
            return _entered(state, rule.stage, step, event, rule.name, evidence)
        return None


_RESTART = Step("restart", cycles=1)


def _entered(state: TrackerState, stage: str, step: Step, event: Event, rule: str | None, evidence: Evidence) -> Entry:
    state.stage = stage
    state.cycle += step.cycles
    return Entry(
        stage=stage,
        at=event.at,
        cycle=state.cycle,
        transition=step.kind,
        rule=rule,
        evidence=evidence,
        skipped=step.skipped,
    )
