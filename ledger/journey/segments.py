"""The segments a customer is in, one of each scheme, as canonical JSON text: equal segments are equal texts."""

from __future__ import annotations

from functools import lru_cache

from msgspec.json import Encoder, decode

NO_SEGMENTS = "{}"
"""The segments of a customer who was never placed in one."""

_encode = Encoder(order="sorted").encode


@lru_cache(maxsize=4096)
def with_segment(segments: str, scheme: str, segment: str) -> str:
    """Return the text of `segments` ({scheme: segment}) after the customer was placed in another one."""
    current = decode(segments, type=dict[str, str])
    current[scheme] = segment
    return _encode(current).decode()
