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
_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02d}." for second in range(60))
_MILLISECONDS = tuple(f"{part:03d}" for part in range(1000))


@lru_cache(maxsize=20_000)
def day_text(day: int) -> str:
    """Return the ISO date of `day` (days since 1970)."""
    return (_FIRST_DAY + timedelta(days=day)).isoformat()


def text(at: int, offset: int = 0, suffix: str = "Z") -> str:
    """Return the ISO 8601 text of `at` on a clock that runs `offset` milliseconds ahead of UTC."""
    day, rest = divmod(at + offset, DAY)
    minute, rest = divmod(rest, MINUTE)
    second, part = divmod(rest, SECOND)
    return day_text(day) + _MINUTES[minute] + _SECONDS[second] + _MILLISECONDS[part] + suffix


@lru_cache(maxsize=20_000)
def start_of_day(day: int, zone: ZoneInfo) -> int:
    """Return when `day` (days since 1970) starts in `zone`, in milliseconds since 1970 UTC."""
    midnight = datetime.combine(_FIRST_DAY + timedelta(days=day), time(), zone)
    return milliseconds(midnight)


def local_day(at: int, zone: ZoneInfo) -> int:
    """Return the local day of `at` in `zone`, in days since 1970."""
    local = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)
    return local.date().toordinal() - _FIRST_DAY.toordinal()


def milliseconds(moment: datetime) -> int:
    """Return `moment` (aware) in whole milliseconds since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def event_id(at: int, bits: int) -> str:
    """Return the UUIDv7 of the millisecond `at` and 74 random `bits`."""
    high = f"{at:012x}7{bits >> 62:03x}"
    low = f"{bits & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000:016x}"
    return f"{high[:8]}-{high[8:12]}-{high[12:]}-{low[:4]}-{low[4:]}"
