"""Two processes project the same log while it grows: no event is applied twice, and none is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ledger import Ledger
from tests.faults import crowd, projectors
from tests.faults.crew import crew
from tests.faults.extent import many
from tests.faults.oracle import answers, expect_sound
from tests.faults.siege import Books

BATCHES = many(2, 80)
"""Batches that each of two writers appends: some 1,000 events in the short form and 40,000 in the full one."""

LIMIT = many(50, 250)
"""Events of a projector's batch."""

SECONDS = 600


def test_of_two_projectors_that_race_none_applies_what_the_other_has(
    quick_url: str, tmp_path: Path, tell: Callable[..., None]
) -> None:
    writers = ["w1", "w2"]
    events = len({event_id for name in writers for batch in crowd.names(name, BATCHES) for event_id in batch})
    notes, reports = tmp_path / "notes", [tmp_path / f"projector{number}.json" for number in range(2)]
    notes.mkdir()
    with Ledger.open(quick_url) as ledger:
        ledger.rebuild(workers=1)
    with crew(crowd.append, projectors.project) as forker:
        pids = [
            forker.start(
                projectors.project, url=quick_url, report=str(report), limit=LIMIT, events=events, seconds=SECONDS
            )
            for report in reports
        ]
        pids.append(forker.start(crowd.append, url=quick_url, folder=str(notes), names_of=writers, batches=BATCHES))
        assert [forker.wait(pid, SECONDS) for pid in reversed(pids)] == [0, 0, 0]
    told = [json.loads(report.read_text()) for report in reports]
    applied = sum(one["applied"] for one in told)
    [(counted,)] = answers(quick_url, "SELECT sum(events) FROM journey_position")
    [(orders,)] = answers(quick_url, "SELECT sum(n) FROM experience_metrics WHERE measure = 'order'")
    tell(
        events=events,
        **{name: [one[name] for one in told] for name in ("applied", "batches", "raced")},
        twice=applied - events,
    )
    assert (applied, counted, orders) == (events, events, events)
    books = Books()
    books.read(notes)
    assert expect_sound(quick_url, books.kept) == events
