from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.ingest.clock import Clock

SAO_PAULO = "America/Sao_Paulo"
ZONES = [
    SAO_PAULO,
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Monrovia",
    "UTC",
]


def test_a_local_time_is_read_off_the_clock_of_its_zone() -> None:
    assert Clock(SAO_PAULO).instant("2018-07-29 13:54:51") == "2018-07-29T13:54:51-03:00"
    assert Clock(SAO_PAULO).instant("2018-01-15T13:54:51.25") == "2018-01-15T13:54:51.250000-02:00"


def test_a_time_that_occurs_twice_is_its_first_occurrence() -> None:
    assert Clock(SAO_PAULO).instant("2018-02-17 23:30:00") == "2018-02-17T23:30:00-02:00"


def test_a_time_that_the_clock_skips_moves_forward_to_the_first_that_exists() -> None:
    assert Clock(SAO_PAULO).instant("2017-10-15 00:00:00") == "2017-10-15T01:00:00-02:00"
    assert Clock(SAO_PAULO).instant("2017-10-15 00:59:59.999999") == "2017-10-15T01:00:00-02:00"


def test_a_day_that_the_clock_skips_moves_forward_to_the_next() -> None:
    assert Clock("Pacific/Apia").instant("2011-12-30 10:00:00") == "2011-12-31T00:00:00+14:00"


def test_a_time_with_an_offset_keeps_it_whatever_the_zone() -> None:
    assert Clock(SAO_PAULO).instant("2011-10-11 13:45:40.276000+02:00") == "2011-10-11T13:45:40.276000+02:00"
    assert Clock(None).instant("2011-10-11T13:45:40Z") == "2011-10-11T13:45:40+00:00"


def test_a_local_time_without_a_zone_is_refused_with_the_cure() -> None:
    with pytest.raises(ValueError, match="has no offset from UTC: name the zone"):
        Clock(None).instant("2018-07-29 13:54:51")


def test_a_date_is_no_instant() -> None:
    for text in ("2018-07-29", "20180729"):
        with pytest.raises(ValueError, match="date without a time"):
            Clock(SAO_PAULO).instant(text)


def test_a_day_stays_a_date_without_a_zone_and_starts_in_its_zone_otherwise() -> None:
    assert Clock(None).day("19970101") == "1997-01-01"
    assert Clock(None).day("1997-01-01 00:00:00") == "1997-01-01"
    assert Clock(SAO_PAULO).day("2018-06-12") == "2018-06-12T00:00:00-03:00"
    assert Clock(SAO_PAULO).day("2017-10-15") == "2017-10-15T01:00:00-02:00"


@pytest.mark.parametrize("text", ["1997-01-01 10:00:00", "1997-01-01T00:00:00Z"])
def test_a_time_of_day_is_not_cut_to_its_date_unasked(text: str) -> None:
    with pytest.raises(ValueError, match="more than a date"):
        Clock(None).day(text)


@pytest.mark.parametrize("text", ["29/07/2018 13:54", "yesterday", "2018-13-01 00:00:00", "2018-02-30T00:00:00Z"])
def test_what_is_no_time_says_how_to_read_it(text: str) -> None:
    with pytest.raises(ValueError, match="strptime"):
        Clock(SAO_PAULO).instant(text)


def test_an_offset_with_seconds_is_written_in_utc() -> None:
    assert Clock(SAO_PAULO).instant("1900-01-01 00:00:00") == "1900-01-01T03:06:28+00:00"


@given(
    zone=st.sampled_from(ZONES),
    local=st.datetimes(datetime(1880, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001  # a wall clock knows no offset
)
@example(zone=SAO_PAULO, local=datetime(2017, 10, 15, 0, 0))  # noqa: DTZ001  # as above
@example(zone="Europe/Amsterdam", local=datetime(2018, 10, 28, 2, 30))  # noqa: DTZ001  # as above
@example(zone="Australia/Lord_Howe", local=datetime(2018, 10, 7, 2, 15))  # noqa: DTZ001  # as above
def test_every_local_time_is_the_first_instant_at_which_the_clock_shows_it_or_more(zone: str, local: datetime) -> None:
    found = datetime.fromisoformat(Clock(zone).instant(local.isoformat(" ")))

    def shown(instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert shown(found) >= local
    # Just before, the clock showed less; and at no time within a day before did it show just this.
    assert shown(found.astimezone(UTC) - timedelta(microseconds=1)) < local
    if shown(found) == local:
        both = [local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
        assert found == min(instant.astimezone(UTC) for instant in both)
