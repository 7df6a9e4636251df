"""Nobody forgets a type: every projection handles or ignores each type of the vocabulary."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events import VOCABULARY
from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType
from ledger.projections import PROJECTIONS
from ledger.projections.driver import Folds
from ledger.projections.shape import Projection
from tests.journey.histories import Event, context, event
from tests.projections.histories import told

each = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)


@each
def test_a_projection_handles_or_ignores_every_type(projection: Projection[Any]) -> None:
    undecided = [name for name, event_type in VOCABULARY.items() if projection.treatment(event_type) is None]
    assert not undecided


@each
def test_a_projection_names_only_types_and_families_that_exist(projection: Projection[Any]) -> None:
    families = {event_type.family for event_type in VOCABULARY.values()}
    assert projection.handles <= VOCABULARY.keys()
    assert projection.ignores - {"company"} <= VOCABULARY.keys() | families


@each
def test_a_projection_ignores_nothing_that_it_handles(projection: Projection[Any]) -> None:
    assert not projection.handles & projection.ignores
    ignored = {VOCABULARY[name].family for name in projection.handles} & projection.ignores
    assert not ignored, "a family with a handled type is listed type by type"


class TicketRaised(Data, frozen=True, kw_only=True):
    """A ticket was raised in the company's own tool."""

    type = "ticket.raised"


class LoungeVisited(Data, frozen=True, kw_only=True):
    """A guest visited the lounge."""

    type = "lounge.visited"


TICKET = EventType(name="ticket.raised", family="support", data=TicketRaised, summary="", company=True)
LOUNGE = EventType(name="lounge.visited", family="use", data=LoungeVisited, summary="", company=True)


@each
def test_a_projection_says_what_it_does_with_a_companys_own_types(projection: Projection[Any]) -> None:
    assert projection.treatment(TICKET) == "ignored"


def own(data: Data, **envelope: Any) -> Event:
    return RecordedEvent(event_id="own", source="crm", type=data.type, occurred_at="", at=5, data=data, **envelope)


def test_a_companys_own_type_is_a_touchpoint_everywhere() -> None:
    folds = Folds(context("", TICKET, LOUNGE))
    visit = own(LoungeVisited(), channel="desk")
    assert told("journey_position", visit, folds=folds)[0]["touchpoints"] == 1
    assert told("channel_history", visit, folds=folds)[0]["channel"] == "desk"
    assert told("touchpoint_history", visit, folds=folds)[0]["touchpoints"] == 1


def test_a_companys_own_support_type_is_a_step_of_its_case_and_others_are_not() -> None:
    folds = Folds(context("", TICKET, LOUNGE))
    (case,) = told("cases", own(TicketRaised(), case_id="t1"), folds=folds)
    assert (case["kind"], case["case_id"], case["opened_at"], case["out_of_order"]) == ("case", "t1", None, 0)
    assert told("cases", own(LoungeVisited(), case_id="t1"), folds=folds) == []


def test_an_event_of_an_unhandled_type_is_still_counted_as_an_event() -> None:
    assert told("journey_position", event("note.added", 1))[0]["events"] == 1
