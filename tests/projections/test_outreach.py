"""Outreach: who speaks first, what answers a campaign, and customers' own contacts around it."""

from __future__ import annotations

from typing import Any

from ledger.events.event import Data, RecordedEvent
from ledger.events.vocabulary import EventType
from ledger.projections.driver import Folds
from tests.journey.histories import DAY, HOUR, Event, context, event
from tests.projections.histories import Told, told


def campaigns(*events: Event) -> list[Told]:
    return [row for row in told("outreach", *events) if row["direction"] == "outbound"]


def words(*events: Event) -> list[str]:
    return [row["event_id"] for row in told("outreach", *events) if row["direction"] == "inbound"]


def contacted(at: int, name: str, campaign: str = "spring", **own: Any) -> Event:
    return event("campaign.contacted", at, name, data_campaign=campaign, **own)


def responded(at: int, campaign: str | None = "spring", cause: str | None = None) -> Event:
    return event("campaign.responded", at, data_campaign=campaign, causation_id=cause)


def asked(at: int, name: str | None = None, direction: str | None = "inbound", **more: str) -> Event:
    return event("question.asked", at, name, data_topic="price", direction=direction, **more)


def test_a_campaigns_contact_is_a_row_with_what_it_says() -> None:
    (row,) = campaigns(contacted(DAY, "c", data_proactive=True, data_trigger="insight", channel="email"))
    assert (row["campaign"], row["proactive"], row["trigger"], row["channel"]) == ("spring", "yes", "insight", "email")
    assert (row["responded_at"], row["cause_responded_at"]) == (None, None)


def test_what_a_campaign_does_not_say_is_unknown() -> None:
    (row,) = campaigns(contacted(DAY, "c"))
    assert (row["proactive"], row["trigger"], row["channel"], row["stage"]) == ("", "", "", "awareness")
    (row,) = campaigns(contacted(DAY, "c", data_proactive=False))
    assert row["proactive"] == "no"


def test_a_response_answers_the_event_it_names_though_another_campaign_is_nearer() -> None:
    first, second = campaigns(
        contacted(DAY, "one"), contacted(2 * DAY, "two"), responded(3 * DAY, "spring", cause="one")
    )
    assert (first["responded_at"], first["cause_responded_at"]) == (3 * DAY, 3 * DAY)
    assert second["responded_at"] is None


def test_a_response_that_names_only_the_campaign_answers_its_latest_contact_before() -> None:
    first, second, other = campaigns(
        contacted(DAY, "one"), contacted(2 * DAY, "two"), contacted(3 * DAY, "other", "winter"), responded(4 * DAY)
    )
    assert [row["responded_at"] for row in (first, second, other)] == [None, 4 * DAY, None]
    assert second["cause_responded_at"] is None


def test_a_cause_that_is_no_contact_of_the_customer_leaves_the_campaigns_name_to_tell() -> None:
    (row,) = campaigns(contacted(DAY, "one"), responded(2 * DAY, "spring", cause="elsewhere"))
    assert (row["responded_at"], row["cause_responded_at"]) == (2 * DAY, None)


def test_a_response_that_names_neither_or_comes_before_answers_nothing() -> None:
    (row,) = campaigns(responded(HOUR), contacted(DAY, "one"), responded(2 * DAY, None), responded(3 * DAY, "winter"))
    assert row["responded_at"] is None


def test_the_first_response_counts_and_beside_it_the_first_that_names_its_cause() -> None:
    one, two, caused = responded(2 * DAY), responded(3 * DAY), responded(4 * DAY, cause="one")
    again = responded(5 * DAY, cause="one")
    (row,) = campaigns(contacted(DAY, "one"), one, two)
    assert (row["responded_at"], row["cause_responded_at"]) == (2 * DAY, None)
    (row,) = campaigns(contacted(DAY, "one"), one, two, caused, again)
    assert (row["responded_at"], row["cause_responded_at"]) == (2 * DAY, 4 * DAY)


def test_a_response_recorded_before_its_cause_keeps_its_time() -> None:
    (row,) = campaigns(responded(DAY, cause="one"), contacted(2 * DAY, "one"))
    assert (row["responded_at"], row["cause_responded_at"]) == (DAY, DAY)


