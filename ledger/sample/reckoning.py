"""What is true of one person when their life is told: counted for all, and kept for each when asked."""

from __future__ import annotations

from itertools import pairwise

from ledger.sample.clock import DAY, microseconds
from ledger.sample.person import Person
from ledger.sample.truth import DAY as MICROSECONDS_OF_A_DAY
from ledger.sample.truth import CustomerTruth, OverlayTruth, VisitTruth

FOLLOWS = 7 * DAY
"""A contact follows another within this time, or within one case."""


def reckon(person: Person) -> None:
    """Take the person's life into the truth."""
    truth = person.truth
    told = CustomerTruth(
        customer_id=person.key,
        keys=[],
        events=len(person.told) + len(person.closing),
        visits=_visits(person),
        overlays=[*_support(person), *_advocacy(person)],
        cases=person.cases,
        segments={scheme: segment for scheme, (_, segment) in sorted(person.segments.items())},
        orders=len(person.orders),
        order_days=len({person.world.date(at) for at in person.orders}),
        contacts_in_pairs=0,
        contacts_switched=0,
        erased=bool(person.closing),
    )
    told.contacts_in_pairs, told.contacts_switched = _switching(person)
    for before, after in pairwise(sorted(person.orders)):
        truth.tally("order to next order", microseconds(after - before), MICROSECONDS_OF_A_DAY)
    truth.person(told)
    if truth.customers is not None:
        told.keys = sorted({line["customer_id"] for _, _, line, _ in [*person.told, *person.closing]})
        truth.customers.append(told)


def _visits(person: Person) -> list[VisitTruth]:
    return [
        VisitTruth(
            stage=visit.stage,
            entered_at=microseconds(visit.entered_at),
            left_at=None if visit.left_at is None else microseconds(visit.left_at),
            cycle=visit.cycle,
            transition=visit.transition,
            skipped=visit.skipped,
            door=visit.door,
        )
        for visit in person.visits
    ]


def _switching(person: Person) -> tuple[int, int]:
    """Return how many contacts follow another, and how many of these on another channel."""
    pairs = switched = 0
    before: tuple[int, str, int, str, str, str, str] | None = None
    for contact in sorted(person.contacts):
        at, _, _, _, channel, interaction, case = contact
        goes_on = before is not None and interaction and (channel, interaction) == (before[4], before[5])
        if before is not None and not goes_on and (at - before[0] <= FOLLOWS or (case and case == before[6])):
            pairs += 1
            switched += channel != before[4]
        before = contact
    return pairs, switched


def _support(person: Person) -> list[OverlayTruth]:
    """Return the times in which at least one case was open."""
    visits: list[OverlayTruth] = []
    for opened, closed in sorted(person.open_spans, key=lambda span: span[0]):
        last = visits[-1] if visits else None
        if last is None or (last.left_at is not None and last.left_at < opened):
            visits.append(OverlayTruth(stage="support", entered_at=opened, left_at=closed))
        elif last.left_at is not None:
            last.left_at = None if closed is None else max(last.left_at, closed)
    return visits


def _advocacy(person: Person) -> list[OverlayTruth]:
    if person.spoke_at is None:
        return []
    return [OverlayTruth(stage="advocacy", entered_at=microseconds(person.spoke_at))]
