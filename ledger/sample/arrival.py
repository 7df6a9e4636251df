"""The events of a block of people as they arrive, counted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ledger.sample.delays import LATE
from ledger.sample.person import Line, Told
from ledger.sample.truth import Truth


class Arrivals:
    """Counts into a truth what arrives: lines, distinct events, second deliveries, late ones, ones out of order."""

    def __init__(self, truth: Truth) -> None:
        self._counts = truth.counts
        self._types = truth.tables.setdefault("types", Counter())
        self._sources = truth.tables.setdefault("sources", Counter())
        self._channels = truth.tables.setdefault("channels", Counter())
        self._precisions = truth.tables.setdefault("precisions", Counter())

    def follow(self, block: Iterable[Told]) -> Iterator[Line]:
        """Yield the lines of `block`, which holds every event of its people, in the order of arrival."""
        counts, types, sources, channels = self._counts, self._types, self._sources, self._channels
        latest: dict[str, int] = {}
        for arrives, at, line, again in block:
            counts["lines"] += 1
            if again:
                counts["duplicates"] += 1
                yield line
                continue
            types[line["type"]] += 1
            sources[line["source"]] += 1
            channels[line.get("channel", "")] += 1
            self._precisions[line.get("time_precision", "instant")] += 1
            if arrives - at > LATE:
                counts["late"] += 1
            key = line["customer_id"]
            before = latest.get(key)
            if before is None or at >= before:
                latest[key] = at
            else:
                counts["out_of_order"] += 1
            yield line
        counts["keys"] += len(latest)
        counts["events"] = types.total()
