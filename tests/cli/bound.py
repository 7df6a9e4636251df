"""Runs commands in a process that permissions bind, also where the tests run as root: `python -m tests.cli.bound`.

It reads a JSON list of command lines from stdin and prints for each its exit code, stdout and stderr.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from ledger.cli.run import run
from tests.cli.running import Ran, environment

DROP_FROM_BOUNDING_SET = 24
MAY_WRITE_ALL, MAY_READ_ALL = 1, 2
"""The numbers Linux has for them."""


def _unprivileged() -> None:
    """Take from root, in a child before its program starts, what lets it pass over permissions."""
    if os.geteuid() == 0:
        for right in (MAY_WRITE_ALL, MAY_READ_ALL):
            ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, right, 0, 0, 0)


def bound(folder: Path, *commands: str) -> list[Ran]:
    """Run command lines in a folder, one after the other, in a process that permissions bind."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.bound"],
        input=json.dumps([command.split() for command in commands]),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment("sqlite:///ledger.db"),
        preexec_fn=_unprivileged,
        check=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    if told is None:
        pytest.skip("the kernel refuses to bind root by permissions: run this as another account")
    return [Ran(code, out.encode(), err) for code, out, err in told]


def _ran(arguments: list[str]) -> tuple[int, str, str]:
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return code, _written(out), _written(err)


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


if __name__ == "__main__":
    unbound = os.access("ledger.db", os.W_OK) and os.access(".", os.W_OK)
    sys.stdout.write(json.dumps(None if unbound else [_ran(line) for line in json.load(sys.stdin)]))
