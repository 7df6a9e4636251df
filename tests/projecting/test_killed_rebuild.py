"""A rebuild that is killed or stopped, at any moment: readers keep the old tables, and the next rebuild works."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.projecting.rebuild import rebuild
from ledger.store.plan import Recorded
from tests.properties.ledgers import Tables, tables
from tests.store.asking import ask
from tests.store.events import merge, order

CUSTOMERS = 60


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of sixty customers and two merges, with its projections built before the last order."""
    wires = [order(f"o{number}", f"c{number % CUSTOMERS:02}") for number in range(150)]
    wires += [merge("m1", "c01", "c50"), merge("m2", "c59", "c02")]
    assert all(isinstance(outcome, Recorded) for outcome in ledger.append_many(wires))
    ledger.rebuild()
    ledger.append(order("last", "c07"))
    return ledger


def broken_off(url: str, workers: int, number: signal.Signals, lines: int, delay: float) -> tuple[bool, list[int]]:
    """Rebuild in a process that gets a signal after some lines; return whether it was done, and its workers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.projecting.rebuilding", url, str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for _ in range(1 + lines):
        said = process.stdout.readline().strip() or said
    time.sleep(delay)
    crew = children(process.pid)
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    return "done" in (said, *rest.splitlines()), crew


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


@pytest.mark.parametrize(
    ("number", "workers"),
    [(signal.SIGKILL, 1), (signal.SIGKILL, 2), (signal.SIGINT, 2)],
    ids=["killed", "killed with its workers", "stopped"],
)
def test_whenever_a_rebuild_ends_too_soon_the_old_tables_serve_and_the_next_one_works(
    told: Ledger, number: signal.Signals, workers: int
) -> None:
    before = tables(told)
    chance = random.Random(workers * 100 + number)
    for lines in (chance.randrange(6), chance.randrange(6, 15)):
        done, crew = broken_off(told.store.url, workers, number, lines, chance.random() * 0.02)
        if done:  # the machine was quicker than the signal
            before = rebuilt(told)
        assert tables(told) == before
        assert told.verify(whole=True).ok
        assert told.append(order("o1", "c01"))[0].recorded is False
        deadline = time.monotonic() + 20
        while not all(map(gone, crew)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert all(map(gone, crew)), "a worker outlived its rebuild"
    rebuilt(told)


def rebuilt(ledger: Ledger) -> Tables:
    """Rebuild, and expect a sound read model with nothing left over."""
    assert rebuild(ledger.store).live
    assert ledger.verify(whole=True).ok
    assert ask(ledger, "SELECT version FROM read_models WHERE state IN ('building', 'ready', 'abandoned')") == []
    return tables(ledger)
