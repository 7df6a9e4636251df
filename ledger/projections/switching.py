"""When two contacts of one customer are consecutive, and which channel the second came from."""

from __future__ import annotations

from msgspec import Struct

from ledger.events.contacts import continues
from ledger.events.event import Data, RecordedEvent

WINDOW = 7 * 86_400_000_000
"""How long after a contact, in microseconds, the next one still follows it; within one case there is no limit."""


class Contact(Struct, array_like=True, gc=False):
    """What is kept of a customer's latest contact on a known channel; before the first, the channel is ''."""

    at: int = 0
    channel: str = ""
    case_id: str | None = None
    interaction_id: str | None = None


def follow(latest: Contact, event: RecordedEvent[Data], channel: str) -> str:
    """Make this contact on `channel` the latest; return the channel of the contact it follows, '' if it follows none.

    An event that goes on with the interaction of the latest contact on the same channel is no second contact.
    A contact on an unknown channel is not brought here: it neither starts a pair nor breaks one.
    """
    at, case_id = event.at, event.case_id
    previous = latest.channel
    if (at - latest.at > WINDOW and (case_id is None or case_id != latest.case_id)) or continues(latest, event):
        previous = ""
    latest.at = at
    latest.channel = channel
    latest.case_id = case_id
    latest.interaction_id = event.interaction_id
    return previous
