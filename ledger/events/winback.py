"""Winning a lost customer back."""

from __future__ import annotations

from ledger.events.event import Data
from ledger.events.fields import Key
from ledger.events.vocabulary import event_types


class WinbackAttempted(Data, frozen=True, kw_only=True):
    """The company tried to win a lost customer back, by a campaign when named."""

    type = "winback.attempted"

    campaign: Key | None = None


class WinbackSucceeded(Data, frozen=True, kw_only=True):
    """A lost customer came back."""

    type = "winback.succeeded"


TYPES = event_types("winback", WinbackAttempted, WinbackSucceeded)
