"""Times on the command line: an ISO 8601 instant, a date, or how long ago, as in `7d`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


EARLIEST = -719_161 * 86_400_000_000
"""The start of 0001-01-02 in UTC, in microseconds since 1970: what is earlier may have no day in a zone."""


class When(NamedTuple):
    """A time as it was given; it has a meaning once the clock and the ledger's zone are known."""

    text: str

    def resolve(self, now: int, zone: ZoneInfo) -> int:
        """Return microseconds since 1970 UTC: so long before `now`, the start of a day in `zone`, or the instant."""
        from ledger.events.instants import instant, start_of_day
        from ledger.schemas.duration import duration

        if self.text == "now":
            return now
        if self.text[-1:] in "wdhms":
            return now - duration(self.text)
        return start_of_day(self.text, zone) if len(self.text) == 10 else instant(self.text)


class Time(click.ParamType[When]):
    """A time, checked as soon as it is given."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> When:
        if isinstance(value, When):
            return value
        from zoneinfo import ZoneInfo

        when = When(str(value).strip())
        try:
            if when.resolve(0, ZoneInfo("UTC")) < EARLIEST:
                self.fail(f"{str(value)!r} is too long ago: no calendar goes back before 0001-01-02", param, ctx)
        except (ValueError, IndexError):
            self.fail(
                f"{str(value)!r} is no time: write 2024-05-01, 2024-05-01T10:20:30+02:00 (with its offset, or Z), "
                "or how long ago, as in 7d, 12h, 30m",
                param,
                ctx,
            )
        return when


TIME = Time()


class Length(click.ParamType[int]):
    """A length of time, in microseconds."""

    name = "length"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from ledger.schemas.duration import duration

        try:
            return value if isinstance(value, int) else duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


LENGTH = Length()
