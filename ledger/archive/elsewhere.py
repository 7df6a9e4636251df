"""An archive at an address of fsspec: an object store, a server, memory. A file there is put whole, by one request."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from ledger.archive.folder import said
from ledger.errors import ArchiveError, InvalidArgument, StorageError


class Elsewhere:
    """Files below an address; see Place. Raises InvalidArgument for an address that no installed file system knows."""

    def __init__(self, url: str) -> None:
        self.address = url.rstrip("/")
        self._fs, path = _file_system(url)
        self._root = path.rstrip("/")

    def read(self, name: str) -> bytes | None:
        with _asking(self.address):
            self._fs.invalidate_cache()
            try:
                content: bytes = self._fs.cat_file(self._at(name))
            except FileNotFoundError:
                return None
            return content

    def open(self, name: str) -> IO[bytes] | None:
        with _asking(self.address):
            try:
                stream: IO[bytes] = self._fs.open(self._at(name), "rb")
            except FileNotFoundError:
                return None
            return stream

    def draft(self) -> Path:
        with _asking(tempfile.gettempdir()):
            descriptor, name = tempfile.mkstemp(prefix="customer-ledger-", suffix=".parquet")
            os.close(descriptor)
            return Path(name)

    def keep(self, draft: Path, name: str) -> None:
        with _asking(self.address):
            target = self._at(name)
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._fs.put_file(str(draft), target)
            draft.unlink()

    def replace(self, name: str, content: bytes) -> None:
        with _asking(self.address):
            self._fs.pipe_file(self._at(name), content)

    def names(self, folder: str) -> dict[str, float]:
        with _asking(self.address):
            self._fs.invalidate_cache()
            try:
                found = self._fs.ls(self._at(folder), detail=True)
            except FileNotFoundError:
                return {}
            return {f"{folder}/{one['name'].rpartition('/')[2]}": _written(one) for one in found}

    def remove(self, name: str) -> None:
        with _asking(self.address):
            try:
                self._fs.rm_file(self._at(name))
            except FileNotFoundError:
                return

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep nobody away: such a place has no lock that ends with a process."""
        yield False

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"


def _file_system(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InvalidArgument(
            f"an archive at {url} needs fsspec: pip install 'customer-ledger[remote]', or name a folder"
        ) from None
    try:
        found: tuple[Any, str] = url_to_fs(url)
    except (ImportError, ValueError) as error:  # it says what to install, or that it knows no such address
        raise InvalidArgument(f"{url} cannot be reached: {error}") from error
    except Exception as error:
        raise _of(error, url) from error
    return found


def _written(about: dict[str, Any]) -> float:
    """Return when a file was written, in seconds since 1970; now where its store does not say so."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        at = about.get(name)
        if isinstance(at, datetime):
            return at.timestamp()
        if isinstance(at, int | float):
            return float(at)
    return time.time()


@contextmanager
def _asking(address: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _of(error, address) from error


def _of(error: Exception, address: str) -> StorageError:
    if isinstance(error, OSError):
        return said(error, address)
    # Each back end has errors of its own.
    return ArchiveError(
        f"{address} cannot be used: check the address, the network and the rights ({type(error).__name__}: {error})"
    )
