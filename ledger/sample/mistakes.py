"""Events that never happened, and the retractions that say so."""

from __future__ import annotations

from typing import Any

from ledger.sample.clock import DAY
from ledger.sample.fields import pick
from ledger.sample.person import Person

_KINDS = ("survey.responded", "order.placed", "contract.terminated", "stage.entered", "feedback.received")
_FIELDS: dict[str, dict[str, Any]] = {
    "survey.responded": {"metric": "nps", "score": 0, "scale_min": 0, "scale_max": 10},
    "order.placed": {"value": "999.00", "currency": "EUR"},
    "contract.terminated": {"reason": "wrong customer", "voluntary": False},
    "stage.entered": {"stage": "renewal"},
    "feedback.received": {"kind": "complaint", "theme": "billing"},
}


def mistake(person: Person, at: int) -> None:
    """Tell an event that belongs to somebody else, and its retraction; the truth knows nothing of the event."""
    retracted = at + 1 + int(person.draw() * 10 * DAY)
    if retracted >= person.until:
        return
    kind = pick(person.draw, _KINDS)
    name = person.write(at, kind, dict(_FIELDS[kind]), "web")
    wrong = person.told[-1][2]
    contact = person.contacts and person.contacts[-1][3] == name
    if contact:
        person.contacts.pop()
    data = {"source": wrong["source"], "event_id": name, "why": "recorded for the wrong customer"}
    person.write(retracted, "event.retracted", data, customer_id=wrong["customer_id"])
    person.truth.counts["retractions"] += 1
