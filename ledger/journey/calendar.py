"""Days and months of a time zone, from microseconds since 1970 UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EARLIEST = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


Month = tuple[int, int, int]
"""The first day of a local month, and instants [begin, end) that all lie in it; not always all of its instants."""


class LocalCalendar:
    """The local dates of one zone, as days since 1970-01-01.

    The zone's offset is looked up once per UTC day and kept, except on days in which it moves.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int | None] = {}
        self._months: dict[int, tuple[int, int]] = {}
        self._around: dict[int, Month] = {}

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

    def clock(self, at: int) -> int:
        """Return the local clock at the instant `at`, as microseconds since midnight of the local 1970-01-01."""
        return at + self._offset(at)

    def month(self, at: int) -> int:
        """Return the first day of the local month of the instant `at`, as days since 1970-01-01."""
        return self.month_around(at)[0]

    def month_around(self, at: int) -> Month:
        """Return the local month of the instant `at`, with instants around it that need not be asked for again."""
        return self._around.get(at // DAY) or self._month(at)

    def _month(self, at: int) -> Month:
        utc_day = at // DAY
        first, last = self._ends(utc_day)
        if first < utc_day < last:
            # No offset is as long as a day: but for its first and last day a month is the same in every zone.
            return self._around.setdefault(utc_day, (first, (first + 1) * DAY, last * DAY))
        first, _ = self._ends(self.day(at))
        # Where the offset stays the same all day, and the day ends in the month it began in, all of it is in it.
        if self._offsets[utc_day] is not None:
            begin, end = utc_day * DAY, utc_day * DAY + DAY
            if self._ends(self.day(begin))[0] == first == self._ends(self.day(end - 1))[0]:
                return self._around.setdefault(utc_day, (first, begin, end))
        return first, at, at + 1

    def _ends(self, day: int) -> tuple[int, int]:
        """Return the first and the last day of the month of a day."""
        ends = self._months.get(day)
        if ends is None:
            of = date.fromordinal(day + _EPOCH_DAY)
            first = day + 1 - of.day
            ends = self._months[day] = first, first + monthrange(of.year, of.month)[1] - 1
        return ends

    def _offset_of_day(self, utc_day: int) -> int | None:
        begin = self._offset(utc_day * DAY)
        return begin if begin == self._offset(utc_day * DAY + DAY) else None

    def _offset(self, at: int) -> int:
        # Dates end with the years 1 and 9999: in those two years UTC serves, so that every instant has a date.
        if not _EARLIEST <= at <= _LATEST:
            return 0
        offset = (_EPOCH + timedelta(microseconds=at)).astimezone(self.zone).utcoffset()
        return 0 if offset is None else offset // _MICROSECOND
