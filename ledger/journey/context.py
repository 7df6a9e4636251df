"""Everything a fold needs to know beside the events, compiled once: journey, channels, types and zone."""

from __future__ import annotations

from hashlib import sha256
from zoneinfo import ZoneInfo

from msgspec import json

from ledger.errors import InvalidDefinition
from ledger.events.vocabulary import Vocabulary
from ledger.journey.calendar import LocalCalendar
from ledger.journey.channels import Assistance, ChannelRegistry
from ledger.journey.checks import breaches
from ledger.journey.definition import Condition, Journey, Rule


class Context:
    """The journey, channel registry, vocabulary and time zone that projections are bound to.

    `rules` are the journey's, then one for each company type that says which stage it indicates. Raises
    InvalidDefinition when the journey cannot be run with that vocabulary.
    """

    def __init__(
        self,
        journey: Journey,
        channels: ChannelRegistry,
        vocabulary: Vocabulary,
        zone: ZoneInfo | None = None,
    ) -> None:
        if problems := breaches(journey, vocabulary):
            raise InvalidDefinition(f"journey {journey.name!r}", problems)
        self.journey = journey
        self.channels = channels
        self.vocabulary = vocabulary
        self.zone = zone or ZoneInfo(journey.zone)
        self.rules = journey.rules + _rules_of_types(vocabulary)
        self._calendar = LocalCalendar(self.zone)
        self._assistance = {name: channel.assistance for name, channel in channels.items()}
        self.day = self._calendar.day
        self.month = self._calendar.month
        self.month_around = self._calendar.month_around

    @property
    def hash(self) -> str:
        """The sha256 of all that can change what a fold makes of the same events, in hexadecimal."""
        company = sorted((t.name, t.family, t.stage or "") for t in self.vocabulary.values() if t.company)
        parts = (self.journey.hash, self.channels.hash, self.zone.key, company)
        return sha256(json.encode(parts)).hexdigest()

    def assistance(self, channel: str | None) -> Assistance | None:
        """Return whether a human of ours takes part in that channel; None where the registry does not know it."""
        return self._assistance.get(channel) if channel is not None else None


def _rules_of_types(vocabulary: Vocabulary) -> tuple[Rule, ...]:
    return tuple(
        Rule(name=f"type {name}", stage=event_type.stage, conditions=(Condition(type=name),))
        for name, event_type in sorted(vocabulary.items())
        if event_type.stage is not None
    )
