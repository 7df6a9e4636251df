"""What a process did to its disk, as the recorder kept it: changes, syncs and marks in their true order."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
HEAD = struct.Struct("<cQQIH")


class Record(NamedTuple):
    """One step: `kind` is one of CREATE, WRITE, CUT, UNLINK, SYNC_BEGINS, SYNC_ENDS.

    `offset` is that of a write, the new length of a cut, the number of a sync; `file` tells files of one name apart.
    """

    kind: bytes
    file: int
    offset: int
    name: str
    data: memoryview


CREATE, WRITE, CUT, UNLINK, SYNC_BEGINS, SYNC_ENDS = (bytes([kind]) for kind in b"CWTUBE")
FOLDER = "."
"""The name under which the folder itself is synced."""


def build_recorder(folder: Path) -> Path:
    """Compile the recorder and return its library."""
    library = folder / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, source, "-lpthread"], check=True)
    return library


def record(
    recorder: Path, folder: Path, trace: Path, *, seed: str, events: int, processes: int = 1, synchronous: str = "FULL"
) -> list[Record]:
    """Run the workload in processes of its own on a new ledger in an empty folder; return what they did to it."""
    environment = os.environ | {
        "LD_PRELOAD": str(recorder),
        "POWER_FOLDER": str(folder.resolve()),
        "POWER_TRACE": str(trace),
        "POWER_SYNC_US": "300",
    }
    program = [sys.executable, "-m", "tests.faults.power.workload", str(folder.resolve())]
    children = [
        subprocess.Popen(
            [*program, f"{seed}-{child}", str(events // processes), synchronous], cwd=ROOT, env=environment
        )
        for child in range(processes)
    ]
    ended = [child.wait(300) for child in children]
    assert ended == [0] * processes, f"the workload of seed {seed} failed"
    return read(trace)


def read(trace: Path) -> list[Record]:
    """Return the records of a trace. Raises ValueError where the processes did what the disk's model does not know."""
    stored = memoryview(trace.read_bytes())
    records = []
    at = 0
    while at < len(stored):
        kind, file, offset, length, name_length = HEAD.unpack_from(stored, at)
        at += HEAD.size
        name = str(stored[at : at + name_length], "utf-8")
        at += name_length
        if kind == b"?":
            raise ValueError(f"the disk's model does not know {name}")
        records.append(Record(kind, file, offset, name, stored[at : at + length]))
        at += length
    return records
