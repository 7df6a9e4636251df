"""Simulated time in milliseconds since 1970 UTC, written the way producers write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1)


@lru_cache(maxsize=20_000)
def day_text(day: int) -> str:
    """Return the ISO date of `day` (days since 1970)."""
    return (_FIRST_DAY + timedelta(days=day)).isoformat()


_SECONDS: list[str] = []
_MILLISECONDS: list[str] = []


def _wind() -> None:
    # Formatting a time costs more than looking up its text; a day has few enough seconds to keep them all.
    _MILLISECONDS.extend(f".{part:03d}" for part in range(1000))
    _SECONDS.extend(f"T{time(s // 3600, s // 60 % 60, s % 60)}" for s in range(86_400))


def text(at: int, offset: int = 0, suffix: str = "Z") -> str:
    """Return the ISO 8601 text of `at` on a clock that runs `offset` milliseconds ahead of UTC."""
    if not _SECONDS:
        _wind()
    at += offset
    second = at // 1000
    return f"{day_text(second // 86_400)}{_SECONDS[second % 86_400]}{_MILLISECONDS[at % 1000]}{suffix}"


@lru_cache(maxsize=20_000)
def start_of_day(day: int, zone: ZoneInfo) -> int:
    """Return when `day` (days since 1970) starts in `zone`, in milliseconds since 1970 UTC."""
    midnight = datetime.combine(_FIRST_DAY + timedelta(days=day), time(), zone)
    return milliseconds(midnight)


def milliseconds(moment: datetime) -> int:
    """Return `moment` (aware) in whole milliseconds since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def microseconds(at: int) -> int:
    """Return `at` in microseconds since 1970 UTC, the unit of the ledger's instants."""
    return at * 1000


def event_id(at: int, bits: int) -> str:
    """Return the UUIDv7 of the millisecond `at` and 80 random `bits`, of which 72 are used."""
    name = (at << 80 | bits).to_bytes(16, "big").hex()
    return f"{name[:8]}-{name[8:12]}-7{name[13:16]}-8{name[17:20]}-{name[20:]}"
