"""Reads times as they stand in a file: with an offset, off a wall clock in a named zone, or as a bare date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class Clock:
    """Turns the text of a time into the text of an instant with its offset; every error is a ValueError with the cure.

    A time with an offset keeps it. A local time is read in `zone`: one that occurs twice is its first occurrence,
    one that the clock skips moves forward to the first that exists.
    """

    def __init__(self, zone: str | None) -> None:
        self._zone = ZoneInfo(zone) if zone else None
        self._offsets: dict[date, str | None] = {}

    def instant(self, text: str) -> str:
        """Return the instant that `text` names, as ISO 8601 with offset."""
        if len(text) <= 10:
            _refuse_bare_date(text)
        moment = _parsed(text)
        if moment.tzinfo is not None:
            return _written(moment)
        if self._zone is None:
            raise ValueError(f"{text!r} has no offset from UTC: name the zone of its clock in the mapping")
        offset = self._offset_all_day(moment.date())
        return moment.isoformat() + offset if offset is not None else _written(self._local(moment))

    def day(self, text: str) -> str:
        """Return the day that `text` names: a date, or where there is a zone the instant at which that day starts."""
        day = _parsed_day(text)
        if self._zone is None:
            return day.isoformat()
        return self.instant(f"{day.isoformat()}T00:00:00")

    def day_or_instant(self, text: str) -> str:
        """Return the day where `text` is a bare date, the instant where it is more."""
        return self.day(text) if len(text) <= 10 else self.instant(text)

    def _offset_all_day(self, day: date) -> str | None:
        """Return the offset that holds on the whole of `day`, None where the clock is changed on it or beside it."""
        if day not in self._offsets:
            noon = datetime.combine(day, time(12), self._zone)
            try:
                around = {(noon + step).utcoffset() for step in (-_DAY, timedelta(), _DAY)}
            except OverflowError:
                around = set()
            whole = len(around) == 1 and not noon.strftime("%z")[5:]
            self._offsets[day] = noon.isoformat()[19:] if whole else None
        return self._offsets[day]

    def _local(self, moment: datetime) -> datetime:
        aware = moment.replace(tzinfo=self._zone, fold=0)
        try:
            if aware.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) == moment:
                return aware
            return self._after_gap(aware)
        except OverflowError as error:
            raise ValueError(f"{moment.isoformat()!r} lies beyond the years a calendar holds") from error

    def _after_gap(self, skipped: datetime) -> datetime:
        """Return the first instant after the gap of the clock that `skipped` falls in."""
        # Read with the offset before the gap, a skipped time lies after the change; with the one after it, before.
        late = skipped.astimezone(UTC).replace(microsecond=0) + _SECOND
        early = skipped.replace(fold=1).astimezone(UTC).replace(microsecond=0)
        old = early.astimezone(self._zone).utcoffset()
        while late - early > _SECOND:
            middle = early + (late - early) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self._zone).utcoffset() == old:
                early = middle
            else:
                late = middle
        return late.astimezone(self._zone)


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no ISO 8601 time: read it with strptime(column, '%d/%m/%Y %H:%M') or the like"
        ) from error


def _refuse_bare_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        return
    raise ValueError(f'{text!r} is a date without a time: say time_precision = "date", or add the time in SQL')


def _parsed_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date: read it with strptime(column, '%d/%m/%Y') or the like") from error
    if moment.tzinfo is not None or moment.time() != time():
        raise ValueError(f"{text!r} is more than a date: cut it with CAST(… AS DATE), or keep the time's precision")
    return moment.date()


def _written(moment: datetime) -> str:
    text = moment.isoformat()
    # An offset with seconds (before standard time) has no place in ISO 8601: such an instant is written in UTC.
    return text if text[-3] == ":" and text[-6] in "+-" else moment.astimezone(UTC).isoformat()
