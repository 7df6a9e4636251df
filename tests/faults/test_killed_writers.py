"""Writers of a SQLite ledger are killed at any moment; the others, and those who come after, go on with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults.crew import crew
from tests.faults.extent import many
from tests.faults.oracle import expect_sound
from tests.faults.siege import Siege, figures
from tests.faults.writing import write
from tests.ledgers import sqlite_copy

CYCLES = many(5, 20)
"""Cycles a ledger: its log grows, and is judged whole after each."""

SEEDS = range(many(1, 25))
"""One for each ledger; a failure names its own."""


def test_writers_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path, tell: Callable[..., None]) -> None:
    sieges: list[Siege] = []
    found: list[str] = []
    with crew(write) as forker:
        for seed in SEEDS:
            folder = tmp_path / str(seed)
            folder.mkdir()
            siege = Siege(forker, sqlite_copy(folder), folder, seed=str(seed))
            sieges.append(siege)
            found += [f"seed {seed}: {words}" for words in besieged(siege, folder)]
            if found:
                break
            expect_sound(siege.url, siege.books.kept, sent=siege.books.sent.values())
            shutil.rmtree(folder)
    tell(**figures(sieges, found))
    assert found == []


def besieged(siege: Siege, folder: Path) -> list[str]:
    """Return what is wrong after the first cycle that left anything wrong."""
    for number in range(CYCLES):
        siege.cycle(siege.some)
        found = siege.found(f"sqlite:///{copied(folder, number)}")
        if found:
            return found
    return []


def copied(folder: Path, number: int) -> Path:
    """Copy what the dead have left: the oracle judges that, and those who write next find it as it was."""
    copy = folder / f"copy{number}.db"
    for suffix in ("", "-wal"):
        left = folder / f"ledger.db{suffix}"
        if left.exists():
            shutil.copyfile(left, f"{copy}{suffix}")
    return copy
