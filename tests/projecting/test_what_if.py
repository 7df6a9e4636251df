"""What if the journey were defined otherwise: another version beside the live one, and who would move, and why."""

from __future__ import annotations

import pytest

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.projecting.comparison import Moved
from ledger.projecting.listing import versions
from tests.projecting.journeys import HASTY, TOKYO, journey
from tests.properties.ledgers import tables
from tests.store.asking import column
from tests.store.events import fact, order

STORY = [
    fact("v1", "page.viewed", "ada", occurred_at="2024-05-01T10:00:00Z", channel="web"),
    order("o1", "ada", occurred_at="2024-05-02T10:00:00Z"),
    fact("u1", "usage.recorded", "ada", {"feature": "search"}, occurred_at="2024-05-08T10:00:00Z"),
    fact("v2", "page.viewed", "bo", occurred_at="2024-05-01T10:00:00Z", channel="web"),
    fact("v3", "page.viewed", "cy", occurred_at="2024-05-02T10:00:00Z", channel="web"),
    order("o4", "di", occurred_at="2024-05-02T10:00:00Z"),
]


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of four customers, live under the default journey, and under another beside it."""
    ledger.append(STORY)
    ledger.rebuild()
    made = ledger.rebuild(journey=journey(ledger, HASTY), name="what-if")
    assert (made.version, made.name, made.live, made.difference) == (2, "what-if", False, None)
    return ledger


def test_it_stands_beside_the_live_one_and_changes_nothing_that_anybody_reads(told: Ledger, quick_url: str) -> None:
    assert [(one.version, one.name, one.state, one.journey) for one in versions(told.store)] == [
        (1, "main", "live", "default 1"), (2, "what-if", "ready", "hasty 1")
    ]  # fmt: skip
    before = tables(told)
    with Ledger.open(quick_url) as again:
        assert again.store.definitions == told.store.definitions
        assert again.catch_up().position == 6
        assert tables(again) == before


def test_it_is_told_who_moves_from_which_stage_to_which_and_because_of_what(told: Ledger) -> None:
    found = told.compare()
    assert found.changed[0] == "journey default 1 → hasty 1"
    assert found.moved == [Moved("awareness", "met", 2), Moved("use", "purchase", 1)]
    assert found.not_compared == 0
    stages = {
        (customer.customer_id, one.before, one.after, one.events[-1].event_id)
        for customer in found.sample
        for one in customer.differences
        if (one.projection, one.column) == ("journey_position", "stage")
    }
    assert stages == {
        ("ada", "use", "purchase", "u1"),
        ("bo", "awareness", "met", "v2"),
        ("cy", "awareness", "met", "v3"),
    }


def test_what_is_recorded_later_is_in_both_once_they_are_compared(told: Ledger) -> None:
    told.append(order("o5", "bo", occurred_at="2024-05-20T10:00:00Z"))
    told.catch_up()
    assert column(told, "SELECT sum(events) FROM journey_position__v2") == [6]
    assert told.compare().moved == [Moved("awareness", "met", 1), Moved("use", "purchase", 1)]
    assert column(told, "SELECT sum(events) FROM journey_position__v2") == [7]


def test_made_again_under_its_name_it_takes_the_place_of_the_one_that_waited(told: Ledger) -> None:
    assert told.rebuild(journey=journey(told, TOKYO), name="what-if").version == 3
    assert [(one.version, one.journey) for one in versions(told.store)] == [(1, "default 1"), (3, "default 2")]
    assert told.compare("what-if").after == 3


def test_activated_its_journey_is_in_force_and_no_reader_was_without_figures(told: Ledger, quick_url: str) -> None:
    assert told.activate("what-if").enacted == ["journey"]
    with Ledger.open(quick_url) as after:
        assert after.position("bo")["stage"] == "met"
        assert after.verify(whole=True).ok
        assert after.rebuild().live
        after.roll_back()
        after.roll_back()


@pytest.mark.parametrize("name", ["7", "", "-x", "a b", "é"])
def test_what_could_be_a_number_or_breaks_a_line_is_no_name(told: Ledger, name: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot name a version of the read model"):
        told.rebuild(journey=journey(told, HASTY), name=name)


def test_another_journey_alone_does_not_take_the_place_of_the_live_one(told: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="needs a name"):
        told.rebuild(journey=journey(told, HASTY))
