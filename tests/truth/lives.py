"""Simulated people as they were written: each event once, mistakes taken back, with the stage and segments intended."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger.events.instants import instant, occurred
from ledger.sample.truth import CustomerTruth, Truth, VisitTruth

Wire = dict[str, Any]

CONTROL = frozenset({"event.retracted", "stage.corrected", "customer.merged", "customer.unmerged"})


class Happening(NamedTuple):
    """An event of a life: when it occurred (µs since 1970), what was written, and where the person stood then."""

    at: int
    wire: Wire
    stage: str
    cycle: int
    segments: dict[str, str]

    @property
    def type(self) -> str:
        return str(self.wire["type"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.wire["data"])

    def get(self, field: str) -> Any:
        """Return a field of the envelope, '' where it is absent."""
        return self.wire.get(field, "")


class Life:
    """One person: what they are meant to be, and every event that is true of them, in the order of the fold."""

    def __init__(self, told: CustomerTruth, events: list[Happening]) -> None:
        self.told = told
        self.events = events
        self._by_type: dict[str, list[int]] = defaultdict(list)
        for place, event in enumerate(events):
            self._by_type[event.type].append(place)

    @property
    def customer_id(self) -> str:
        return self.told.customer_id

    @property
    def visits(self) -> list[VisitTruth]:
        return self.told.visits

    @property
    def first_at(self) -> int:
        """When the person was first met: a segment may be valid from before that."""
        return next(event.at for event in self.events if event.type != "customer.segment_assigned")

    def of(self, *types: str) -> Iterator[Happening]:
        """Yield the events of some types, in order."""
        places = (self._by_type[type_] for type_ in types if type_ in self._by_type)
        return (self.events[place] for place in sorted(chain.from_iterable(places)))


def lives(written: Iterable[Wire], truth: Truth, zone: str = "UTC") -> list[Life]:
    """Return the people behind simulated events; the truth must have kept its customers."""
    events: dict[tuple[str, str], Wire] = {}
    for event in written:
        events.setdefault((event["source"], event["event_id"]), event)
    taken_back = {
        (event["customer_id"], event["data"]["source"], event["data"]["event_id"])
        for event in events.values()
        if event["type"] == "event.retracted"
    }
    by_key: dict[str, list[Wire]] = defaultdict(list)
    for (source, name), event in events.items():
        if event["type"] not in CONTROL and (event["customer_id"], source, name) not in taken_back:
            by_key[event["customer_id"]].append(event)
    assert truth.customers is not None
    return [_life(told, [e for key in told.keys for e in by_key[key]], ZoneInfo(zone)) for told in truth.customers]


def _life(told: CustomerTruth, events: list[Wire], zone: ZoneInfo) -> Life:
    entered = [visit.entered_at for visit in told.visits]
    segments: dict[str, str] = {}
    happened: list[Happening] = []
    for at, event in sorted(((_at(event, zone), event) for event in events), key=_order):
        if event["type"] == "customer.segment_assigned":
            segments = {**segments, event["data"]["scheme"]: event["data"]["segment"]}
        place = bisect_right(entered, at)
        visit = told.visits[place - 1] if place else None
        happened.append(Happening(at, event, visit.stage if visit else "", visit.cycle if visit else 1, segments))
    return Life(told, happened)


def _at(event: Wire, zone: ZoneInfo) -> int:
    if event["type"] == "customer.segment_assigned" and "valid_from" in event["data"]:
        return instant(event["data"]["valid_from"])
    return occurred(event["occurred_at"], event.get("time_precision", "instant"), zone)


def _order(timed: tuple[int, Wire]) -> tuple[int, str, bool, int, str]:
    at, event = timed
    sequence = event.get("source_sequence")
    return (at, event["source"], sequence is not None, sequence or 0, event["event_id"])
