"""Threads that meet at a class which nobody has read by yet: msgspec alone would end the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledgers import sqlite_copy

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from ledger import Ledger
from ledger.errors import LedgerError
from ledger.events import VOCABULARY

url, does = sys.argv[1:]
gate = Barrier(4)
sys.setswitchinterval(1e-4)  # threads take turns in the middle of everything

def opening(_):
    Ledger.open(url).close()

def appending(ledger, name):
    fields = {"source": "shop", "customer_id": name, "occurred_at": "2024-05-01T10:00:00Z", "data": {}}
    try:
        ledger.append({"type": name, **fields})
    except LedgerError:
        return

def reading(ledger, name):
    try:
        ledger.history(name)
    except LedgerError:
        return

def together(task, *told):
    def started(number):
        gate.wait(30)
        return task(*told)
    list(pool.map(started, range(4)))

with ThreadPoolExecutor(4) as pool:
    if does == "open":
        together(opening, None)
    with Ledger.open(url) as ledger:
        for name in VOCABULARY:
            together({"append": appending, "read": reading, "open": reading}[does], ledger, name)
"""


@pytest.mark.parametrize("does", ["open", "append", "read"])
def test_threads_that_meet_at_a_class_nobody_has_read_by_go_on(tmp_path: Path, does: str) -> None:
    url = sqlite_copy(tmp_path)
    if does == "read":
        assert ended(url, "append") == 0
    assert ended(url, does) == 0


def ended(url: str, does: str) -> int:
    """Return how a process of its own ended, in which threads do the same for the first time."""
    program = [sys.executable, "-X", "faulthandler", "-c", PROGRAM, url, does]
    return subprocess.run(program, cwd=ROOT, timeout=120, check=False).returncode
