"""Short ways to tell a customer's history: recorded events, contexts, and what the tracker makes of them."""

from __future__ import annotations

from typing import Any

from ledger.events import VOCABULARY
from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType
from ledger.journey.channels import default_channels
from ledger.journey.context import Context
from ledger.journey.definition import Journey
from ledger.journey.moment import Moment
from ledger.journey.reading import effective
from ledger.journey.tracker import Tracker
from ledger.schemas.journey import default_journey, journey_from_toml

HOUR = 3_600_000_000
DAY = 24 * HOUR

STAGES = """
name = "test"
version = 1
zone = "UTC"
stages = [
    { name = "awareness" },
    { name = "consideration" },
    { name = "purchase" },
    { name = "onboarding" },
    { name = "use" },
    { name = "renewal" },
    { name = "termination", terminal = true },
    { name = "win_back", win_back = true },
    { name = "support", track = "overlay", held_by = "case_id" },
    { name = "advocacy", track = "overlay" },
]
"""

Event = RecordedEvent[Data]


def event(type_: str, at: int = 0, event_id: str | None = None, *, source: str = "crm", **envelope: Any) -> Event:
    """Return a recorded event; `data_…` arguments are its own fields."""
    own = {name.removeprefix("data_"): envelope.pop(name) for name in list(envelope) if name.startswith("data_")}
    return RecordedEvent(
        event_id=event_id or f"{type_}@{at}",
        source=source,
        type=type_,
        occurred_at=envelope.pop("occurred_at", ""),
        at=at,
        data=VOCABULARY[type_].data(**own),
        **envelope,
    )


def entering(stage: str, at: int, event_id: str | None = None, **envelope: Any) -> Event:
    """Return an event that says a stage outright."""
    return event("stage.entered", at, event_id, data_stage=stage, **envelope)


def journey(rules: str = "") -> Journey:
    """Return a journey of the default stages with these rules."""
    return journey_from_toml(STAGES + rules, VOCABULARY)


def context(rules: str | None = None, *types: EventType) -> Context:
    """Return a context of the default journey, or of one with these rules."""
    made = default_journey() if rules is None else journey(rules)
    return Context(made, default_channels(), VOCABULARY.extended(types))


def moments(events: list[Event], rules: str | None = None) -> list[Moment]:
    """Return what the tracker makes of a customer's events."""
    tracker = Tracker(context(rules))
    return tracker.advance(tracker.initial(), effective(events))


def path(events: list[Event], rules: str | None = None) -> list[tuple[str, str, int]]:
    """Return the primary stages entered: stage, transition, cycle."""
    entries = [moment.entered for moment in moments(events, rules)]
    return [(entry.stage, entry.transition, entry.cycle) for entry in entries if entry is not None]
