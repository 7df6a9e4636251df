"""How the text of one event becomes JSON values, with every doubt about it named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from ledger.errors import InvalidEvent, Problem
from ledger.schemas.limits import MAX_DEPTH, spoken, too_deep

MAX_LINE = 1_048_576
"""Bytes of the longest text that is read at all; no event of allowed size needs as many but for padding."""

_HUGE = 10**40


def parse(raw: bytes) -> tuple[dict[str, Any], list[Problem]]:
    """Return the object that `raw` holds, and the names that stand twice in it.

    Raises InvalidEvent where there is no object to look at further.
    """
    if len(raw) > MAX_LINE:
        raise _unreadable(f"is {len(raw)} bytes long, more than {MAX_LINE}: send one event at a time, compactly")
    twice: list[Problem] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            twice.extend(_repeated(name for name, _ in pairs))
        return members

    try:
        value = json.loads(raw.decode(), object_pairs_hook=unique, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise _unreadable(f"is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"is not JSON at character {error.pos} ({error.msg}): send one JSON object") from None
    except RecursionError:
        raise InvalidEvent([too_deep()]) from None
    if not isinstance(value, dict):
        raise _unreadable("must be one JSON object")
    return value, twice


def plain(value: Any, depth: int = 0) -> Any:
    """Return a Python value with what JSON writes as text (times, decimals, UUIDs) written so."""
    if depth > MAX_DEPTH:
        return value  # too deep to be accepted, whatever it holds
    if isinstance(value, Mapping):
        return {name: plain(member, depth + 1) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member, depth + 1) for member in value]
    if isinstance(value, str | float) and type(value) not in (str, float):
        # Other libraries' text and numbers, as numpy's: they are what they say, but no writer of JSON knows them.
        return str.__str__(value) if isinstance(value, str) else float.__float__(value)
    return msgspec.to_builtins(value) if isinstance(value, date | Decimal | UUID) else value


def _whole(digits: str) -> int:
    # Python refuses to read more than 4,300 digits; so many are out of range whatever they are.
    return int(digits) if len(digits) <= 40 else _HUGE


def _repeated(names: Iterable[str]) -> list[Problem]:
    seen: set[str] = set()
    return [
        Problem(spoken(name), "stands more than once in one object: keep the one that is meant")
        for name in names
        if name in seen or seen.add(name)  # type: ignore[func-returns-value]  # add returns None: the name is new
    ]


def _unreadable(message: str) -> InvalidEvent:
    return InvalidEvent([Problem("", message)])
