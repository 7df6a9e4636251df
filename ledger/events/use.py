"""Using what was bought: features, obstacles, highlights."""

from __future__ import annotations

from typing import Literal

from ledger.events.event import Data
from ledger.events.fields import Key, Number
from ledger.events.vocabulary import event_types


class UsageRecorded(Data, frozen=True, kw_only=True):
    """A customer used a feature, so many times or so much."""

    type = "usage.recorded"

    feature: Key
    quantity: Number | None = None


class ObstacleHit(Data, frozen=True, kw_only=True):
    """A customer hit an obstacle at a step, caused by people, process or technology."""

    type = "obstacle.hit"

    step: Key | None = None
    cause: Literal["people", "process", "technology"] | None = None


class ExperienceHighlighted(Data, frozen=True, kw_only=True):
    """A customer had an experience that stands out: a wow."""

    type = "experience.highlighted"


TYPES = event_types("use", UsageRecorded, ObstacleHit, ExperienceHighlighted)
