"""The power goes at any moment: with synchronous=FULL nothing acknowledged is lost, with NORMAL it is.

A workload of several threads (and, every second time, two processes) runs under a recorder of all it asks of the disk;
a model of a disk makes of the recording what may be left at any point of it. A failure names the trace it kept.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import LedgerError
from tests.faults.extent import many
from tests.faults.power.crash import (
    Crash,
    crashes,
    expect_going_on,
    expect_kept,
    left_out,
    points,
    points_of_the_making,
)
from tests.faults.power.disk import SECTOR, Disk
from tests.faults.power.recording import (
    CREATE,
    FOLDER,
    SYNC_BEGINS,
    SYNC_ENDS,
    WRITE,
    Record,
    build_recorder,
    record,
)
from tests.faults.power.workload import MARKS
from tests.ledgers import MEMORY

pytestmark = pytest.mark.needs("gcc")

SEEDS = [str(seed) for seed in range(1, many(2, 8) + 1)]
EVENTS = many(300, 1_000)
POINTS = many(30, 300)
"""Of each seed."""
GOING_ON = 15
"""After every so many of them all that was sent is sent again, and the projections are built."""


class Recording(NamedTuple):
    """What a workload did, the file it was kept in, and the ledger's files as they were at the very end."""

    trace: Path
    records: list[Record]
    left: dict[str, bytes]


Recorder = Callable[..., Recording]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """Give a function that runs the workload of a seed, once, and returns its recording."""
    made = tmp_path_factory.mktemp("power")
    recorder = build_recorder(made)
    kept: dict[tuple[str, str], Recording] = {}

    def recording(seed: str, synchronous: str = "FULL") -> Recording:
        if (seed, synchronous) not in kept:
            trace = made / f"{seed}-{synchronous}.trace"
            with quick_folder() as folder:
                processes = 2 if int(seed) % 2 == 0 else 1
                records = record(
                    recorder, folder, trace, seed=seed, events=EVENTS, processes=processes, synchronous=synchronous
                )
                left = {path.name: path.read_bytes() for path in folder.iterdir()}
            kept[seed, synchronous] = Recording(trace, records, left)
        return kept[seed, synchronous]

    return recording


@contextmanager
def quick_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@contextmanager
def power_back(crash: Crash, seed: str) -> Iterator[str]:
    """Give the address of what a crash left, in a folder of its own."""
    with quick_folder() as folder:
        yield crash.put(folder, Random(f"{seed}/{crash.point}"))


def judged(recording: Recording, at: Sequence[int], seed: str, going_on: int) -> int:
    """Hold every crash against what was told before it; return how many acknowledgements were looked for."""
    looked = 0
    for number, crash in enumerate(crashes(recording.records, at, seed)):
        with power_back(crash, seed) as url:
            try:
                expect_kept(url, crash.told)
                if number % going_on == 0:
                    expect_going_on(url, crash.told)
            except BaseException as error:
                error.add_note(f"power lost at record {crash.point}, number {number} of seed {seed}: {recording.trace}")
                raise
        looked += len(crash.told.acknowledged)
    return looked


# What must not happen


@pytest.mark.parametrize("seed", SEEDS)
def test_no_acknowledged_event_is_lost_with_the_power(recorded: Recorder, seed: str, tell: Callable[..., None]) -> None:
    recording = recorded(seed)
    at = points(recording.records, POINTS, Random(seed))
    looked = judged(recording, at, seed, GOING_ON)
    tell(points=len(at), acknowledged=looked, lost=0, steps=len(recording.records))


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_ledger_whose_making_lost_its_power_is_opened_or_made_again(
    recorded: Recorder, seed: str, tell: Callable[..., None]
) -> None:
    recording = recorded(seed)
    at = points_of_the_making(recording.records, many(10, 150), Random(seed))
    judged(recording, at, seed, GOING_ON)
    tell(points=len(at))


