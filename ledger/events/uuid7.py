"""Time-ordered identities for events whose producer gave none: UUID version 7 (RFC 9562)."""

from __future__ import annotations

import os
import time
from uuid import UUID


def uuid7(milliseconds: int | None = None, noise: bytes | None = None) -> str:
    """Return a UUIDv7 of milliseconds since 1970 and ten random bytes; both are this machine's if left out."""
    if milliseconds is None:
        milliseconds = time.time_ns() // 1_000_000
    raw = bytearray(milliseconds.to_bytes(6, "big") + (os.urandom(10) if noise is None else noise))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))
