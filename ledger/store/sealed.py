"""Opening a SQLite file that may not be written, as on a medium that an auditor is handed."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from ledger.errors import LedgerBusy, PermissionRefused

SEALED = "ledger.sealed"
"""Where a connection keeps what the file was when it was opened as one that nobody changes."""


def connect_sealed(_dialect: Any, record: Any, address: tuple[str, ...], options: dict[str, Any]) -> Any:
    """Return a connection to a file that may not be written and stands alone; None for any other.

    SQLite reads a file that has a log of writes (-wal) beside it only where it may make an index (-shm) there too, and
    would leave both behind, which nobody might write later. Raises PermissionRefused where that index cannot be made.
    """
    path = Path(address[0]).absolute()
    if not path.exists() or (_writable(path) and _writable(path.parent)):
        return None
    wal, shm = _beside(path, "-wal"), _beside(path, "-shm")
    if _size(wal) and not shm.exists() and not _writable(path.parent):
        raise PermissionRefused(
            f"the last events of {path.name} are in {wal.name}, which can be read only where its folder may be "
            "written: copy both files into a folder of your own"
        )
    if _size(wal) or (wal.exists() and shm.exists()):  # an index alone is a leftover, which SQLite would stumble over
        return None
    record.info[SEALED] = (path, _looks(path))
    return sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, **options)


def require_unchanged(info: dict[str, Any]) -> None:
    """Check that a file opened as one that nobody changes was not changed. Raises LedgerBusy."""
    if SEALED in info:
        path, looked = info[SEALED]
        if not path.exists() or _looks(path) != looked:
            raise LedgerBusy(f"{path.name} was written by somebody else while it was read: run the same again")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _looks(path: Path) -> tuple[int, ...]:
    told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns, _size(_beside(path, "-wal"))
