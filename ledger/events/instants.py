"""How an event's times are read: ISO 8601 text with an offset, as microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
EARLIEST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(days=1) * _DAY
LATEST = ((datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(days=1) + 1) * _DAY - 1
"""The first and last instants of the years 0001 and 9999 in UTC; none outside is accepted."""

MAX_INSTANT = 40
"""Characters of the longest text read as an instant."""


def microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970 UTC of an aware datetime."""
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def instant(text: str) -> int:
    """Return the microseconds since 1970 UTC of `2024-05-01T10:20:30+02:00`; raise ValueError with the cure.

    Digits of a second beyond the sixth are read and left out.
    """
    try:
        moment = datetime.fromisoformat(text if len(text) <= MAX_INSTANT else "")
    except ValueError:
        raise ValueError("is no ISO 8601 instant") from None
    # fromisoformat also reads week dates, basic dates and any separator, which other readers do not.
    if text[4] != "-" or text[7] != "-" or text[10:11] not in ("T", " "):
        raise ValueError("is no ISO 8601 instant with a date, a time and an offset")
    if moment.tzinfo is None:
        raise ValueError("has no offset from UTC")
    at = microseconds(moment)
    if not EARLIEST <= at <= LATEST:
        raise ValueError("lies outside the years 0001 to 9999 in UTC")
    return at


@lru_cache(maxsize=65_536)
def start_of_day(text: str, zone: ZoneInfo) -> int:
    """Return the first instant of the date `2024-05-01` in a zone; raise ValueError with the cure.

    Where the clocks skip midnight the day starts when they do.
    """
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError("is no ISO 8601 date")
    try:
        # In a skipped hour the offset before it counts, which names the instant of the change itself.
        midnight = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise ValueError("is no ISO 8601 date") from None
    at = microseconds(midnight)
    if not EARLIEST <= at <= LATEST:
        raise ValueError("lies outside the years 0001 to 9999 in UTC")
    return at


def occurred(text: str, precision: str, zone: ZoneInfo) -> int:
    """Return the instant an event's `occurred_at` names; a date alone is allowed where the precision is `date`."""
    if precision == "date" and len(text) == 10:
        return start_of_day(text, zone)
    return instant(text)
