"""The events of a block of people as they arrive, counted on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ledger.sample.delays import LATE
from ledger.sample.person import Line, Told
from ledger.sample.truth import Truth

T = TypeVar("T")

Parcel = tuple[int, int, str, str, T]
"""When it arrives and occurred (milliseconds since 1970 UTC), the customer_id, the event, and before it the event_id
where it is delivered twice, else ""."""


class Arrivals(Generic[T]):
    """Wraps events for the way and counts into a truth what arrives; `finish` makes of a line what is handed out."""

    def __init__(self, truth: Truth, finish: Callable[[Line], T]) -> None:
        self._counts = truth.counts
        self._types = truth.tables["types"]
        self._sources = truth.tables["sources"]
        self._channels = truth.tables["channels"]
        self._finish = finish

    def wrap(self, told: Sequence[Told]) -> list[Parcel[T]]:
        """Return one person's events as parcels, and count what they are."""
        finish, types, sources, channels = self._finish, self._types, self._sources, self._channels
        twice = {line["event_id"] for _, _, line, again in told if again}
        parcels: list[Parcel[T]] = []
        for arrives, at, line, again in told:
            if not again:
                types[line["type"]] += 1
                sources[line["source"]] += 1
                channels[line.get("channel", "")] += 1
            name = line["event_id"]
            parcels.append((arrives, at, line["customer_id"], name if name in twice else "", finish(line)))
        return parcels

    def count(self, block: Sequence[Parcel[T]]) -> None:
        """Count how a block arrives, which holds every event of its people in the order of arrival."""
        latest: dict[str, int] = {}
        seen: set[str] = set()
        late = disordered = again = 0
        for arrives, at, key, name, _ in block:
            if name in seen:
                again += 1
                continue
            if name:
                seen.add(name)
            if arrives - at > LATE:
                late += 1
            if at >= latest.get(key, at):
                latest[key] = at
            else:
                disordered += 1
        counts = self._counts
        counts["lines"] += len(block)
        counts["events"] += len(block) - again
        counts["duplicates"] += again
        counts["late"] += late
        counts["out_of_order"] += disordered
        counts["keys"] += len(latest)
