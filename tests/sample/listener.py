"""A listener who knows nothing of the simulator: lines through the ledger's own doors to the folds' rows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from ledger.events import VOCABULARY
from ledger.events.event import Data, RecordedEvent
from ledger.journey.channels import default_channels
from ledger.journey.context import Context
from ledger.journey.reading import effective
from ledger.projections.driver import Folds
from ledger.schemas.journey import default_journey
from ledger.schemas.prepare import Prepared, Preparer

Recorded = RecordedEvent[Data]
Rows = list[dict[str, Any]]


class Listener:
    """Records lines by stream as a ledger does, and reads merged streams together."""

    def __init__(self, zone: str = "UTC") -> None:
        self._preparer = Preparer(VOCABULARY, ZoneInfo(zone))
        self._folds = Folds(Context(default_journey(), default_channels(), VOCABULARY, ZoneInfo(zone)))
        self._streams: dict[str, dict[tuple[str, str], Recorded]] = defaultdict(dict)
        self._merges: dict[tuple[str, str], tuple[str, str]] = {}
        self._undone: set[tuple[str, str]] = set()
        self._numbers: dict[str, int] = {}
        self.repeated = 0

    def hear(self, lines: Iterable[bytes]) -> Listener:
        for line in lines:
            self._record(self._preparer.prepare(line, received=0))
        return self

    def _record(self, prepared: Prepared) -> None:
        event = prepared.event
        name, data = (event.source, event.event_id), event.data
        stream = self._streams[event.customer_id]
        if name in stream:
            self.repeated += 1
            return
        number = self._numbers.setdefault(event.customer_id, len(self._numbers))
        own = {field: getattr(event, field) for field in event.__struct_fields__}
        del own["customer_id"], own["received_at"]
        stream[name] = RecordedEvent(**own, stream=number, at=prepared.at)
        if event.type == "customer.merged":
            self._merges[name] = (getattr(data, "from_", ""), getattr(data, "into", ""))
        elif event.type == "customer.unmerged":
            self._undone.add((getattr(data, "source", ""), getattr(data, "event_id", "")))

    def customers(self) -> dict[str, list[Recorded]]:
        """Return the events of every surviving customer, as the folds see them, by the surviving key."""
        into = dict(merge for name, merge in self._merges.items() if name not in self._undone)
        survivors: dict[str, list[Recorded]] = defaultdict(list)
        for key, events in self._streams.items():
            survivors[into.get(key, key)] += events.values()
        return {key: effective(events) for key, events in survivors.items()}

    def rows(self, events: list[Recorded]) -> dict[str, Rows]:
        """Return every projection's rows of one customer, by column; JSON columns are read."""
        state = self._folds.initial()
        self._folds.feed(state, events)
        columns = {projection.name: projection.columns for projection in self._folds.projections}
        return {
            name: [
                {
                    column.name: json.loads(value) if column.kind == "json" and value is not None else value
                    for column, value in zip(columns[name], row, strict=True)
                }
                for row in rows
            ]
            for name, rows in self._folds.rows(state).items()
        }


def summed(rows: Iterable[dict[str, Any]], measure: str, *by: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return n and total of a measure in experience metrics, by columns."""
    n: Counter[tuple[str, ...]] = Counter()
    total: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        if row["measure"] == measure:
            key = tuple(row[column] for column in by)
            n[key] += row["n"]
            total[key] += row["total"] or 0
    return {key: (n[key], total[key]) for key in n}
