"""The canonical text of a JSON column: sorted keys, no spaces, so that equal values are equal texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec.json import Encoder, decode

NO_SEGMENTS = "{}"
"""The segments of a customer who was never placed in one."""

_encode = Encoder(order="sorted").encode


def canonical(value: dict[str, Any] | Sequence[Any]) -> str:
    """Return the canonical text of an object or a list."""
    return _encode(value).decode() if value else "{}" if isinstance(value, dict) else "[]"


@lru_cache(maxsize=4096)
def with_segment(segments: str, scheme: str, segment: str) -> str:
    """Return the text of `segments` ({scheme: segment}) after the customer was placed in another one."""
    current = decode(segments, type=dict[str, str])
    current[scheme] = segment
    return canonical(current)
