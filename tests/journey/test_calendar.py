"""Days and months of a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journey.calendar import LocalCalendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "America/Sao_Paulo", "Europe/Amsterdam", "Asia/Kolkata", "Pacific/Apia", "Africa/Monrovia"]
CALENDARS = {zone: LocalCalendar(ZoneInfo(zone)) for zone in ZONES}


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  the bounds are naive by hypothesis's contract
)
def test_the_day_is_that_of_the_local_clock(zone: str, moment: datetime) -> None:
    local = moment.astimezone(ZoneInfo(zone)).date()
    calendar = CALENDARS[zone]
    assert EPOCH.date() + timedelta(days=calendar.day(microseconds(moment))) == local
    assert EPOCH.date() + timedelta(days=calendar.month(microseconds(moment))) == local.replace(day=1)


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        ("America/Sao_Paulo", "2018-01-01T01:59:59+00:00", "2017-12-31"),
        ("America/Sao_Paulo", "2018-01-01T02:00:00+00:00", "2018-01-01"),
        ("America/Sao_Paulo", "2018-11-04T02:59:59+00:00", "2018-11-03"),  # midnight is skipped this day
        ("America/Sao_Paulo", "2018-11-04T03:00:00+00:00", "2018-11-04"),
        ("Pacific/Apia", "2011-12-30T09:59:59+00:00", "2011-12-29"),  # the day after is skipped whole
        ("Pacific/Apia", "2011-12-30T10:00:00+00:00", "2011-12-31"),
        ("Africa/Monrovia", "1972-01-07T00:44:29+00:00", "1972-01-06"),  # an offset of 44 minutes and 30 seconds
        ("Africa/Monrovia", "1972-01-07T00:44:30+00:00", "1972-01-07"),
    ],
)
def test_days_on_which_the_clocks_move_are_counted_right(zone: str, moment: str, local: str) -> None:
    day = CALENDARS[zone].day(microseconds(datetime.fromisoformat(moment)))
    assert (EPOCH.date() + timedelta(days=day)).isoformat() == local


def test_the_first_and_last_instants_that_can_be_recorded_have_a_day() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for calendar in CALENDARS.values():
        for moment in (first, last):
            assert abs(calendar.day(microseconds(moment)) - (moment - EPOCH).days) <= 1
            assert abs(calendar.month(microseconds(moment)) - (moment - EPOCH).days) <= 31


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  as above
    st.integers(-3, 3).map(lambda days: timedelta(days=days)),
)
def test_what_is_said_to_lie_around_an_instant_lies_in_its_month(zone: str, moment: datetime, days: timedelta) -> None:
    # Around the first of a month, where months end earlier in one zone than in the other.
    at = microseconds(moment.replace(day=1) + days)
    month, begin, end = CALENDARS[zone].month_around(at)
    assert begin <= at < end
    assert {LocalCalendar(ZoneInfo(zone)).month(one) for one in (begin, at, end - 1)} == {month}
    first = (EPOCH + timedelta(microseconds=begin)).astimezone(ZoneInfo(zone)).date().replace(day=1)
    last = (EPOCH + timedelta(microseconds=end - 1)).astimezone(ZoneInfo(zone)).date().replace(day=1)
    assert first == last == EPOCH.date() + timedelta(days=month)
