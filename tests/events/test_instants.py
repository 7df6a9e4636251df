"""Times are read as ISO 8601 with an offset, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.event import utc
from ledger.events.instants import EARLIEST, LATEST, instant, occurred, start_of_day

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=OFFSETS)  # noqa: DTZ001  # hypothesis adds the zone


@given(MOMENTS)
def test_an_instant_is_read_as_it_was_written(moment: datetime) -> None:
    assert utc(instant(moment.isoformat())) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01 00:00+00:00", 0),
        ("1970-01-01T01:00:00.5+01:00", 500_000),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01T00:00:00.1234567899Z", 123_456),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_an_instant_is_microseconds_since_1970(text: str, expected: int) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-01",
        "2024-05-01T10:20:30",
        "20240501T102030Z",
        "2024-W18-3T10:20:30Z",
        "2024-05-01x10:20:30Z",
        "2024-02-30T10:20:30Z",
        "2024-05-01T10:20:61Z",
        "٢٠٢٤-05-01T10:20:30Z",
        " 2024-05-01T10:20:30Z",
        "2024-05-01T10:20:30Z\n",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2024-05-01T10:20:30." + "1" * 40 + "Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|has no|lies outside"):
        instant(text)


def test_a_date_is_the_start_of_that_day_in_its_zone() -> None:
    expected = datetime(1997, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert utc(occurred("1997-01-12", "date", ZoneInfo("Europe/Berlin"))) == expected


def test_a_day_whose_midnight_was_skipped_starts_when_the_clocks_do() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    assert utc(start_of_day("2017-10-15", zone)).astimezone(zone).isoformat() == "2017-10-15T01:00:00-02:00"


def test_a_date_with_a_time_keeps_its_own_offset() -> None:
    assert occurred("1970-01-01T01:00:00+01:00", "date", ZoneInfo("Asia/Tokyo")) == 0


@pytest.mark.parametrize(
    ("text", "precision", "zone"),
    [
        ("1997-01-12", "instant", "UTC"),
        ("1997-01-12", "unknown", "UTC"),
        ("1997-02-30", "date", "UTC"),
        ("1997-W02-1", "date", "UTC"),
        ("0001-01-01", "date", "Asia/Tokyo"),
    ],
)
def test_what_is_no_date_is_refused(text: str, precision: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"is no|has no|lies outside"):
        occurred(text, precision, ZoneInfo(zone))
