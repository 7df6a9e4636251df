"""What of a customer's recorded events the folds see, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.event import Data, RecordedEvent, fold_order


def effective(events: Iterable[RecordedEvent[Data]]) -> list[RecordedEvent[Data]]:
    """Return a customer's events in the order of the fold."""
    return sorted(events, key=fold_order)
