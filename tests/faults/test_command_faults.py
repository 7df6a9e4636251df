"""`customer-ledger append` meets a failing system call: a sentence, a documented code, and what it printed is kept."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.cli.exits import Exit
from tests.faults.extent import many
from tests.faults.nursery import fault_options, url_of
from tests.faults.oracle import Key, Place, expect_sound, violations
from tests.faults.victim import sendings
from tests.ledgers import MEMORY, sqlite_copy

pytestmark = pytest.mark.needs("strace")

FAULTS = (
    "fdatasync,fsync:error=EIO:when=2+",
    "pwrite64:error=ENOSPC:when={}",
    "openat:error=EROFS:when=1+",
    "pread64:error=EIO:when={}",
    "pwrite64:error=EIO:when={}+",
    "pwrite64:error=EINTR:when=1+2",
    "ftruncate:error=ENOSPC:when=1",
    "mmap:error=ENOMEM:when=1+",
    "%%stat:error=EIO:when=1+",
)


def appended(folder: str, *fault: str) -> tuple[subprocess.CompletedProcess[str], dict[Key, Place]]:
    """Run `append` on the file of the folder, under strace where a fault is named; return its end and its places."""
    command = [sys.executable, "-m", "ledger", "append", "--format", "ndjson", f"{folder}/events.ndjson"]
    if fault:
        command = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-o",
            f"{folder}/trace",
            *fault_options(folder, *fault),
            *command,
        ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    done = subprocess.run(
        command,
        env=kept | {"LEDGER_URL": url_of(folder), "PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done, {(line["source"], line["event_id"]): Place(line["position"], line["version"]) for line in lines}


def test_a_command_whose_disk_fails_ends_in_a_sentence_and_keeps_what_it_printed(tell: Callable[..., None]) -> None:
    points = 0
    codes: Counter[str] = Counter()
    for number in range(many(1, 27)):
        chance = random.Random(number)
        calls, fault = FAULTS[number % len(FAULTS)].format(chance.randint(1, 60)).split(":", 1)
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            url = sqlite_copy(Path(folder))
            sent = sendings(number)
            lines = [json.dumps(wire) for wire in sent.bulk]
            Path(folder, "events.ndjson").write_text("\n".join(lines))
            done, places = appended(folder, calls, fault)
            seen = f"fault {number} ({calls}:{fault}): {done}"
            injected = Path(folder, "trace").read_text(errors="replace").count("(INJECTED)")
            points += injected > 0
            codes[Exit(done.returncode).name] += 1
            assert "Traceback" not in done.stderr, seen
            assert done.returncode in {Exit.DONE, Exit.STORAGE}, seen
            if done.returncode == Exit.STORAGE:
                assert done.stderr.splitlines()[-1].startswith("Error: "), seen
            assert violations(url, places, sent.keys) == [], seen
            again, now = appended(folder)
            assert again.returncode == Exit.DONE, again
            assert places.items() <= now.items(), seen
            expect_sound(url, now, sent=sent.keys, projections=False)
    tell(points=points, **codes)
    assert points >= many(1, 20)
    assert codes[Exit.STORAGE.name] > 0
