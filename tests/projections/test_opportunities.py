"""Opportunities: what was tried, where, and whether the channel was open."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from ledger.events import VOCABULARY
from ledger.journey.channels import Channel, ChannelRegistry
from ledger.journey.context import Context
from ledger.projections.driver import Folds
from ledger.projections.fingerprint import fingerprint
from ledger.projections.opportunities import OPPORTUNITIES
from ledger.schemas.journey import default_journey
from tests.journey.histories import DAY, HOUR, entering, event
from tests.projections.histories import only, told


def context(*hours: str, zone: str = "UTC") -> Context:
    """Return a context in which the telephone has these hours, and the web none."""
    phone = Channel("phone", "telephone", "digital", "assisted", hours=hours or None)
    web = Channel("web", "internet", "digital", "unassisted")
    return Context(default_journey(), ChannelRegistry([phone, web]), VOCABULARY, ZoneInfo(zone))


def within(at: int, *hours: str, zone: str = "UTC", **more: Any) -> int | None:
    """Return whether the telephone was open when it was tried."""
    tried = event("opportunity.unsupported", at, **{"channel": "phone", **more})
    (row,) = told("opportunities", tried, folds=Folds(context(*hours, zone=zone)))
    found: int | None = row["within_hours"]
    return found


def test_an_opportunity_is_of_the_channel_and_reason_it_names_before_those_of_its_envelope() -> None:
    tried = {"data_channel": "app", "data_reason": "not offered"}
    more = {"channel": "web", "reason": "billing", "department": "sales", "interaction_id": "i1"}
    row = only(
        "opportunities",
        event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold"),
        entering("use", 2),
        event("opportunity.unsupported", 3, "e1", **tried, **more),
    )
    assert row == {
        "source": "crm",
        "event_id": "e1",
        "at": 3,
        "channel": "app",
        "reason": "not offered",
        "stage": "use",
        "cycle": 1,
        "department": "sales",
        "segments": {"tier": "gold"},
        "interaction_id": "i1",
        "within_hours": None,
    }
    row = only("opportunities", event("opportunity.unsupported", 3, "e1", **more))
    assert (row["channel"], row["reason"]) == ("web", "billing")


def test_what_is_not_known_of_an_opportunity_is_empty() -> None:
    row = only("opportunities", event("opportunity.unsupported", 3))
    assert (row["channel"], row["reason"], row["stage"], row["department"], row["segments"]) == ("", "", "", "", {})
    assert (row["interaction_id"], row["within_hours"]) == ("", None)


def test_a_channel_is_open_or_not_by_the_local_clock_where_its_hours_are_told() -> None:
    morning = DAY + 8 * HOUR + HOUR // 2  # Friday, 1970-01-02
    assert within(morning, "fri 09:00-18:00") == 0
    assert within(morning, "fri 08:00-18:00") == 1
    assert within(morning, "fri 09:00-18:00", zone="Europe/Rome") == 1
    assert within(morning, "thu 00:00-24:00", "sat-wed 00:00-24:00") == 0
    assert within(morning) is None
    assert within(morning, "fri 09:00-18:00", data_channel="web") is None
    assert within(morning, "fri 09:00-18:00", channel=None) is None
    assert within(morning, "fri 09:00-18:00", channel="nowhere") is None


def test_a_time_of_day_that_is_not_known_is_neither_inside_nor_outside() -> None:
    assert within(DAY, "fri 09:00-18:00", time_precision="date") is None
    assert within(DAY, "fri 09:00-18:00", time_precision="unknown") is None
    assert within(DAY, "fri 09:00-18:00", time_precision="minute") == 0


def test_other_opening_hours_are_another_fold() -> None:
    assert fingerprint(OPPORTUNITIES, context()) != fingerprint(OPPORTUNITIES, context("fri 09:00-18:00"))
