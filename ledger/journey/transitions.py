"""How the customer goes from one primary stage to another: the kind of every possible step, once and for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ledger.journey.definition import Journey, Stage
from ledger.journey.moment import Transition


class Step(NamedTuple):
    """A way from one stage to another.

    `cycles` is what it adds to the cycle. `backwards` says that the stage entered comes earlier in the journey,
    so that only a rule that may do so takes it.
    """

    kind: Transition
    skipped: tuple[str, ...] = ()
    cycles: int = 0
    backwards: bool = False


Steps = Mapping[str | None, Mapping[str, Step]]
"""`steps[from][to]`; None is before any stage. A stage leads nowhere by itself: `steps[a]` has no `a`."""


def steps_of(journey: Journey) -> Steps:
    """Return every step between the journey's primary stages."""
    stages = [stage for stage in journey.stages if stage.track == "primary"]
    table: dict[str | None, dict[str, Step]] = {None: {stage.name: _first(stages, stage) for stage in stages}}
    for here in stages:
        table[here.name] = {there.name: _step(stages, here, there) for there in stages if there is not here}
    return table


def _first(stages: list[Stage], there: Stage) -> Step:
    if there.win_back:
        return Step("win_back")
    skipped = _passed(stages[: stages.index(there)])
    if there.terminal:
        return Step("terminal", skipped)
    return Step("skip", skipped) if skipped else Step("advance")


def _step(stages: list[Stage], here: Stage, there: Stage) -> Step:
    begin, end = stages.index(here), stages.index(there)
    skipped = _passed(stages[begin + 1 : end])
    if there.win_back:
        return Step("win_back", cycles=1)
    if there.terminal:
        return Step("terminal", skipped)
    if here.win_back:
        return Step("advance")
    if here.terminal:
        return Step("restart", cycles=1, backwards=end < begin)
    if end < begin:
        return Step("regress", backwards=True)
    return Step("skip", skipped) if skipped else Step("advance")


def _passed(stages: list[Stage]) -> tuple[str, ...]:
    # Nobody is expected to pass through an end or a return, so jumping over one skips nothing.
    return tuple(stage.name for stage in stages if not (stage.terminal or stage.win_back))
