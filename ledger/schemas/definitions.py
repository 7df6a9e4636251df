"""What a ledger is told about its company: journey, channels and types, as stored, and compiled into a context."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from ledger.errors import InvalidArgument
from ledger.events import VOCABULARY
from ledger.journey.channels import default_channels
from ledger.journey.context import Context
from ledger.schemas.channels import channels_from_json, channels_to_json
from ledger.schemas.journey import default_journey, journey_from_json, journey_to_json
from ledger.schemas.types import types_from_json, types_to_json


class Definitions(Struct, frozen=True):
    """The canonical JSON of the three definitions in force; `zone` overrides the journey's.

    It can be sent to another process, which a compiled context cannot.
    """

    journey: str
    channels: str
    types: str
    zone: str | None = None


def default_definitions() -> Definitions:
    """Return the definitions that a new ledger starts with."""
    return Definitions(journey_to_json(default_journey()), channels_to_json(default_channels()), types_to_json(()))


def compile_context(definitions: Definitions) -> Context:
    """Return the context of the definitions. Raises InvalidDefinition, or InvalidArgument for an unknown zone."""
    return Context(
        journey_from_json(definitions.journey),
        channels_from_json(definitions.channels),
        VOCABULARY.extended(types_from_json(definitions.types)),
        zone_named(definitions.zone) if definitions.zone else None,
    )


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of a name such as `America/Sao_Paulo`. Raises InvalidArgument."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidArgument(
            f"{name!r} is no time zone: give a name of the IANA database such as Europe/Berlin or UTC"
        ) from None
