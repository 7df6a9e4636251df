"""Days and months of a time zone, from microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EARLIEST = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class LocalCalendar:
    """The local dates of one zone, as days since 1970-01-01.

    The zone's offset is looked up once per UTC day and kept, except on days in which it moves.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int | None] = {}
        self._months: dict[int, int] = {}
        self._whole: dict[int, int] = {}

    def day(self, at: int) -> int:
        """Return the local date of the instant `at`, as days since 1970-01-01."""
        utc_day = at // DAY
        try:
            offset = self._offsets[utc_day]
        except KeyError:
            offset = self._offsets[utc_day] = self._offset_of_day(utc_day)
        if offset is None:
            offset = self._offset(at)
        return (at + offset) // DAY

    def month(self, at: int) -> int:
        """Return the first day of the local month of the instant `at`, as days since 1970-01-01."""
        first = self._whole.get(at // DAY)
        return self._month(at) if first is None else first

    def _month(self, at: int) -> int:
        utc_day = at // DAY
        first = self._first(self.day(at))
        # Where the offset stays the same all day, and the day ends in the month it began in, all of it is in it.
        if self._offsets[utc_day] is not None:
            ends = self._first(self.day(utc_day * DAY)), self._first(self.day(utc_day * DAY + DAY - 1))
            if ends == (first, first):
                self._whole[utc_day] = first
        return first

    def _first(self, day: int) -> int:
        first = self._months.get(day)
        if first is None:
            first = self._months[day] = day + 1 - date.fromordinal(day + _EPOCH_DAY).day
        return first

    def _offset_of_day(self, utc_day: int) -> int | None:
        begin = self._offset(utc_day * DAY)
        return begin if begin == self._offset(utc_day * DAY + DAY) else None

    def _offset(self, at: int) -> int:
        # Dates end with the years 1 and 9999: in those two years UTC serves, so that every instant has a date.
        if not _EARLIEST <= at <= _LATEST:
            return 0
        offset = (_EPOCH + timedelta(microseconds=at)).astimezone(self.zone).utcoffset()
        return 0 if offset is None else offset // _MICROSECOND
