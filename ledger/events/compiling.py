"""msgspec compiles a class when it is first read by, and whoever reads by it meanwhile crashes the process (0.22)."""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import msgspec

T = TypeVar("T")

# One for the process: msgspec keeps what it compiled beside the class, and classes share the classes of their fields.
_one_at_a_time = Lock()


def compiled(type: T) -> T:
    """Return a type once msgspec has compiled it whole, so that every thread may read by it."""
    with _one_at_a_time:
        msgspec.json.Decoder(type)
    return type
