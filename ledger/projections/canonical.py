"""The canonical text of a JSON column: sorted keys, no spaces, so that equal values are equal texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.json import Encoder

_encode = Encoder(order="sorted").encode


def canonical(value: dict[str, Any] | Sequence[Any]) -> str:
    """Return the canonical text of an object or a list."""
    return _encode(value).decode() if value else "{}" if isinstance(value, dict) else "[]"
