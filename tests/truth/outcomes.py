"""Outcomes: how stays end, by plain counting over the visits the simulator intended."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import Any

from tests.truth.known import Known, Rows, one, split
from tests.truth.lives import Life

DAY = 86_400_000_000
HORIZON = 90 * DAY

Stay = tuple[int, str]
"""How long a stay was observed (µs), and for which stage it was left ('' while it went on)."""


def observed_until(lives: list[Life]) -> int:
    """Return when anything last occurred."""
    return max(event.at for life in lives for event in life.events)


def stays(lives: list[Life]) -> dict[str, list[Stay]]:
    """Return the stays in each stage."""
    until = observed_until(lives)
    found: dict[str, list[Stay]] = defaultdict(list)
    for life in lives:
        for visit, following in zip(life.visits, [*life.visits[1:], None], strict=True):
            if following is None:
                found[visit.stage].append((until - visit.entered_at, ""))
            else:
                found[visit.stage].append((following.entered_at - visit.entered_at, following.stage))
    return found


def _incidence(of: list[Stay], horizon: int) -> dict[str, float]:
    """Return the share of each exit, and of who stays, by walking through the times of all ends."""
    found: dict[str, float] = defaultdict(float)
    lasting = 1.0
    ended: dict[int, list[str]] = defaultdict(list)
    for lasted, to in of:
        if to and lasted <= horizon:
            ended[lasted].append(to)
    lengths = sorted(lasted for lasted, _ in of)
    for time, ends in sorted(ended.items()):
        at_risk = len(lengths) - bisect_left(lengths, time)
        for to in ends:
            found[to] += lasting / at_risk
        lasting *= 1 - len(ends) / at_risk
    return {**found, "none": lasting}


def _shares(lives: list[Life]) -> dict[Any, float]:
    told = stays(lives)
    shares = {(stage, to): share for stage in told for to, share in _incidence(told[stage], HORIZON).items()}
    never = {(stage, to): 0.0 for stage in told for _, to in told[stage] if to}
    return {**never, **shares}


def _longer(lives: list[Life]) -> dict[Any, int]:
    return {stage: sum(lasted > HORIZON for lasted, _ in of) for stage, of in stays(lives).items()}


def _cut_off(lives: list[Life]) -> dict[Any, int]:
    return {stage: sum(lasted <= HORIZON and not to for lasted, to in of) for stage, of in stays(lives).items()}


def _bought(rows: Rows) -> float:
    return float(one(rows, "share", stage="consideration", exit="purchase"))


def _purchased(lives: list[Life]) -> float:
    return _incidence(stays(lives)["consideration"], HORIZON)["purchase"]


COMMAND = "metrics stage_outcome --within 90d"

FIGURES = (
    Known(
        "The share of each exit from each stage within 90 days",
        COMMAND,
        lambda rows: split(rows, "share", "stage", "exit"),
        _shares,
    ),
    Known("Considerations that end in a purchase within 90 days", COMMAND, _bought, _purchased),
    Known(
        "Stays observed longer than 90 days, by stage",
        COMMAND,
        lambda rows: split(rows, "count", "stage", counted="at_risk"),
        _longer,
    ),
    Known(
        "Stays cut off before 90 days, by stage",
        COMMAND,
        lambda rows: split(rows, "count", "stage", counted="cut_off"),
        _cut_off,
    ),
)
