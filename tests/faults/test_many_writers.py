"""Eight writers in four processes append at once, and readers in two others follow the log."""

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


def test_who_follows_eight_writers_misses_nothing_and_sees_every_customer_in_order(
    quick_url: str, tmp_path: Path, tell: Callable[..., None]
) -> None:
    crews = [[f"w{process}{thread}" for thread in range(THREADS)] for process in range(PROCESSES)]
    ids = {event_id for names in crews for name in names for batch in crowd.names(name, BATCHES) for event_id in batch}
    notes, reports = tmp_path / "notes", {how: tmp_path / f"{how}.json" for how in ("reads", "subscription")}
    notes.mkdir()
    began = time.monotonic()
    with crew(crowd.append, crowd.follow) as forker:
        readers = [
            forker.start(crowd.follow, url=quick_url, report=str(report), how=how, events=len(ids), seconds=SECONDS)
            for how, report in reports.items()
        ]
        writers = [
            forker.start(crowd.append, url=quick_url, folder=str(notes), names_of=names, batches=BATCHES)
            for names in crews
        ]
        assert [forker.wait(pid, SECONDS) for pid in writers] == [0] * PROCESSES
        took = time.monotonic() - began
        assert [forker.wait(pid, SECONDS) for pid in readers] == [0, 0]
    books = Books()
    books.read(notes)
    seen: list[dict[str, Any]] = [json.loads(report.read_text()) for report in reports.values()]
    tell(
        events=len(ids),
        seconds=round(took),
        per_second=round(len(ids) / took),
        **{name: [told[name] for told in seen] for name in ("seen", "missed", "reordered")},
        doubled=len(books.wrong),
    )
    assert seen == [{"seen": len(ids), "missed": 0, "reordered": 0, "digest": digest(quick_url)}] * 2
    assert books.wrong == []
    assert len(books.kept) == len(ids)
    sent = {(wire(event_id)["source"], event_id) for event_id in ids}
    assert expect_sound(quick_url, books.kept, sent=sent, projections=False) == len(ids)


def digest(url: str) -> str:
    """Return what a reader's digest is when it has seen the log as it stands, once and in order."""
    whole = hashlib.sha256()
    for row in answers(url, "SELECT position, version FROM events ORDER BY position"):
        whole.update(b"%d %d\n" % row)
    return whole.hexdigest()
