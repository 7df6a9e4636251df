"""A planned journey: the steps a customer is meant to take, in order, to hold the actual journeys against."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from msgspec import Struct, json

from ledger.journey.definition import Journey

Sort = Literal["stage", "touchpoint", "type"]
"""What the steps of a plan are: stages, touchpoints (a touchpoint_id, else a type), or types of event."""

Per = Literal["customer", "cycle", "case"]
"""What goes through the plan: a customer, one cycle of a customer's journey, or a case."""


class PlannedStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A step of a plan.

    It may be left out where it is `optional`, and taken again where it is `repeatable`. `within` is how long (µs) it
    may take from the step before it.
    """

    name: str
    optional: bool = False
    repeatable: bool = False
    within: int | None = None


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Steps in order. `closed` says that nothing else of their sort may happen; `within` (µs) is the time for all."""

    sort: Sort
    per: Per
    closed: bool
    steps: tuple[PlannedStep, ...]
    within: int | None = None

    @property
    def canonical(self) -> bytes:
        """The content as canonical JSON: sorted keys, no spaces, defaults left out."""
        return json.encode(self, order="sorted")

    @property
    def hash(self) -> str:
        """The sha256 of the canonical content, in hexadecimal."""
        return sha256(self.canonical).hexdigest()


def plan_of(journey: Journey) -> Plan:
    """Return the plan that a journey is: its primary stages up to the last that is neither an end nor a return."""
    primary = [stage for stage in journey.stages if stage.track == "primary"]
    while primary and (primary[-1].terminal or primary[-1].win_back):
        primary.pop()
    steps = tuple(PlannedStep(name=stage.name) for stage in primary)
    return Plan(sort="stage", per="cycle", closed=True, steps=steps)
