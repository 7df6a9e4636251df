"""Who the person is to the company: registration, links between keys, segments, preferences, consent, erasure."""

from __future__ import annotations

from ledger.sample.clock import DAY, MINUTE, text
from ledger.sample.fields import pick
from ledger.sample.parameters import CHANNELS
from ledger.sample.person import Person

_REGIONS = ("north", "south", "east", "west")
_VALUES = ("bronze", "silver", "gold")
_PURPOSES = ("marketing", "profiling", "research")

PHONES = 0.3
"""The share of people who tell a telephone number of their own, or their employer's."""

SWITCHBOARD = 0.02
"""The share whose number is their employer's, the same for all of them."""

HOMES = 15
"""Of so many pairs of people, one lives together and has one number."""

CARDS_WITH_EMAIL = 0.6
"""The share of loyalty cards whose holder's address the store knows."""


def become_known(person: Person) -> None:
    """Tell the registration at the instant from which the person is known, and link the visitor they were."""
    at, draw = max(person.known_at, person.entries[0]), person.draw
    person.tell(at, "customer.registered", {})
    person.tell(at + 1, "customer.identified", {"namespace": "email", "value": _email(person)})
    if person.anonymous != person.key:
        data = {"from": person.anonymous, "into": person.key, "evidence": "signed in on the same device"}
        person.write(min(at + 2, person.until - 1), "customer.merged", data, source="web", customer_id=person.key)
        person.truth.counts["merges"] += 1
    if draw() < 0.6:
        person.tell(at + 3, "consent.granted", {"purpose": pick(draw, _PURPOSES)})
    if draw() < 0.5:
        segment(person, at + 4)
    if phone := _phone(person):
        person.tell(at + 5, "customer.identified", {"namespace": "phone", "value": phone})


def _email(person: Person) -> str:
    return f"{person.key.partition('@')[0].lower()}@example.org"


def _phone(person: Person) -> str:
    """Return the person's number: their own, one they share at home, or their employer's; "" where none is told.

    Who shares one at home is settled by their own number among the people, so that both of them tell it.
    """
    number = int("".join(letter for letter in person.key.partition("@")[0] if letter.isdigit()))
    told = person.draw()
    if number // 2 % HOMES == 0:
        return f"+31 10 {number // 2:07d}" if number % 2 else f"+3110{number // 2:07d}"
    if told < SWITCHBOARD:
        return "+31 20 5550000"
    return f"+316{number:08d}" if told < PHONES else ""


def link_card(person: Person) -> None:
    """Tell that the loyalty card the store knows is this person, where the store told anything.

    Of some cards the store knows the holder's address too, as they wrote it at the till.
    """
    seen = [at for _, at, line, _ in person.told if line["customer_id"] == person.card]
    if not seen or person.card is None:
        person.card = None
        return
    if person.draw() < CARDS_WITH_EMAIL:
        email = {"namespace": "email", "value": f" {_email(person).upper()}"}
        person.tell(min(seen) + 1, "customer.identified", email, source="store", customer_id=person.card)
    at = min(min(seen) + int(person.draw() * 40 * DAY) + MINUTE, person.until - 1)
    data = {"from": person.card, "into": person.key, "evidence": "same name and address"}
    person.write(at, "customer.merged", data, source="crm", customer_id=person.key)
    person.truth.counts["merges"] += 1


def merge_wrongly(person: Person, stranger: str) -> bool:
    """Tell that the stranger of that key was taken for this person and, some days later, that they are not."""
    at = person.known_at + int(person.draw() * (person.until - person.known_at) * 0.9)
    undone = at + 1 + int(person.draw() * 20 * DAY)
    if undone >= person.until:
        return False
    data = {"from": stranger, "into": person.key, "evidence": "same household"}
    name = person.write(at, "customer.merged", data, source="crm", customer_id=person.key)
    data = {"source": "crm", "event_id": name, "why": "two people at one address"}
    person.write(undone, "customer.unmerged", data, source="crm", customer_id=person.key)
    person.truth.counts["merges"] += 1
    person.truth.counts["unmerges"] += 1
    return True


def segment(person: Person, at: int) -> None:
    """Tell a segment; now and then it holds from earlier on than it was told."""
    draw = person.draw
    scheme, names = ("region", _REGIONS) if draw() < 0.5 else ("value", _VALUES)
    data = {"scheme": scheme, "segment": pick(draw, names)}
    valid_from = at
    if draw() < 0.4:
        valid_from = at - int(draw() * 20 * DAY)
        data["valid_from"] = text(valid_from)
    if person.tell(at, "customer.segment_assigned", data):
        person.segments[scheme] = max(person.segments.get(scheme, (0, "")), (valid_from, data["segment"]))


def preference(person: Person, at: int) -> None:
    """Tell the channel the person prefers."""
    person.tell(at, "preference.set", {"preferred_channel": CHANNELS.at(person.draw())})


def consent(person: Person, at: int) -> None:
    """Tell a consent given or withdrawn."""
    draw = person.draw
    kind = "consent.withdrawn" if draw() < 0.5 else "consent.granted"
    person.tell(at, kind, {"purpose": pick(draw, _PURPOSES)})


def value(person: Person, at: int) -> None:
    """Tell an assessment of the customer's value."""
    draw = person.draw
    data = {"amount": f"{int(draw() * draw() * 5000)}.{int(draw() * 100):02d}", "currency": "EUR", "model": "clv-3"}
    person.tell(at, "value.assessed", data)


def note(person: Person, at: int) -> None:
    """Tell a note of an agent."""
    at, rough = person.rough(at)
    person.tell(at, "note.added", {"text": "Called back, all well."}, **rough)


def erase(person: Person) -> None:
    """Tell the erasure with which the record ends, and for one in three the consent that returns the customer.

    These arrive after everything else of the person, because an erased customer takes nothing more.
    """
    at = person.until
    before = len(person.told)
    person.write(at, "customer.erased", {}, source="crm")
    if person.draw() < 0.34:
        back = at + int(person.draw() * 30 * DAY) + MINUTE
        if back + 1 < person.world.end:
            person.write(back, "consent.granted", {"purpose": "contract"}, source="crm")
            person.write(back + 1, "preference.set", {"preferred_channel": "email"}, source="crm")
            person.truth.counts["returned"] += 1
    person.closing, person.told = person.told[before:], person.told[:before]
    person.truth.counts["erased"] += 1


def redeliver(person: Person, share: float) -> None:
    """Deliver a share of the person's events a second time, later; the content is the same, received_at may differ."""
    draw, told = person.draw, person.told
    for _ in range(int(len(told) * share + draw())):
        first, at, line, again = told[int(draw() * len(told))]
        if again:
            continue
        arrives = min(first + 1 + int(draw() * 2 * DAY), person.world.end)
        line = dict(line)
        if draw() < 0.5:
            line["received_at"] = text(arrives)
        told.append((arrives, at, line, True))
