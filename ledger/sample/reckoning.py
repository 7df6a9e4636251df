"""What is true of one person when their life is told: counted for all, and kept for each when asked."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.sample.clock import DAY
from ledger.sample.person import Person
from ledger.sample.truth import CaseTruth, CustomerTruth, OverlayVisit

FOLLOWS = 7 * DAY
"""A contact follows another within this time, or within one case."""


def reckon(person: Person) -> None:
    """Take the person's life into the truth."""
    truth = person.truth
    pairs, switched = _switching(person)
    days = len({person.world.date(at) for at in person.orders})
    overlays = [*_support(person.cases), *_advocacy(person)]
    truth.counts["people"] += 1
    truth.counts["contacts_in_pairs"] += pairs
    truth.counts["contacts_switched"] += switched
    for threshold in (1, 2, 3):
        truth.counts[f"people_with_{threshold}_orders"] += len(person.orders) >= threshold
        truth.counts[f"people_with_orders_on_{threshold}_days"] += days >= threshold
    for before, after in zip(sorted(person.orders), sorted(person.orders)[1:], strict=False):
        truth.tally("between_orders", after - before, DAY)
    for overlay in overlays:
        truth.count("overlays", overlay.stage)
    for stage in {overlay.stage for overlay in overlays}:
        truth.count("overlays_reached", stage)
    truth.journey(person.visits)
    if truth.customers is not None:
        everything = [*person.told, *person.closing]
        truth.customers.append(
            CustomerTruth(
                customer_id=person.key,
                keys=sorted({told.line["customer_id"] for told in everything}),
                events=len(everything),
                visits=person.visits,
                overlays=overlays,
                cases=person.cases,
                segments={scheme: segment for scheme, (_, segment) in sorted(person.segments.items())},
                orders=len(person.orders),
                order_days=days,
                contacts_in_pairs=pairs,
                contacts_switched=switched,
                erased=bool(person.closing),
            )
        )


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


def _support(cases: Iterable[CaseTruth]) -> list[OverlayVisit]:
    """Return the times in which at least one case was open."""
    visits: list[OverlayVisit] = []
    for opened, closed in sorted((span for case in cases for span in case.open_spans), key=lambda span: span[0]):
        last = visits[-1] if visits else None
        if last is None or (last.left_at is not None and last.left_at < opened):
            visits.append(OverlayVisit(stage="support", entered_at=opened, left_at=closed))
        elif last.left_at is not None:
            last.left_at = None if closed is None else max(last.left_at, closed)
    return visits


def _advocacy(person: Person) -> list[OverlayVisit]:
    return [] if person.spoke_at is None else [OverlayVisit(stage="advocacy", entered_at=person.spoke_at)]
