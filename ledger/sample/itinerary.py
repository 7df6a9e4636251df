"""The journey a person is to take: the stages, when each is entered, and how its entry is told."""

from __future__ import annotations

from ledger.journey.moment import Transition
from ledger.sample.bearing import LOOKING, PLACE, passed
from ledger.sample.clock import DAY, HOUR
from ledger.sample.parameters import DOORS, DWELL_DAYS, FIRST, HABITS, NEXT
from ledger.sample.person import Person
from ledger.sample.visit import Visit

REOPENING = frozenset({"order.placed", "contract.started"})
"""What begins a new cycle where the customer has been past the purchase."""


def intend(person: Person, start: int) -> None:
    """Give the person a journey from `start` to the end of the span."""
    visits: list[Visit] = []
    at, here, cycle = start, "", 1
    there = FIRST.at(person.draw())
    while there and at < person.until:
        visit = _entry(person, visits, here, there, at)
        cycle = visit.cycle = cycle + (visit.transition in ("restart", "win_back"))
        if visits:
            visits[-1].left_at = visit.entered_at
        visits.append(visit)
        here = there
        at = visit.entered_at + int(DWELL_DAYS[here].at(person.draw()) * DAY)
        there = NEXT[here].at(person.draw())
    person.habit = _habit(person, visits)
    person.intend(visits)


def _habit(person: Person, visits: list[Visit]) -> str:
    """Return the one way the person looks around in a first awareness; the doors of the first two visits bind it."""
    first = visits[0].door
    if first in LOOKING:
        if len(visits) > 1 and visits[1].door == "combination" and first != "page.viewed":
            visits[1].door = "question.asked"
        return first
    if len(visits) > 1 and visits[1].door == "combination":
        return "page.viewed"
    return HABITS.at(person.draw())


def _entry(person: Person, visits: list[Visit], here: str, there: str, at: int) -> Visit:
    door = DOORS[here, there].at(person.draw())
    if door == "combination" and len(visits) > 1:
        # Looking around and asking is read together only where no earlier look is remembered.
        door = "question.asked"
    elif door == "order.delivered" and visits[-1].door == "contract.started":
        door = "contract.activated"
    visit = Visit(stage=there, entered_at=at, cycle=1, transition=transition(here, there, door), skipped=(), door=door)
    if PLACE[there] > PLACE[here] and there != "win_back":
        visit.skipped = passed(here, there)
    if door != "combination" and person.draw() < 0.06:
        moved = person.world.start_of_day(at)
        if not visits or moved > visits[-1].entered_at + HOUR:
            visit.entered_at, visit.precision = moved, "date"
    return visit


def transition(here: str, there: str, door: str) -> Transition:
    """Return the kind of the step from `here` to `there` when it is told by `door`."""
    if there in ("termination", "win_back"):
        return "terminal" if there == "termination" else "win_back"
    if here == "win_back":
        return "advance"
    if here == "termination":
        return "restart"
    if PLACE[there] < PLACE[here]:
        return "restart" if door in REOPENING else "regress"
    return "skip" if passed(here, there) else "advance"
