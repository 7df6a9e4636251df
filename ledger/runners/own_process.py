"""A process of our own beside this one: a program of its own, so that a script needs no guard around its main part."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

Process = subprocess.Popen[bytes]


def start(program: str) -> tuple[Process, Connection]:
    """Run a program that is told where this package is and which of its files is the pipe; return it and our end."""
    ours, theirs = Pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(Path(__file__).parents[2]), str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        # Ctrl-C is the parent's to answer.
        start_new_session=True,
    )
    theirs.close()
    return process, ours


def end(process: Process, pipe: Connection) -> None:
    """End the process, whatever it is doing."""
    pipe.close()
    process.kill()
    process.wait()
