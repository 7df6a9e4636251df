"""An archive in a folder of this machine: each file is put in its place by a rename, once it is safe on the disk."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ledger.errors import ArchiveBusy, ArchiveError, PermissionRefused, StorageError, StorageFull

LOCK = ".lock"
DRAFTS = "drafts"

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def told(address: str) -> Iterator[None]:
    """Turn what a file system says inside into the ledger's own errors."""
    try:
        yield
    except OSError as error:
        raise said(error, address) from error


def said(error: OSError, address: str) -> StorageError:
    """Return the ledger's error for one of a file system."""
    if error.errno in FULL:
        return StorageFull(
            f"no room is left at {address}: free some and run the same command again, nothing was half-written"
        )
    if error.errno in FORBIDDEN:
        return PermissionRefused(f"{address} may not be read or written: check its owner and permissions")
    if isinstance(error, FileExistsError | NotADirectoryError):
        return ArchiveError(f"{address} is a file, or lies in one: name a folder")
    return ArchiveError(f"{address} cannot be used: check the path and the disk ({error.strerror or error})")


class Folder:
    """Files of a folder; see Place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.address = str(path)

    def read(self, name: str) -> bytes | None:
        with told(self.address), suppress(FileNotFoundError, NotADirectoryError):
            return (self.path / name).read_bytes()
        return None

    def open(self, name: str) -> IO[bytes] | None:
        with told(self.address), suppress(FileNotFoundError):
            return (self.path / name).open("rb")
        return None

    def draft(self) -> Path:
        with told(self.address):
            drafts = self.path / DRAFTS
            drafts.mkdir(parents=True, exist_ok=True)
            draft = drafts / secrets.token_hex(8)
            draft.touch(exist_ok=False)
            return draft

    def keep(self, draft: Path, name: str) -> None:
        with told(self.address):
            _settle(draft)
            target = self.path / name
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                _settle(self.path)
            draft.replace(target)
            _settle(target.parent)

    def replace(self, name: str, content: bytes) -> None:
        draft = self.draft()
        try:
            with told(self.address):
                draft.write_bytes(content)
            self.keep(draft, name)
        finally:
            draft.unlink(missing_ok=True)

    def names(self, folder: str) -> dict[str, float]:
        with told(self.address), suppress(FileNotFoundError), os.scandir(self.path / folder) as found:
            return {f"{folder}/{one.name}": one.stat().st_mtime for one in found}
        return {}

    def remove(self, name: str) -> None:
        with told(self.address):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the folder's lock, which ends with the process however that ends."""
        with told(self.address):
            if not self.path.is_dir():
                self.path.mkdir(parents=True, exist_ok=True)
                _settle(self.path.parent)
            lock = (self.path / LOCK).open("ab")
        with lock:
            self._take(lock)
            for left in self.names(DRAFTS):  # by a process that was killed
                self.remove(left)
            yield True

    def _take(self, lock: IO[bytes]) -> None:
        with told(self.address):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ArchiveBusy(
                    f"another process is writing the archive {self.address}: wait until it is done, then run again"
                ) from None


def _settle(path: Path) -> None:
    """Return once a file's content, or a folder's list of names, is safe on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
