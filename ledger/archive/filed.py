"""Whether a segment's file is the one that was written."""

from __future__ import annotations

import hashlib

from ledger.archive.folder import told
from ledger.archive.manifest import Segment
from ledger.archive.place import Place

PIECE = 2**20


def file_fault(place: Place, segment: Segment) -> str | None:
    """Return what is wrong with a segment's file, as the end of a sentence; None where it is as the manifest says."""
    stream = place.open(segment.path)
    if stream is None:
        return "is missing"
    digest, size = hashlib.sha256(), 0
    with told(place.address), stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
            size += len(piece)
    if size != segment.bytes:
        return f"has {size:,} bytes where {segment.bytes:,} were written"
    return None if digest.hexdigest() == segment.sha256 else "was altered: its SHA-256 is another"
