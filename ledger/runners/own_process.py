"""A process of our own beside this one: a program of its own, so that a script needs no guard around its main part."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

Process = subprocess.Popen[bytes]


def start(program: str) -> tuple[Process, Connection]:
    """Run a program that is told where this package is, which of its files is the pipe, and who we are.

    Return it and our end of the pipe.
    """
    ours, theirs = Pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(Path(__file__).parents[2]), str(theirs.fileno()), str(os.getpid())],
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


def leave_with_parent(parent: int) -> None:
    """End this process within a second or so of its parent's end, whatever it is doing; called in the process itself.

    A killed parent ends nothing by itself, and who computes would notice only once the pipe is written or read.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
