"""Everything a fold needs to know beside the events, compiled once: journey, channels, types and zone."""

from __future__ import annotations

from hashlib import sha256
from zoneinfo import ZoneInfo

from ledger.errors import InvalidDefinition, Problem
from ledger.events.vocabulary import EventType, Vocabulary
from ledger.journey.calendar import LocalCalendar
from ledger.journey.channels import Assistance, ChannelRegistry
from ledger.journey.definition import Condition, Journey, Rule


class Context:
    """The journey, channel registry, vocabulary and time zone that projections are bound to.

    `rules` are the journey's, then one for each company type that says which stage it indicates. Raises
    InvalidDefinition when such a stage is not one of the journey's.
    """

    def __init__(
        self,
        journey: Journey,
        channels: ChannelRegistry,
        vocabulary: Vocabulary,
        zone: ZoneInfo | None = None,
    ) -> None:
        self.journey = journey
        self.channels = channels
        self.vocabulary = vocabulary
        self.zone = zone or ZoneInfo(journey.zone)
        self.rules = journey.rules + _rules_of_types(journey, vocabulary)
        self._calendar = LocalCalendar(self.zone)
        self._assistance = {name: channel.assistance for name, channel in channels.items()}
        self.day = self._calendar.day
        self.month = self._calendar.month

    @property
    def hash(self) -> str:
        """The sha256 of all that can change what a fold makes of the same events, in hexadecimal."""
        company = sorted(f"{rule.name}\0{rule.stage}" for rule in self.rules[len(self.journey.rules) :])
        parts = [self.journey.hash, self.channels.hash, str(self.zone), *company]
        return sha256("\n".join(parts).encode()).hexdigest()

    def assistance(self, channel: str | None) -> Assistance | None:
        """Return whether a human of ours takes part in that channel; None where the registry does not know it."""
        return self._assistance.get(channel) if channel is not None else None


def _rules_of_types(journey: Journey, vocabulary: Vocabulary) -> tuple[Rule, ...]:
    known = {stage.name for stage in journey.stages}
    types = sorted((t for t in vocabulary.values() if _stage(t)), key=lambda event_type: event_type.name)
    problems = [
        Problem(f"{t.name}.stage", f"{_stage(t)!r} is no stage of the journey {journey.name!r}: choose one of its stages")
        for t in types
        if _stage(t) not in known
    ]
    if problems:
        raise InvalidDefinition("types", problems)
    return tuple(
        Rule(name=f"type {t.name}", stage=_stage(t) or "", conditions=(Condition(type=t.name),)) for t in types
    )


def _stage(event_type: EventType) -> str | None:
    stage: str | None = getattr(event_type, "stage", None)
    return stage
