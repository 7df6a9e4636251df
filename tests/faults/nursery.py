"""Starts victims quickly, and sets a fault on each: one process has all imports behind it and forks one at a time.

    python -m tests.faults.nursery FOLDER

opens the ledger of a folder once, so that everything is imported, then reads a task a line and answers with how its
victim ended. The fault is strace's: it attaches to the victim, lets chosen system calls on the ledger's files fail or
sends a signal at them, and writes down what it did.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger import Ledger
from tests.faults.victim import work
from tests.ledgers import MEMORY, sqlite_copy
from tests.store.events import order

PATIENCE = 60.0
"""Seconds after which a victim that has not ended is one that hangs."""

SUFFIXES = ("", "-wal", "-shm", "-journal")


class Task(Struct, frozen=True):
    """One victim: the folder of its `ledger.db`, the number that says what it sends, and the fault set on it.

    `calls` and `fault` are as strace writes them: `pwrite64`, `error=EIO:when=3+`.
    """

    folder: str
    number: int
    calls: str
    fault: str
    open_first: bool


class End(Struct, frozen=True):
    """How a victim ended: its exit code or minus the signal, and how many calls the fault was done to."""

    code: int
    injected: int
    hung: bool = False


def url_of(folder: str | Path) -> str:
    return f"sqlite:///{folder}/ledger.db"


@contextmanager
def nursery() -> Iterator[subprocess.Popen[bytes]]:
    """Run a nursery until the end of the block."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        sqlite_copy(Path(folder))
        command = [sys.executable, "-m", "tests.faults.nursery", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield process
            assert process.stdin is not None
            process.stdin.close()


def ended(process: subprocess.Popen[bytes], task: Task) -> End:
    """Have a nursery run a victim to its end."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(task) + b"\n")
    process.stdin.flush()
    return msgspec.json.decode(process.stdout.readline(), type=End)


def run(task: Task) -> End:
    """Fork a victim, attach strace to it, let it go, and wait for its end."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ready[0])
        os.close(go[1])
        be_victim(task, ready[1], go[0])
    os.close(ready[1])
    os.close(go[0])
    try:
        os.read(ready[0], 1)
        tracer = attached(task, pid)
        os.write(go[1], b"g")
    finally:
        # Where strace does not attach, the victim reads an end here, and goes.
        os.close(ready[0])
        os.close(go[1])
    code, hung = waited(pid)
    tracer.wait(PATIENCE)
    trace = Path(task.folder, "trace").read_text(errors="replace")
    return End(code, trace.count("(INJECTED)") or int("+++ killed by SIGKILL" in trace), hung)


def be_victim(task: Task, ready: int, go: int) -> None:
    """Work in a forked child, which never returns into its parent's loop."""
    try:
        # A system that guards against being traced lets only a process's parents do it: here its parent's child does.
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & (2**64 - 1)), 0, 0, 0)

        def told() -> None:
            os.write(ready, b"r")
            if not os.read(go, 1):
                os._exit(2)

        work(url_of(task.folder), task.number, Path(task.folder, "notes"), ready=told, open_first=task.open_first)
        os._exit(0)
    except BaseException:  # noqa: BLE001 — whatever it is, its words must be seen and the child must end here
        traceback.print_exc()
    finally:
        os._exit(1)


def attached(task: Task, pid: int) -> subprocess.Popen[bytes]:
    """Return a strace that is attached to the process."""
    command = [
        "strace",
        "-f",
        "-p",
        str(pid),
        "-o",
        f"{task.folder}/trace",
        *fault_options(task.folder, task.calls, task.fault),
    ]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if b"attached" not in said:
        raise RuntimeError(f"strace could not attach: {said.decode()}")
    return tracer


def fault_options(folder: str | Path, calls: str, fault: str) -> list[str]:
    """Return strace's options for a fault: only calls on the ledger's own files are counted, and fail."""
    paths = [option for suffix in SUFFIXES for option in ("-P", f"{folder}/ledger.db{suffix}")]
    return [*paths, "-e", f"trace={calls}", "-e", f"inject={calls}:{fault}"]


def waited(pid: int) -> tuple[int, bool]:
    """Wait for a child; kill one that hangs. Return its code, or minus the signal, and whether it hung."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), False
        time.sleep(0.002)
    os.kill(pid, 9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), True


def main(folder: str) -> None:
    """Run the tasks of standard input, one after the other."""
    with Ledger.open(url_of(folder)) as ledger:
        ledger.append(order("o1"))
    for line in sys.stdin.buffer:
        end = run(msgspec.json.decode(line, type=Task))
        sys.stdout.buffer.write(msgspec.json.encode(end) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
