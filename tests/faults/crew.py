"""Processes to be killed: forked with everything imported from one that has opened nothing, so that each costs little.

Run as a program, `python -m tests.faults.crew MODULE…`, it imports the modules, then reads commands, a line of JSON
each: `["start", "module:function", {keywords}]` forks a process that calls the function and answers its pid; `["wait",
pid, seconds]` answers how that one ended: its exit status, the negative number of a signal, or null where it ran on
(it is killed then). Whoever still runs when standard input ends is killed.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]


class Crew:
    """The one who forks, as a test speaks to it."""

    def __init__(self, told: IO[str], answers: IO[str]) -> None:
        self._told = told
        self._answers = answers

    def start(self, task: Callable[..., None], **keywords: Any) -> int:
        """Let a process of its own call the function (of a module that the crew was told of); return its pid.

        The pid stays the process's own until it was waited for.
        """
        pid: int = self._ask("start", f"{task.__module__}:{task.__qualname__}", keywords)
        return pid

    def wait(self, pid: int, seconds: float = 60) -> int | None:
        """Return how a process ended: 0, its status, the negative number of a signal; None where it did not end."""
        ended: int | None = self._ask("wait", pid, seconds)
        return ended

    def _ask(self, *command: Any) -> Any:
        self._told.write(json.dumps(command) + "\n")
        self._told.flush()
        return json.loads(self._answers.readline())


@contextmanager
def crew(*tasks: Callable[..., None]) -> Iterator[Crew]:
    """Run a crew whose processes call any of the tasks."""
    modules = sorted({task.__module__ for task in tasks})
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.crew", *modules],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forker:
        assert forker.stdin is not None
        assert forker.stdout is not None
        try:
            yield Crew(forker.stdin, forker.stdout)
        finally:
            forker.stdin.close()


def kill(pids: list[int]) -> None:
    """Kill processes at one moment, as nearly as one process can."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def fork() -> None:
    """Start and wait for processes as told, until standard input ends."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    running: set[int] = set()
    for line in iter(sys.stdin.readline, ""):
        command, *told = json.loads(line)
        if command == "start":
            pid = os.fork()
            if pid == 0:
                run(*told)
            running.add(pid)
            answer: int | None = pid
        else:
            pid, seconds = told
            answer = ended(pid, seconds)
            running.remove(pid)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    kill(list(running))


def run(task: str, keywords: dict[str, Any]) -> None:
    """Call a task in this process, and end it."""
    status = 1
    try:
        # The pipes are the forker's: neither read its commands nor answer in its stead.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        faulthandler.enable()
        module, _, name = task.partition(":")
        getattr(importlib.import_module(module), name)(**keywords)
        status = 0
    except BaseException:  # noqa: BLE001 — the process ends here whatever it was, with the trace and its status
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(pid: int, seconds: float) -> int | None:
    """Wait for a process, and kill it if it does not end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


if __name__ == "__main__":
    fork()
