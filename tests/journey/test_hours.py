"""Opening hours, in the local week of a zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.journey.calendar import LocalCalendar
from ledger.journey.hours import is_open, spans, wrong_with

BERLIN = ZoneInfo("Europe/Berlin")


def open_at(written: list[str], moment: str, zone: ZoneInfo = BERLIN) -> bool:
    at = round(datetime.fromisoformat(moment).timestamp() * 1_000_000)
    return is_open(spans(written), LocalCalendar(zone).clock(at))


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2024-01-05T07:59:59.999999Z", False),  # a Friday; Berlin is an hour ahead in winter
        ("2024-01-05T08:00:00Z", True),
        ("2024-01-05T16:59:59Z", True),
        ("2024-01-05T17:00:00Z", False),
        ("2024-01-06T09:30:00Z", True),
        ("2024-01-07T09:30:00Z", False),
        ("2024-07-05T07:00:00Z", True),  # two hours in summer
        ("2024-07-05T06:59:00Z", False),
        ("2024-07-05T16:00:00Z", False),
        ("2024-03-31T01:30:00Z", False),
        ("1969-12-31T09:00:00Z", True),  # a Wednesday
    ],
)
def test_a_channel_is_open_by_the_local_clock(moment: str, open_: bool) -> None:
    assert open_at(["mon-fri 09:00-18:00", "sat 10:00-14:00"], moment) is open_


def test_the_hour_that_occurs_twice_is_open_twice_and_the_one_that_is_left_out_never() -> None:
    night = ["sun 02:00-03:00"]
    assert [open_at(night, f"2024-10-27T0{hour}:30:00Z") for hour in range(3)] == [True, True, False]
    assert [open_at(night, f"2024-03-31T0{hour}:30:00Z") for hour in range(3)] == [False, False, False]


def test_days_are_listed_and_may_go_over_the_weekend() -> None:
    assert set(spans(["fri-mon 00:00-24:00"])) == {4, 5, 6, 0}
    assert set(spans(["mon,wed-thu 08:00-09:00"])) == {0, 2, 3}
    assert set(spans(["mon-sun 00:00-24:00"])) == set(range(7))


def test_what_cannot_be_read_is_told_and_never_taken_for_closed() -> None:
    assert wrong_with("mon-fri 09:00-18:00") is None
    assert "no day" in str(wrong_with("mon-fry 09:00-18:00"))
    with pytest.raises(ValueError, match="no line of opening hours"):
        spans(["9 to 5"])
