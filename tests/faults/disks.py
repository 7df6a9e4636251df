"""Small real disks, for tests that fill them: each a tmpfs, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount an empty disk on a folder until the end of the block; skip the test where nobody may."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk: run this as root, in a container")
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the kernel refuses to mount a disk here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> None:
    """Fill the disk until `left` bytes are free, so that whoever needs more finds it full."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with (disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free - left)


def give_room(disk: Path) -> None:
    """Take away what `fill` put there."""
    (disk / "ballast").unlink()
