"""The vocabulary: every event type of the ledger's own families, in the order of a customer's journey."""

from __future__ import annotations

from ledger.events import (
    advocacy,
    awareness,
    consideration,
    control,
    identity,
    interaction,
    onboarding,
    purchase,
    renewal,
    support,
    termination,
    use,
    voice,
    winback,
)
from ledger.events.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    [
        *identity.TYPES,
        *awareness.TYPES,
        *consideration.TYPES,
        *purchase.TYPES,
        *onboarding.TYPES,
        *use.TYPES,
        *interaction.TYPES,
        *support.TYPES,
        *voice.TYPES,
        *renewal.TYPES,
        *advocacy.TYPES,
        *termination.TYPES,
        *winback.TYPES,
        *control.TYPES,
    ]
)
