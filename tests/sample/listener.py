"""A listener who knows nothing of the simulator: wire events through the ledger's own doors to moments and rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from ledger.events import VOCABULARY
from ledger.events.event import Data, Event, RecordedEvent
from ledger.journey.channels import default_channels
from ledger.journey.context import Context
from ledger.journey.reading import effective
from ledger.projections.driver import Folds
from ledger.schemas.journey import default_journey
from ledger.schemas.prepare import Preparer

Recorded = RecordedEvent[Data]


class Listener:
    """Records wire events by stream, and reads merged streams together."""

    def __init__(self, zone: str = "UTC") -> None:
        self.context = Context(default_journey(), default_channels(), VOCABULARY, ZoneInfo(zone))
        self._preparer = Preparer(VOCABULARY, ZoneInfo(zone))
        self._folds = Folds(self.context)
        self.streams: dict[str, dict[tuple[str, str], Recorded]] = defaultdict(dict)
        self._numbers: dict[str, int] = {}
        self._merges: dict[tuple[str, str], tuple[str, str]] = {}
        self._undone: set[tuple[str, str]] = set()

    def hear(self, lines: Iterable[bytes]) -> None:
        for position, line in enumerate(lines, 1):
            prepared = self._preparer.prepare(line, received=0)
            event = prepared.event
            number = self._numbers.setdefault(event.customer_id, len(self._numbers) + 1)
            fields = {
                name: getattr(event, name) for name in event.__struct_fields__ if name not in ("customer_id", "received_at")
            }
            name = (event.source, event.event_id)
            recorded: Recorded = RecordedEvent(**fields, position=position, stream=number, at=prepared.at)
            self.streams[event.customer_id].setdefault(name, recorded)
            self._link(event, name)

    def _link(self, event: Event[Data], name: tuple[str, str]) -> None:
        data: Any = event.data
        if event.type == "customer.merged":
            self._merges[name] = (data.from_, data.into)
        elif event.type == "customer.unmerged":
            self._undone.add((data.source, data.event_id))

    def customers(self) -> dict[str, list[Recorded]]:
        """Return the events of every surviving customer, in the order of the fold, by the surviving key."""
        into = dict(merge for name, merge in self._merges.items() if name not in self._undone)
        survivors: dict[str, list[Recorded]] = defaultdict(list)
        for key, events in self.streams.items():
            survivors[into.get(key, key)] += events.values()
        return {key: effective(events) for key, events in survivors.items()}

    def rows(self, events: list[Recorded]) -> dict[str, list[dict[str, Any]]]:
        """Return every projection's rows of one customer, each as a dict by column."""
        state = self._folds.initial()
        self._folds.feed(state, events)
        columns = {projection.name: projection.columns for projection in self._folds.projections}
        return {
            name: [{column.name: value for column, value in zip(columns[name], row, strict=True)} for row in rows]
            for name, rows in self._folds.rows(state).items()
        }


