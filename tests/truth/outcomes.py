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


def _stays(lives: list[Life]) -> dict[str, list[Stay]]:
    until = observed_until(lives)
    stays: dict[str, list[Stay]] = defaultdict(list)
    for life in lives:
        for visit, following in zip(life.visits, [*life.visits[1:], None], strict=True):
            if following is None:
                stays[visit.stage].append((until - visit.entered_at, ""))
            else:
                stays[visit.stage].append((following.entered_at - visit.entered_at, following.stage))
    return stays


def _incidence(stays: list[Stay], horizon: int) -> dict[str, float]:
    """Return the share of each exit, and of who stays, by walking through the times of all ends."""
    found: dict[str, float] = defaultdict(float)
    lasting = 1.0
    ended: dict[int, list[str]] = defaultdict(list)
    for lasted, to in stays:
        if to and lasted <= horizon:
            ended[lasted].append(to)
    lengths = sorted(lasted for lasted, _ in stays)
    for time, ends in sorted(ended.items()):
        at_risk = len(lengths) - bisect_left(lengths, time)
        for to in ends:
            found[to] += lasting / at_risk
        lasting *= 1 - len(ends) / at_risk
    return {**found, "none": lasting}


def _shares(lives: list[Life]) -> dict[Any, float]:
    stays = _stays(lives)
    shares = {(stage, to): share for stage in stays for to, share in _incidence(stays[stage], HORIZON).items()}
    never = {(stage, to): 0.0 for stage in stays for _, to in stays[stage] if to}
    return {**never, **shares}


def _longer(lives: list[Life]) -> dict[Any, int]:
    return {stage: sum(lasted > HORIZON for lasted, _ in stays) for stage, stays in _stays(lives).items()}


def _cut_off(lives: list[Life]) -> dict[Any, int]:
    return {stage: sum(lasted <= HORIZON and not to for lasted, to in stays) for stage, stays in _stays(lives).items()}


def _bought(rows: Rows) -> float:
    return float(one(rows, "share", stage="consideration", exit="purchase"))


def _purchased(lives: list[Life]) -> float:
    return _incidence(_stays(lives)["consideration"], HORIZON)["purchase"]


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
