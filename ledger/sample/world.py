"""What all simulated people share: the span of time, the zone of dates, the truth being kept."""

from __future__ import annotations

from bisect import bisect_right
from zoneinfo import ZoneInfo

from ledger.journey.calendar import LocalCalendar
from ledger.sample.clock import HOUR, MINUTE, day_text, start_of_day

_CLOCKS: tuple[tuple[int, str], ...] = (
    (0, "Z"),
    (HOUR, "+01:00"),
    (2 * HOUR, "+02:00"),
    (-5 * HOUR, "-05:00"),
    (-3 * HOUR, "-03:00"),
    (5 * HOUR + 30 * MINUTE, "+05:30"),
)
_CLOCK_SHARES = (0.35, 0.65, 0.85, 0.92, 0.97)


class World:
    """The span [start, end) in milliseconds since 1970 UTC, and the zone whose days a date without time means."""

    def __init__(self, start: int, end: int, zone: ZoneInfo) -> None:
        self.start = start
        self.end = end
        self.zone = zone
        self._calendar = LocalCalendar(zone)

    def clock(self, share: float) -> tuple[int, str]:
        """Return the clock that a share (0 to below 1) of people write times by: milliseconds ahead of UTC, suffix."""
        return _CLOCKS[bisect_right(_CLOCK_SHARES, share)]

    def date(self, at: int) -> str:
        """Return the ISO date of `at` in the zone."""
        return day_text(self._calendar.day(at * 1000))

    def start_of_day(self, at: int) -> int:
        """Return the start of the day of `at` in the zone."""
        return start_of_day(self._calendar.day(at * 1000), self.zone)