# What the harness must be able to find


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recording_holds_every_change_of_the_files(recorded: Recorder, seed: str) -> None:
    recording = recorded(seed)
    disk = Disk()
    for number, step in enumerate(recording.records):
        disk.take(number, step)
    ignored = {MARKS, "ledger.db-shm"}
    assert disk.whole() == {name: contents for name, contents in recording.left.items() if name not in ignored}
    assert "ledger.db-wal" in disk.whole()


@pytest.mark.parametrize("seed", SEEDS[: many(1, 3)])
def test_synchronous_normal_loses_the_last_acknowledged_events(
    recorded: Recorder, seed: str, tell: Callable[..., None]
) -> None:
    recording = recorded(seed, "NORMAL")
    at = points(recording.records, many(30, 300), Random(seed))
    found, acknowledged = [], 0
    for crash in crashes(recording.records, at, seed):
        with power_back(crash, seed) as url:
            found.append(left_out(url, crash.told))
        acknowledged += len(crash.told.acknowledged)
    lost = list(chain.from_iterable(found))
    tell(points=len(at), points_with_a_loss=sum(map(bool, found)), acknowledged=acknowledged, lost=len(lost))
    assert lost
    assert all(words.endswith("and is lost") for words in lost)  # SQLite promises that NORMAL keeps the file in order


def deaf_to(name: str) -> Callable[[list[Record]], list[Record]]:
    """Return what makes a disk that says it synced a file and did not."""
    return lambda records: [one for one in records if not (one.kind in (SYNC_BEGINS, SYNC_ENDS) and one.name == name)]


def told_too_early(records: list[Record]) -> list[Record]:
    """Put every mark of what was kept before the last sync that stood before it."""
    early: list[Record] = []
    for one in records:
        if one.name == MARKS and bytes(one.data[:8]) == b'{"kept":':
            last = max(at for at, before in enumerate(early) if before.kind == SYNC_BEGINS)
            early.insert(last, one)
        else:
            early.append(one)
    return early


@pytest.mark.parametrize(
    "wrong", [deaf_to("ledger.db"), deaf_to("ledger.db-wal"), deaf_to(FOLDER), told_too_early],
    ids=["a checkpoint not synced", "a WAL not synced", "names not synced", "acknowledged before the sync"],
)  # fmt: skip
def test_what_is_done_wrong_is_found_out(
    recorded: Recorder, wrong: Callable[[list[Record]], list[Record]], tell: Callable[..., None]
) -> None:
    records = wrong(recorded("1").records)
    tried = found = 0
    for crash in crashes(records, points(records, 200, Random(1)), "1"):
        tried += 1
        found += is_wrong(crash)
        if found == many(3, 200):
            break
    tell(points=tried, found_out=found)
    assert found


def is_wrong(crash: Crash) -> bool:
    with power_back(crash, "1") as url:
        try:
            expect_kept(url, crash.told)
        except (AssertionError, LedgerError, SQLAlchemyError, sqlite3.Error, ValueError):  # of a file full of noise
            return True
    return False


def step(kind: bytes, data: bytes = b"", **fields: Any) -> Record:
    return Record(kind, **{"file": 1, "offset": 0, "name": "f", **fields}, data=memoryview(data))


def test_a_disk_keeps_what_was_synced_and_any_sectors_of_the_rest() -> None:
    disk = Disk()
    written = bytes(3 * SECTOR), b"a" * 3 * SECTOR
    for number, one in enumerate([
        step(CREATE), step(WRITE, written[0]), step(SYNC_BEGINS, name=FOLDER), step(SYNC_ENDS, name=FOLDER),
        step(SYNC_BEGINS, offset=1), step(WRITE, written[1]), step(SYNC_ENDS, offset=1),
    ]):  # fmt: skip
        disk.take(number, one)
    found = {disk.after_power_loss(Random(seed))["f"] for seed in range(400)}
    sectors = [(bytes(SECTOR), b"a" * SECTOR)] * 3
    assert found == {a + b + c for a in sectors[0] for b in sectors[1] for c in sectors[2]}
