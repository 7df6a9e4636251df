"""Where an archive lies: a folder of this machine, or whatever fsspec has an address for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Protocol

from ledger.archive.folder import Folder


class Place(Protocol):
    """Files by their names under one address; every method raises StorageError."""

    address: str

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None where there is none."""

    def open(self, name: str) -> IO[bytes] | None:
        """Open a file for reading anywhere in it; None where there is none."""

    def draft(self) -> Path:
        """Return a new empty file of this machine, to be written, then kept or unlinked."""

    def keep(self, draft: Path, name: str) -> None:
        """Put a draft under a name, whole and durably; the draft is gone then."""

    def replace(self, name: str, content: bytes) -> None:
        """Put a file in the place of the one of that name, durably and at once."""

    def names(self, folder: str) -> dict[str, float]:
        """Return the files of a folder, and when each was written last (seconds since 1970)."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone is no trouble."""

    def alone(self) -> AbstractContextManager[bool]:
        """Keep other writers away; it says whether this place can. Raises ArchiveBusy."""


def place_of(url: str | Path) -> Place:
    """Return the place of an address: a path, file:///PATH, or what fsspec knows. Raises StorageError."""
    text = str(url)
    if text.startswith("file://"):
        return Folder(Path(text.removeprefix("file://")))
    if "://" not in text:
        return Folder(Path(text))
    from ledger.archive.elsewhere import Elsewhere

    return Elsewhere(text)
