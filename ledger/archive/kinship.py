"""Whether an archive is of this ledger, and of the past that this ledger still knows."""

from __future__ import annotations

from ledger.archive.manifest import Manifest
from ledger.errors import ArchiveForeign
from ledger.store.engine import Connection
from ledger.store.log import last_position
from ledger.store.whole_rows import seal

FIRST = 1


def require_kin(connection: Connection, manifest: Manifest, address: str) -> None:
    """Return if the log's first event, and the last one that the archive holds, are those it was made of.

    Raises ArchiveForeign.
    """
    if manifest.ledger != seal(connection, FIRST):
        raise ArchiveForeign(
            f"the archive {address} is one of another ledger: name another folder, or this archive's own ledger"
        )
    ends = last_position(connection)
    if manifest.position > ends:
        raise ArchiveForeign(
            f"the archive {address} holds events to position {manifest.position}, and the ledger ends at {ends}: the "
            "ledger was restored from an older backup. Keep this archive, which may be all that is left of these "
            "events, and make a new one in an empty folder"
        )
    if manifest.position and manifest.seal != seal(connection, manifest.position):
        raise ArchiveForeign(
            f"the archive {address} has another event at position {manifest.position} than the ledger: the ledger was "
            "restored from an older backup and written to since. Keep this archive, and make a new one in an empty "
            "folder"
        )
