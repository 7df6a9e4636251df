"""Opening hours: when in a local week a channel is open, as a company writes it: `mon-fri 09:00-18:00`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = 3_600_000_000
MINUTE = 60_000_000
DAY = 24 * HOUR
_THURSDAY = 3
"""The day of the week of 1970-01-01, Monday being 0."""

_WRITTEN = re.compile(r"([a-z,-]+) +([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_AN_EXAMPLE = "as in `mon-fri 09:00-18:00` or `sat,sun 10:00-14:00`"

Spans = Mapping[int, tuple[tuple[int, int], ...]]
"""By day of the week, Monday being 0: [opens, closes) in microseconds of the local day."""


def wrong_with(written: str) -> str | None:
    """Return what is wrong with one line of opening hours, with its cure; None where it can be read."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return f"is no line of opening hours: write days and times, {_AN_EXAMPLE}"
    for named in re.split("[,-]", found[1]):
        if named not in DAYS:
            return f"names {named!r}, which is no day: use {', '.join(DAYS)}, {_AN_EXAMPLE}"
    if any(part.count("-") > 1 for part in found[1].split(",")):
        return f"names more than two ends of one stretch of days: write it {_AN_EXAMPLE}"
    return _wrong_with_times(found)


def _wrong_with_times(found: re.Match[str]) -> str | None:
    opens, closes = _time(found[2], found[3]), _time(found[4], found[5])
    if max(opens, closes) > DAY or int(found[3]) > 59 or int(found[5]) > 59:
        return "names a time that no day has: write 00:00 to 24:00"
    if opens >= closes:
        return "ends before it begins: write it as two lines, one up to 24:00 and one from 00:00 of the next day"
    return None


def spans(written: Iterable[str]) -> Spans:
    """Return when a channel with these lines, which nothing is wrong with, is open."""
    week: dict[int, list[tuple[int, int]]] = {}
    for line in written:
        found = _WRITTEN.fullmatch(line)
        if found is None:
            raise ValueError(f"{line!r} {wrong_with(line)}")
        for day in _days(found[1]):
            week.setdefault(day, []).append((_time(found[2], found[3]), _time(found[4], found[5])))
    return {day: tuple(sorted(open_)) for day, open_ in week.items()}


def is_open(week: Spans, clock: int) -> bool:
    """Say whether it is open at that local clock, in microseconds since midnight of the local 1970-01-01."""
    day, within = divmod(clock, DAY)
    return any(opens <= within < closes for opens, closes in week.get((day + _THURSDAY) % 7, ()))


def _days(named: str) -> list[int]:
    """Return the days of the week that a text names: a stretch may go over the weekend, as in `fri-mon`."""
    found: list[int] = []
    for part in named.split(","):
        first, _, last = part.partition("-")
        start = DAYS.index(first)
        found += [(start + more) % 7 for more in range((DAYS.index(last or first) - start) % 7 + 1)]
    return list(dict.fromkeys(found))


def _time(hours: str, minutes: str) -> int:
    return int(hours) * HOUR + int(minutes) * MINUTE
