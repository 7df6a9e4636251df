"""What projections are bound to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from ledger.errors import InvalidDefinition
from ledger.events import VOCABULARY
from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType
from ledger.journey.channels import Channel, ChannelRegistry, default_channels
from ledger.journey.context import Context
from ledger.journey.tracker import Tracker
from ledger.schemas.journey import default_journey
from tests.journey.histories import Event, context


class TasteMade(Data, frozen=True, kw_only=True):
    """A customer tasted."""

    type = "taste.made"


def company_type(stage: str | None) -> EventType:
    return EventType(name="taste.made", family="use", data=TasteMade, summary="", company=True, stage=stage)


def tasted() -> Event:
    return RecordedEvent(event_id="t", source="shop", type="taste.made", occurred_at="", data=TasteMade())


def test_a_company_type_indicates_the_stage_it_names() -> None:
    tracker = Tracker(context(None, company_type("consideration")))
    (moment,) = tracker.advance(tracker.initial(), [tasted()])
    assert moment.entered is not None
    assert (moment.entered.stage, moment.entered.rule) == ("consideration", "type taste.made")


def test_a_company_type_may_open_an_overlay() -> None:
    tracker = Tracker(context(None, company_type("advocacy")))
    assert tracker.advance(tracker.initial(), [tasted()])[0].overlays == ("advocacy",)


def test_a_company_type_of_an_unknown_stage_is_refused_with_the_stages_there_are() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        context(None, company_type("delight"))
    (problem,) = caught.value.problems
    assert problem.field == "types.taste.made.stage"
    assert "awareness" in problem.message


def test_a_journey_that_names_a_type_no_longer_declared_is_refused() -> None:
    journey = default_journey()
    rule = msgspec.structs.replace(journey.rules[0], name="x", conditions=())
    with pytest.raises(InvalidDefinition, match=r"rules\[x\]\.conditions"):
        Context(msgspec.structs.replace(journey, rules=(rule,)), default_channels(), VOCABULARY)


def test_the_zone_is_the_journeys_unless_another_is_given() -> None:
    utc = Context(default_journey(), default_channels(), VOCABULARY)
    other = Context(default_journey(), default_channels(), VOCABULARY, ZoneInfo("America/Sao_Paulo"))
    assert (utc.day(0), other.day(0)) == (0, -1)
    assert (utc.month(0), other.month(0)) == (0, -31)


def test_a_context_knows_who_takes_part_in_a_channel_and_does_not_guess() -> None:
    made = context()
    assert [made.assistance(channel) for channel in ("phone", "web", "pigeon", None)] == [
        "assisted",
        "unassisted",
        None,
        None,
    ]


def test_its_hash_changes_with_whatever_changes_what_a_fold_makes() -> None:
    web = ChannelRegistry([Channel("web", "internet", "digital", "unassisted")])
    hashes = {
        context().hash,
        context("").hash,
        context(None, company_type(None)).hash,
        context(None, company_type("use")).hash,
        Context(default_journey(), web, VOCABULARY).hash,
        Context(default_journey(), default_channels(), VOCABULARY, ZoneInfo("Europe/Berlin")).hash,
    }
    assert len(hashes) == 6
    assert context().hash == context().hash
