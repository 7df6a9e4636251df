"""The people of a simulation, each from a random stream of their own, so that one more person changes no other."""

from __future__ import annotations

from random import Random

from ledger.sample import identity
from ledger.sample.delays import DUPLICATES
from ledger.sample.itinerary import intend
from ledger.sample.life import live
from ledger.sample.person import Person
from ledger.sample.reckoning import reckon
from ledger.sample.truth import Truth
from ledger.sample.world import World

_BROWSING = frozenset({"awareness", "consideration"})


def lives(world: World, truth: Truth, seed: int, number: int) -> list[Person]:
    """Return the person of that number, their life told, and a stranger once taken for them where there was one."""
    random = Random((seed << 42) + number)
    draw = random.random
    key = f"C{number:07d}" if draw() < 0.8 else f"customer{number}@example.org"
    person = Person(world, truth, random, key)
    erased = draw() < 0.006
    intend(person, _begins(world, random))
    if erased:
        person.until = person.entries[-1] + 1 + int(draw() * (world.end - person.entries[-1] - 1))
    elif not _meet(person):
        live(person)
        return _finished([person])
    people = [person]
    live(person)
    identity.become_known(person)
    if person.card is not None:
        identity.link_card(person)
    if erased:
        identity.erase(person)
    elif draw() < 0.02:
        people += _mistaken(person)
    return _finished(people)


def _meet(person: Person) -> bool:
    """Decide from when on the person is known, if ever; those who only look around may stay visitors."""
    draw, visits = person.draw, person.visits
    person.known_at = person.entries[0]
    if draw() < 0.05:
        person.card = f"card:{person.random.getrandbits(40):012d}"
    if visits[0].stage not in _BROWSING or draw() >= 0.4:
        return True
    person.anonymous = f"anonymous:{person.random.getrandbits(64):016x}"
    if draw() < 0.6 and all(visit.stage in _BROWSING for visit in visits):
        person.key, person.card, person.known_at = person.anonymous, None, 0
        person.truth.counts["visitors"] += 1
        return False
    length = (visits[0].left_at or person.until) - visits[0].entered_at
    person.known_at = visits[0].entered_at + 1 + int(draw() * (length - 1))
    return True


def _mistaken(person: Person) -> list[Person]:
    """Return a stranger who was merged into the person and unmerged again."""
    stranger = Person(person.world, person.truth, person.random, f"anonymous:{person.random.getrandbits(64):016x}")
    intend(stranger, _begins(person.world, person.random))
    visits = stranger.visits
    browsing = next((place for place, visit in enumerate(visits) if visit.stage not in _BROWSING), len(visits))
    if not browsing or not identity.merge_wrongly(person, stranger.key):
        return []
    visits[browsing - 1].left_at = None
    stranger.intend(visits[:browsing])
    live(stranger)
    stranger.truth.counts["visitors"] += 1
    return [stranger]


def _finished(people: list[Person]) -> list[Person]:
    for person in people:
        reckon(person)
        identity.redeliver(person, DUPLICATES)
    return people


def _begins(world: World, random: Random) -> int:
    """Return when a journey begins: early more often than late, so that most journeys are long."""
    return world.start + int(random.random() * random.random() * (world.end - world.start))
