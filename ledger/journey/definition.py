"""What a journey is: its stages in order and the rules that infer them, as one immutable value with a hash."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from msgspec import Struct, json

Track = Literal["primary", "overlay"]

HeldBy = Literal["case_id", "interaction_id", "touchpoint_id"]

Scalar = str | int | float | bool


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a customer can stand.

    Primary stages stand in the journey's order and exclude each other; overlays run beside them. `terminal`
    ends a cycle, `win_back` begins another. An overlay with `held_by` stays open while any of the values of
    that envelope field (`case_id`) that opened it has not been closed.
    """

    name: str
    track: Track = "primary"
    terminal: bool = False
    win_back: bool = False
    held_by: HeldBy | None = None


class Predicate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one field of an event must be: equal, one of a list, or within bounds (both included).

    `field` is an envelope field (`direction`, `actor.type`) or an own field (`data.score`). An absent field
    meets no predicate.
    """

    field: str
    equals: Scalar | None = None
    one_of: tuple[Scalar, ...] = ()
    min: int | float | None = None
    max: int | float | None = None


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Events of one type that meet every predicate, at least `count` of them."""

    type: str
    where: tuple[Predicate, ...] = ()
    count: int = 1


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What indicates a stage: conditions of which `at_least` (None: all) are met `within` microseconds (None: ever).

    A rule that would take the customer to an earlier stage is ignored, unless it may `regress` or `restarts`
    the cycle. `leaves` makes it close an overlay instead of opening it.
    """

    name: str
    stage: str
    conditions: tuple[Condition, ...]
    at_least: int | None = None
    within: int | None = None
    leaves: bool = False
    regress: bool = False
    restarts: bool = False


class Journey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The stages a company's customers pass through, how each is entered, and the zone its days are counted in."""

    name: str
    version: int
    zone: str
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def canonical(self) -> bytes:
        """The content as canonical JSON: sorted keys, no spaces, defaults left out."""
        return json.encode(self, order="sorted")

    @property
    def hash(self) -> str:
        """The sha256 of the canonical content, in hexadecimal."""
        return sha256(self.canonical).hexdigest()

    @property
    def primary(self) -> tuple[str, ...]:
        """The names of the primary stages, in order."""
        return tuple(stage.name for stage in self.stages if stage.track == "primary")

    @property
    def overlays(self) -> tuple[str, ...]:
        """The names of the overlays, in order."""
        return tuple(stage.name for stage in self.stages if stage.track == "overlay")
