"""Eight writers in four processes append at once, and a reader in another follows the log by position."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults import crowd
from tests.faults.crew import crew
from tests.faults.extent import many
from tests.faults.oracle import answers, expect_sound
from tests.faults.siege import Books
from tests.faults.writing import wire

PROCESSES = 4
THREADS = 2
BATCHES = many(4, 400)
"""Batches a writer: 8 writers append 8,000 events in the short form and 800,000 in the full one."""

SECONDS = 900


def test_a_reader_that_follows_eight_writers_misses_nothing_and_sees_every_stream_in_order(
    quick_url: str, tmp_path: Path, tell: Callable[..., None]
) -> None:
    crews = [[f"w{process}{thread}" for thread in range(THREADS)] for process in range(PROCESSES)]
    ids = {event_id for names in crews for name in names for batch in crowd.names(name, BATCHES) for event_id in batch}
    notes, report = tmp_path / "notes", tmp_path / "seen.json"
    notes.mkdir()
    began = time.monotonic()
    with crew(crowd.append, crowd.follow) as forker:
        reader = forker.start(crowd.follow, url=quick_url, report=str(report), events=len(ids), seconds=SECONDS)
        writers = [
            forker.start(crowd.append, url=quick_url, folder=str(notes), names_of=names, batches=BATCHES)
            for names in crews
        ]
        assert [forker.wait(pid, SECONDS) for pid in writers] == [0] * PROCESSES
        took = time.monotonic() - began
        assert forker.wait(reader, SECONDS) == 0
    books = Books()
    books.read(notes)
    seen: dict[str, Any] = json.loads(report.read_text())
    tell(
        events=len(ids),
        seconds=round(took),
        per_second=round(len(ids) / took),
        **{name: figure for name, figure in seen.items() if name != "digest"},
        doubled=len(books.wrong),
    )
    assert (seen["seen"], seen["missed"], seen["reordered"]) == (len(ids), 0, 0)
    assert seen["digest"] == digest(quick_url)
    assert books.wrong == []
    assert len(books.kept) == len(ids)
    sent = {(wire(event_id)["source"], event_id) for event_id in ids}
    assert expect_sound(quick_url, books.kept, sent=sent, projections=False) == len(ids)


def digest(url: str) -> str:
    """Return what a reader's digest is when it has seen the log as it stands, once and in order."""
    whole = hashlib.sha256()
    for row in answers(url, "SELECT position, stream, version FROM events ORDER BY position"):
        whole.update(b"%d %d %d\n" % row)
    return whole.hexdigest()
