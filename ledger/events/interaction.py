"""Two-way contacts with a start and an end, and the contacts a channel could not serve."""

from __future__ import annotations

from msgspec import field

from ledger.events.event import Data
from ledger.events.fields import Key, Text
from ledger.events.vocabulary import event_types


class InteractionScheduled(Data, frozen=True, kw_only=True):
    """An interaction was scheduled."""

    type = "interaction.scheduled"


class InteractionStarted(Data, frozen=True, kw_only=True):
    """An interaction started."""

    type = "interaction.started"


class InteractionMessageSent(Data, frozen=True, kw_only=True):
    """A message was sent within an interaction, in the direction the envelope names."""

    type = "interaction.message_sent"


class InteractionHandedOver(Data, frozen=True, kw_only=True):
    """An interaction was handed over from one queue, department or channel to another."""

    type = "interaction.handed_over"

    from_: Key | None = field(default=None, name="from")
    to: Key | None = None


class InteractionCompleted(Data, frozen=True, kw_only=True):
    """An interaction ended; `repeated_information` says that the customer was asked again for what was held."""

    type = "interaction.completed"

    outcome: Key | None = None
    objective_achieved: bool | None = None
    repeated_information: bool | None = None


class InteractionAbandoned(Data, frozen=True, kw_only=True):
    """A customer gave an interaction up before its end."""

    type = "interaction.abandoned"


class OpportunityUnsupported(Data, frozen=True, kw_only=True):
    """A customer wanted something that the channel does not support."""

    type = "opportunity.unsupported"

    channel: Key | None = None
    reason: Text | None = None


TYPES = event_types(
    "interaction",
    InteractionScheduled,
    InteractionStarted,
    InteractionMessageSent,
    InteractionHandedOver,
    InteractionCompleted,
    InteractionAbandoned,
    OpportunityUnsupported,
)
