"""Other journeys for a ledger's events."""

from __future__ import annotations

from msgspec import structs

from ledger import Ledger
from ledger.events import VOCABULARY
from ledger.schemas.definitions import Definitions
from ledger.schemas.journey import default_journey, journey_from_toml, journey_to_json

TOKYO = journey_to_json(structs.replace(default_journey(), version=2, zone="Asia/Tokyo"))
"""The default journey, its days counted in another zone."""

HASTY = journey_to_json(
    journey_from_toml(
        """
        name = "hasty"
        version = 1
        zone = "UTC"
        stages = [{ name = "met" }, { name = "purchase" }, { name = "support", track = "overlay" }]
        rules = [
            { name = "meeting", stage = "met", any = ["page.viewed", "question.asked"] },
            { name = "buying", stage = "purchase", any = ["order.placed"] },
            { name = "asking for help", stage = "support", any = ["case.opened"] },
        ]
        """,
        VOCABULARY,
    )
)
"""Fewer stages than the default journey has."""


def journey(ledger: Ledger, body: str) -> Definitions:
    """Return the definitions in force with another journey."""
    return structs.replace(ledger.store.definitions, journey=body)
