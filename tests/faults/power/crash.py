"""One loss of power: the disk that was left is opened again, and held against what had been said until then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from ledger import Ledger
from tests.faults.oracle import Key, Place, expect_sound, places, violations
from tests.faults.power.disk import Disk
from tests.faults.power.recording import SYNC_BEGINS, SYNC_ENDS, WRITE, Record
from tests.faults.power.workload import MARKS
from tests.store.events import Wire

NEAR = 4
"""How many steps from a sync, a mark or a checkpoint's write a point still lies beside it."""


class Told(NamedTuple):
    """What the processes had told when the power went."""

    opened: bool
    sent: dict[Key, Wire]
    acknowledged: dict[Key, Place]


class Crash(NamedTuple):
    """The power lost before the step `point` was finished: what is left of the files, and what was told before."""

    point: int
    files: dict[str, bytes]
    told: Told

    def put(self, folder: Path, chance: Random) -> str:
        """Write the files into an empty folder, at times with noise for shared memory; return the ledger's address."""
        for name, contents in self.files.items():
            (folder / name).write_bytes(contents)
        if chance.random() < 0.2 and "ledger.db" in self.files:
            (folder / "ledger.db-shm").write_bytes(chance.randbytes(32_768))
        return f"sqlite:///{folder / 'ledger.db'}"


def points(records: Sequence[Record], count: int, chance: Random) -> list[int]:
    """Return where the power is lost, in order: a quarter anywhere, the others beside syncs, marks and checkpoints.

    They begin once the ledger was made; `points_of_the_making` has those before.
    """
    first, last = opened_at(records), len(records) - 1
    later = range(first, last + 1)
    kinds = [
        [at for at in later if records[at].kind in (SYNC_BEGINS, SYNC_ENDS)],
        [at for at in later if records[at].name == MARKS],
        [at for at in later if records[at].kind != SYNC_BEGINS and records[at].name == "ledger.db"],
    ]
    chosen = [chance.choice(later) for _ in range(count // 4)]
    while len(chosen) < count:
        beside = chance.choice(chance.choice(kinds)) + chance.randint(-NEAR, NEAR)
        chosen.append(min(last, max(first, beside)))
    return sorted(chosen)


def points_of_the_making(records: Sequence[Record], count: int, chance: Random) -> list[int]:
    """Return points, in order, from an empty folder to a ledger that was just made."""
    return sorted(chance.randint(0, opened_at(records)) for _ in range(count))


def opened_at(records: Sequence[Record]) -> int:
    """Return the number of the first mark, which says that the ledger is open."""
    return next(at for at, one in enumerate(records) if one.name == MARKS and one.kind == WRITE)


def crashes(records: Sequence[Record], at: Sequence[int], seed: str) -> Iterator[Crash]:
    """Let a trace happen, and yield what a loss of power at each of the points (in order) leaves."""
    disk = Disk()
    told = Told(opened=False, sent={}, acknowledged={})
    done = 0
    for number, point in enumerate(at):
        for step in range(done, point):
            disk.take(step, records[step])
            told = hear(told, records[step])
        done = point
        files = disk.after_power_loss(Random(f"{seed}/{number}"), records[point])
        yield Crash(point, files, Told(told.opened, dict(told.sent), dict(told.acknowledged)))


def hear(told: Told, record: Record) -> Told:
    """Add what a record says to what was told; other records than marks say nothing."""
    if record.name != MARKS or record.kind != WRITE:
        return told
    mark = json.loads(bytes(record.data))
    told.sent.update({(wire["source"], wire["event_id"]): wire for wire in mark.get("sent", ())})
    told.acknowledged.update(
        {(source, id): Place(position, version) for source, id, position, version in mark.get("kept", ())}
    )
    return told._replace(opened=told.opened or mark.get("opened", False))


def expect_kept(url: str, told: Told) -> None:
    """Expect the ledger to open, and to be sound with every acknowledged event at its place."""
    Ledger.open(url, create=not told.opened).close()
    expect_sound(url, told.acknowledged, sent=told.sent, projections=False)


def expect_going_on(url: str, told: Told) -> None:
    """Expect what was not acknowledged to be taken when it is sent again, once each, and all the rest to be right."""
    with Ledger.open(url, create=not told.opened) as ledger:
        again = places(place for wire in told.sent.values() for place in ledger.append(wire))
    assert {key: again[key] for key in told.acknowledged} == told.acknowledged
    assert expect_sound(url, again, sent=told.sent) == len(told.sent)


def left_out(url: str, told: Told) -> list[str]:
    """Return what the oracle says of a ledger that is opened or, where nothing of it was left, made anew."""
    Ledger.open(url).close()
    return violations(url, told.acknowledged, told.sent)