def test_a_customer_speaks_first_with_an_inbound_contact_of_their_own() -> None:
    spoken = [
        asked(1, "question"), asked(2, "outward", "outbound"), asked(3, "undirected", None),
        event("page.viewed", 4, "page", direction="inbound"),
        event("campaign.responded", 5, "answer", direction="inbound", data_campaign="spring"),
        event("case.opened", 6, "case", direction="inbound"),
    ]  # fmt: skip
    assert words(*spoken) == ["question", "case"]


def test_what_goes_on_with_an_interaction_of_either_side_is_no_first_word() -> None:
    def step(at: int, name: str, kind: str, direction: str, interaction: str) -> Event:
        return event(kind, at, name, direction=direction, interaction_id=interaction)

    assert words(
        step(1, "hello", "interaction.started", "inbound", "theirs"),
        step(2, "more", "interaction.message_sent", "inbound", "theirs"),
        step(3, "call", "interaction.started", "outbound", "ours"),
        step(4, "reply", "interaction.message_sent", "inbound", "ours"),
    ) == ["hello"]


def test_a_reply_within_the_interaction_of_a_response_is_no_first_word() -> None:
    answer = event("campaign.responded", 1, "answer", direction="inbound", interaction_id="i", data_campaign="spring")
    assert words(answer, asked(2, interaction_id="i")) == []


def test_a_reply_within_the_interaction_of_a_campaigns_contact_is_no_first_word() -> None:
    call = event("campaign.contacted", 1, "call", direction="outbound", interaction_id="i", data_campaign="spring")
    assert words(call, asked(2, interaction_id="i"), asked(3, "later", interaction_id="other")) == ["later"]


class LetterReceived(Data, frozen=True, kw_only=True):
    """A letter came in."""

    type = "letter.received"


LETTER = EventType(name="letter.received", family="interaction", data=LetterReceived, summary="", company=True)


def test_a_companys_own_kind_of_contact_is_a_first_word_too() -> None:
    folds = Folds(context("", LETTER))
    letter: Event = RecordedEvent(
        event_id="letter", source="post", type="letter.received", occurred_at="", at=5, direction="inbound",
        data=LetterReceived(),
    )  # fmt: skip
    (row,) = told("outreach", letter, folds=folds)
    assert (row["event_id"], row["direction"]) == ("letter", "inbound")


def test_contacts_count_within_seven_days_strictly_before_and_after() -> None:
    at = 30 * DAY
    around = [-7 * DAY - 1, -7 * DAY, -1, 1, 7 * DAY, 7 * DAY + 1]
    same = [asked(at, "a: first in the fold"), asked(at, "z: last in the fold")]
    (row,) = campaigns(contacted(at, "one"), *same, *(asked(at + moved, f"q{moved}") for moved in around))
    assert (row["contacts_before"], row["contacts_after"]) == (2, 2)
    assert row["first_at"] == at - 7 * DAY - 1


def test_a_contact_counts_for_every_campaign_it_is_near() -> None:
    rows = campaigns(contacted(10 * DAY, "one"), asked(12 * DAY), contacted(13 * DAY, "two"), asked(18 * DAY))
    assert [(row["contacts_before"], row["contacts_after"]) for row in rows] == [(0, 1), (1, 1)]


def test_segments_are_those_of_the_moment() -> None:
    gold = event("customer.segment_assigned", 2, data_scheme="tier", data_segment="gold")
    rows = told("outreach", contacted(1, "one"), gold, contacted(3, "two"), asked(4, "word"))
    assert {row["event_id"]: row["segments"] for row in rows} == {
        "one": {}, "two": {"tier": "gold"}, "word": {"tier": "gold"},
    }  # fmt: skip


def test_a_segment_valid_from_before_the_customer_came_is_not_since_when_they_are_known() -> None:
    placed = event("customer.segment_assigned", DAY, data_scheme="tier", data_segment="gold")
    (row,) = campaigns(placed, contacted(9 * DAY, "c"))
    assert row["first_at"] == 9 * DAY
