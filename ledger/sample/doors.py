"""How the entry of a stage is told: by the event that a rule reads, by several, or outright."""

from __future__ import annotations

from typing import Any

from ledger.sample.bearing import ORDER
from ledger.sample.clock import DAY, HOUR
from ledger.sample.fields import fields_of, pick, way_of
from ledger.sample.orders import contract, order
from ledger.sample.person import Person
from ledger.sample.visit import Visit

_QUIET_FIELDS = {
    "note.added": {"text": "Spoke about what comes next."},
    "value.assessed": {"amount": "120.00", "currency": "EUR"},
}
_ELSEWHERE = frozenset({"order.placed", "order.delivered", "contract.started"})
_QUIET = ("note.added", "interaction.scheduled", "value.assessed")
"""Types that say nothing of the stage by themselves, and carry a hint."""


def enter(person: Person, place: int) -> None:
    """Tell the entry of the person's visit at `place`, and the order or contract that a purchase is."""
    visit = person.visits[place]
    if visit.door not in _ELSEWHERE:
        _TELLERS.get(visit.door, _by_rule)(person, visit)
    if visit.stage == "purchase":
        outright = visit.door in ("stage.entered", "stage_hint")
        room = (visit.left_at or person.until) - visit.entered_at
        at = visit.entered_at + (1 + int(person.draw() * min(6 * HOUR, room // 8)) if outright else 0)
        told = contract if visit.door == "contract.started" else order
        told(person, place, at, precision(visit) if not outright else {})


def precision(visit: Visit) -> dict[str, str]:
    """Return the precision of an entry as an envelope field, none when it is exact."""
    return {} if visit.precision is None else {"time_precision": visit.precision}


def _by_rule(person: Person, visit: Visit) -> None:
    channel, direction = way_of(person, visit.door)
    fields = fields_of(person, visit.door)
    if visit.door == "touchpoint.occurred" and person.habit != visit.door:
        fields = {"kind": "communication"}
    person.write(visit.entered_at, visit.door, fields, channel, direction, **precision(visit))


def _outright(person: Person, visit: Visit) -> None:
    data: dict[str, Any] = {"stage": visit.stage, "reason": "account review"}
    if person.draw() < 0.5:
        data["by"] = f"agent-{int(person.draw() * 60):03d}"
    person.write(visit.entered_at, "stage.entered", data, **precision(visit))


def _by_hint(person: Person, visit: Visit) -> None:
    draw = person.draw
    kind = pick(draw, _QUIET)
    corrected = visit.entered_at + 1 + int(draw() * 9 * DAY)
    wrong = draw() < 0.3 and corrected < person.until
    hint = pick(draw, ORDER) if wrong else visit.stage
    name = person.write(visit.entered_at, kind, dict(_QUIET_FIELDS.get(kind, {})), stage_hint=hint, **precision(visit))
    if wrong:
        line = person.told[-1][2]
        data = {"source": line["source"], "event_id": name, "stage": visit.stage, "reason": "wrong stage chosen"}
        if draw() < 0.5:
            data["by"] = f"agent-{int(draw() * 60):03d}"
        person.write(corrected, "stage.corrected", data, customer_id=line["customer_id"])
        person.truth.counts["corrections"] += 1


def _by_combination(person: Person, visit: Visit) -> None:
    entered = person.entries[person.entries.index(visit.entered_at) - 1]
    step = min(2 * DAY, (visit.entered_at - entered) // 5)
    for back in (3, 2, 1):
        person.write(visit.entered_at - back * step, "page.viewed", {}, "web", "inbound", touchpoint_id="page:prices")
    if person.draw() < 0.5:
        fields = fields_of(person, "campaign.responded")
        person.write(visit.entered_at, "campaign.responded", fields, "email", "inbound")
    else:
        name = f"i-{person.random.getrandbits(48):012x}"
        customer = {"type": "customer"}
        person.write(
            visit.entered_at, "interaction.started", {}, "chat", "inbound", interaction_id=name, actor=customer
        )


_TELLERS = {"stage.entered": _outright, "stage_hint": _by_hint, "combination": _by_combination}
