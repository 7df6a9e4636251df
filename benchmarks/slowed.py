"""The same program again, with every fsync slowed: what a disk over a network makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MILLISECONDS = 4.0
SOURCE = Path(__file__).with_name("slow_fsync.c")


def slowed() -> bool:
    """Say whether this program's every fsync is slowed; what it starts inherits that."""
    return "slow_fsync" in os.environ.get("LD_PRELOAD", "")


def again_slowed(module: str, arguments: list[str]) -> None:
    """Run a benchmark again in a process of its own, every fsync of it and of what it starts slowed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the database server may run as another account
        shim = f"{folder}/slow_fsync.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", shim, str(SOURCE), "-ldl"], check=True)
        environment = os.environ | {"LD_PRELOAD": shim, "SLOW_FSYNC_US": str(int(MILLISECONDS * 1000))}
        subprocess.run([sys.executable, "-m", module, *arguments], env=environment, check=True)
