"""A real disk that is full, or turns read-only: told by name, nothing acknowledged lost, and all goes on with room.

The disk is a small tmpfs of the test's own; mounting one takes root.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.cli.exits import Exit
from ledger.commands import Outcome
from ledger.errors import PermissionRefused, StorageFull
from ledger.store.plan import Recorded
from tests.faults.disks import fill, give_room, mounted
from tests.faults.extent import many
from tests.faults.nursery import url_of
from tests.faults.oracle import Key, answers, expect_sound, places, violations
from tests.ledgers import sqlite_copy
from tests.store.events import Wire, order

MIB = 1024 * 1024
SIZE = 4 * MIB
THREADS = 4
WORDS = "the disk is full: free some room"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give an empty disk of four MiB."""
    with mounted(tmp_path, f"size={SIZE}") as disk:
        yield disk


def wires(name: str, count: int) -> list[Wire]:
    return [order(f"{name}-{number}", f"c{number % 50}") for number in range(count)]


def keys(sent: Sequence[Wire]) -> set[Key]:
    return {(wire["source"], wire["event_id"]) for wire in sent}


def until_full(ledger: Ledger, sent: Sequence[Wire], times: int = 4) -> tuple[list[Recorded], list[str]]:
    """Append one by one until the disk was full so many times; return what was kept, and what was said."""
    kept: list[Recorded] = []
    said: list[str] = []
    for wire in sent:
        try:
            kept += ledger.append(wire)
        except StorageFull as error:
            said.append(str(error))
            if len(said) == times:
                break
    return kept, said


def test_threads_that_fill_a_disk_lose_nothing_and_go_on_once_there_is_room(
    disk: Path, tell: Callable[..., None]
) -> None:
    points = acknowledged = 0
    for level in range(many(1, 30)):
        url = sqlite_copy(disk)
        sent = [wires(f"t{thread}", 400) for thread in range(THREADS)]
        fill(disk, random.Random(level).randrange(40_000, MIB))
        with Ledger.open(url) as ledger, ThreadPoolExecutor(THREADS) as pool:
            told = list(pool.map(lambda part: until_full(ledger, part), sent))
            kept = [place for kept_by, _ in told for place in kept_by]
            assert all(words.startswith(WORDS) for _, said in told for words in said)
            assert violations(url, places(kept)) == [], f"level {level}"
            give_room(disk)
            # The very ledger that was told of the full disk goes on, and everything is sent again.
            now = places(place for part in sent for place in ledger.append(part))
        assert places(kept).items() <= now.items(), f"level {level}"
        expect_sound(url, now, sent=now, projections=level % 10 == 0)
        points += sum(len(said) for _, said in told)
        acknowledged += len(kept)
        wipe(disk)
    tell(points=points, acknowledged=acknowledged, lost=0)
    assert points >= many(4, 120)


def test_a_bulk_that_fills_a_disk_is_kept_as_far_as_it_was_told(
    disk: Path, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.commands.BATCH", 100)
    points = acknowledged = 0
    for level in range(many(1, 40)):
        url = sqlite_copy(disk)
        sent = wires("bulk", 1_200)
        fill(disk, random.Random(level).randrange(60_000, 300_000))
        kept: list[Recorded] = []
        with Ledger.open(url) as ledger:
            for _ in range(2):
                with pytest.raises(StorageFull, match=WORDS):
                    kept += recorded(ledger.append_many(sent))
                points += 1
            assert violations(url, places(kept)) == [], f"level {level}"
            give_room(disk)
            now = places(recorded(ledger.append_many(sent)))
        assert places(kept).items() <= now.items(), f"level {level}"
        expect_sound(url, now, sent=keys(sent), projections=level % 10 == 0)
        acknowledged += len(kept)
        wipe(disk)
    tell(points=points, acknowledged=acknowledged, lost=0)


def recorded(outcomes: Iterable[Outcome]) -> Iterator[Recorded]:
    for outcome in outcomes:
        assert isinstance(outcome, Recorded)
        yield outcome


def test_projections_on_a_full_disk_stay_as_they_were(disk: Path, tell: Callable[..., None]) -> None:
    url = sqlite_copy(disk)
    with Ledger.open(url) as ledger:
        ledger.append(wires("first", 300))
        ledger.rebuild(workers=1)
        ledger.append(wires("then", 300))
    served = answers(url, SERVED)
    points = 0
    for level in range(many(1, 30)):
        fill(disk, random.Random(level).randrange(0, 60_000))
        for work in (Ledger.catch_up, partial(Ledger.rebuild, workers=1)):
            # Where not even the index of a connection has room, opening says so.
            with pytest.raises(StorageFull, match=WORDS), Ledger.open(url) as ledger:
                work(ledger)
            points += 1
        give_room(disk)
        assert answers(url, SERVED) == served, f"level {level}"
    expect_sound(url, {}, projections=True)
    assert answers(url, SERVED) != served
    tell(points=points)


SERVED = "SELECT * FROM journey_position ORDER BY customer"


def test_a_command_on_a_full_disk_ends_in_a_sentence_and_goes_on_once_there_is_room(disk: Path) -> None:
    url = sqlite_copy(disk)
    sent = wires("line", 400)
    (disk / "events.ndjson").write_text("\n".join(json.dumps(wire) for wire in sent))
    fill(disk, 100_000)
    full = command(disk)
    assert full.returncode == Exit.STORAGE, full.stderr
    assert f"Error: {WORDS}" in full.stderr
    assert "Traceback" not in full.stderr
    give_room(disk)
    assert command(disk).returncode == Exit.DONE
    assert expect_sound(url, {}, sent=keys(sent), projections=False) == 400


def command(disk: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return subprocess.run(
        [sys.executable, "-m", "ledger", "append", str(disk / "events.ndjson")],
        env=kept | {"LEDGER_URL": url_of(disk), "PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_disk_that_turns_read_only_is_told_as_one_and_loses_nothing(disk: Path) -> None:
    url = sqlite_copy(disk)
    with Ledger.open(url) as ledger:
        kept = places(ledger.append(wires("before", 20)))
    remount(disk, "ro")
    with pytest.raises(PermissionRefused, match="check"), Ledger.open(url) as ledger:
        ledger.append(wires("during", 1))
    remount(disk, "rw")
    with Ledger.open(url) as ledger:
        now = places(ledger.append([*wires("before", 20), *wires("during", 1)]))
    assert kept.items() <= now.items()
    expect_sound(url, now, sent=now)


def remount(disk: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)


def wipe(disk: Path) -> None:
    for path in disk.iterdir():
        path.unlink()
