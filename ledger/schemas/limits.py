"""What no value of an event may be, wherever it stands: the limits that every JSON reader and database can keep."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from ledger.errors import Problem
from ledger.events.fields import SAFE_INTEGER

MAX_EVENT = 65_536
"""Bytes of an event's compact JSON encoding."""

MAX_DEPTH = 32
"""Objects and lists within each other, the event itself counted."""

_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels: flatten it"
_WHOLE = f"must be within ±{SAFE_INTEGER}, which every JSON reader can hold: write a longer number as a string"


def too_large(size: int) -> Problem:
    """Return the problem of an event whose compact JSON encoding is larger than allowed."""
    return Problem("", f"is {size} bytes of compact JSON, more than {MAX_EVENT}: keep large content elsewhere, link it")


def too_deep(field: str = "") -> Problem:
    """Return the problem of an event that is nested too deeply."""
    return Problem(field, _TOO_DEEP)


def breaches(value: Any, path: str = "", depth: int = 1) -> Iterator[Problem]:
    """Yield what in a JSON value breaks the limits; `value` stands at `path`, `depth` levels deep."""
    stack = [(path, value, depth)]
    while stack:
        path, value, depth = stack.pop()
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                yield too_deep(path)
                continue
            stack.extend(_members(path, value, depth + 1))
            if isinstance(value, dict):
                yield from (Problem(path, f"has a name that {why}") for why in map(_name, value) if why)
        elif why := _scalar(value):
            yield Problem(path, why)


def spoken(name: object) -> str:
    """Return a name as it can be printed anywhere: no NUL, no half of a surrogate pair, not endless."""
    text = str(name).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text if len(text) <= 80 else text[:79] + "…"


def _members(path: str, value: dict[Any, Any] | list[Any], depth: int) -> list[tuple[str, Any, int]]:
    named = value.items() if isinstance(value, dict) else enumerate(value)
    return [(f"{path}.{spoken(name)}" if path else spoken(name), member, depth) for name, member in named][::-1]


def _name(name: Any) -> str | None:
    return _text(name) if isinstance(name, str) else "is no string: write it as one"


def _scalar(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return None if -SAFE_INTEGER <= value <= SAFE_INTEGER else _WHOLE
    if isinstance(value, float):
        return None if isfinite(value) else "must be a finite number: leave it out where it is not known"
    return f"is a {type(value).__name__}, which JSON cannot hold: write it as text or as a number"


def _text(value: str) -> str | None:
    if "\0" in value:
        return "holds the character NUL, which databases refuse: take it out"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "holds half of a surrogate pair, which is no character: take it out or repair the encoding"
    return None
