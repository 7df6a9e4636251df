"""Imports small files written by a test, through the public doors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.ingest.mapping import parse_mapping
from ledger.ingest.read import Place, Reading, read
from ledger.ingest.tally import Reject, Tally

EVENT = {"from": "visits", "type": "page.viewed", "event_id": "id", "customer_id": "who", "occurred_at": "at"}
HEADER = "id,who,at,note\n"
ROW = "1,ann,2024-05-01T10:00:00Z,x\n"


def visits(**changes: Any) -> dict[str, Any]:
    """Return a mapping of one file `visits.csv` and one event, with changes to its file, its event or its tables."""
    file = {"path": "visits.csv", **changes.pop("file", {})}
    event = {**EVENT, **changes.pop("event", {})}
    return {
        "mapping": {"name": "visits", "source": "web", **changes.pop("mapping", {})},
        "files": {"visits": file, **changes.pop("files", {})},
        "events": [event, *changes.pop("events", [])],
        **changes,
    }


class Imported:
    """What an import gave, all of it."""

    def __init__(self, reading: Reading) -> None:
        self.events: list[dict[str, Any]] = []
        self.places: list[Place] = []
        self.rejects: list[Reject] = []
        self.sizes: list[int] = []
        for batch in reading:
            self.events += batch.events
            self.places += batch.places
            self.rejects += batch.rejects
            self.sizes.append(len(batch.events))
        self.tally: Tally = reading.tally

    @property
    def lines(self) -> list[int]:
        return [reject.line for reject in self.rejects]


def imported(document: dict[str, Any], folder: Path, **options: Any) -> Imported:
    """Import with the mapping that `document` holds, and check that every row is accounted for."""
    result = Imported(read(parse_mapping(document), folder, **options))
    assert result.tally.balanced
    assert result.tally.made == len(result.events) == len(result.places)
    assert result.tally.rejected == len(result.rejects)
    return result


def write(folder: Path, text: str | bytes, name: str = "visits.csv") -> None:
    """Write a file of the data folder byte by byte."""
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
