"""A process of our own does not outlive who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

BUSY = """
import sys; sys.path.insert(0, sys.argv[1])
from ledger.runners.own_process import leave_with_parent
leave_with_parent(int(sys.argv[3]))
print("busy", flush=True)
while True:
    pass
"""

PARENT = f"""
import time
from ledger.runners.own_process import start
process, pipe = start({BUSY!r})
print(process.pid, flush=True)
time.sleep(600)
"""


def runs(pid: int) -> bool:
    """Say whether a process is there and is no zombie that nobody waits for."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_process_that_computes_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        said = sorted([parent.stdout.readline().strip(), parent.stdout.readline().strip()])
        pid = int(said[0])
        assert (said[1], runs(pid)) == ("busy", True)
        parent.kill()
    try:
        until = time.monotonic() + 60
        while runs(pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not runs(pid)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
