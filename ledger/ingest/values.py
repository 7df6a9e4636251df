"""What becomes of an SQL value on its way to the wire, by its SQL type and the field it is for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from ledger.events.fields import Precision
from ledger.ingest.clock import Clock
from ledger.ingest.mapping import Expression

Convert = Callable[[Any], Any]
"""Turns a value as DuckDB gives it into a JSON value; a ValueError says why it cannot."""

_OFFSET_TIME = "TIMESTAMP WITH TIME ZONE"
_AS_TEXT = re.compile(r"DECIMAL|UUID|TIME\b|ENUM|BIGNUM|VARINT")
_AS_TIME = re.compile(r"TIMESTAMP|DATE\b")
_NEVER = re.compile(r"BLOB|INTERVAL|\bBIT\b|GEOMETRY|VARIANT|UNION|TIME WITH TIME ZONE")


def unfit(kind: str) -> bool:
    """Say whether no event can hold a value of this SQL type."""
    if kind == _OFFSET_TIME:
        return False
    # A time with an offset inside a list or a struct comes without the offset it was written with.
    return bool(_NEVER.search(kind)) or (_is_nested(kind) and _OFFSET_TIME in kind)


def on_the_wire(expression: Expression, sql: str, kind: str, precision: Precision) -> tuple[str, Convert | None]:
    """Return the SQL and the conversion that give a value of this SQL type the form it has on the wire."""
    nested = _is_nested(kind)
    if expression.time or (_AS_TIME.match(kind) and not nested):
        text = f"CAST({sql} AS VARCHAR)"
        if kind == _OFFSET_TIME:
            text = f"strftime(timezone('UTC', {sql}), '%Y-%m-%dT%H:%M:%S.%f+00:00')"
        return text, _reading(Clock(expression.zone), expression, precision)
    if expression.field == "source_sequence":
        return f"CAST({sql} AS BIGINT)", None
    if not expression.field.startswith("data."):
        return f"CAST({sql} AS VARCHAR)", None
    if kind == "JSON":
        return f"CAST({sql} AS VARCHAR)", _json
    if nested:
        return sql, _plain
    if _AS_TEXT.match(kind):
        return f"CAST({sql} AS VARCHAR)", None
    return sql, _finite if kind in {"FLOAT", "DOUBLE"} else None


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def _reading(clock: Clock, expression: Expression, precision: Precision) -> Convert:
    if expression.field != "occurred_at" or precision in {"instant", "minute"}:
        return clock.instant
    return clock.day if precision == "date" else clock.day_or_instant


def _json(text: str) -> Any:
    return msgspec.json.decode(text)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number an event can hold")
    return value


def _plain(value: Any) -> Any:
    """Return a nested value as JSON has it: decimals and times as text, without what has no value."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return _finite(value) if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
