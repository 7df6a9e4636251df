"""When two contacts of one customer are consecutive, and whether the second is on another channel."""

from __future__ import annotations

from msgspec import Struct

from ledger.events.event import Data, RecordedEvent

WINDOW = 7 * 86_400_000_000
"""How long after a contact, in microseconds, the next one still follows it; within one case there is no limit."""


class Contact(Struct, array_like=True):
    """What is kept of a customer's latest contact on a known channel."""

    at: int
    channel: str
    case_id: str | None
    interaction_id: str | None


def pair(previous: Contact | None, event: RecordedEvent[Data], channel: str) -> str | None:
    """Return the channel of the contact that this one, on `channel`, follows; None where it follows none.

    A message that goes on with the interaction of the latest contact on the same channel is no second contact.
    A contact on an unknown channel is never asked about: it neither starts a pair nor breaks one.
    """
    if previous is None:
        return None
    interaction_id = event.interaction_id
    if interaction_id is not None and interaction_id == previous.interaction_id and channel == previous.channel:
        return None
    if event.at - previous.at <= WINDOW or (event.case_id is not None and event.case_id == previous.case_id):
        return previous.channel
    return None


def latest(event: RecordedEvent[Data], channel: str) -> Contact:
    """Return what is kept of this contact."""
    return Contact(event.at, channel, event.case_id, event.interaction_id)
