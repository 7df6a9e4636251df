"""Channel history: what happened on each channel, the switches between them, and the preference."""

from __future__ import annotations

from tests.journey.histories import DAY, Event, event
from tests.projections.histories import Told, only, told


def channels(*events: Event) -> dict[str, Told]:
    return {row["channel"]: row for row in told("channel_history", *events)}


def switches(*events: Event) -> dict[str, tuple[int, int]]:
    rows = channels(*events).items()
    return {
        name: (row["switches_in"], row["switches_out"])
        for name, row in rows
        if row["switches_in"] + row["switches_out"]
    }


def contact(at: int, channel: str | None, **envelope: str) -> Event:
    return event("question.asked", at, data_topic="price", channel=channel, **envelope)


def test_a_channel_counts_its_touchpoints_by_direction() -> None:
    row = channels(
        event("page.viewed", 1, channel="web", direction="inbound"),
        event("offer.made", 3, channel="web", direction="outbound"),
        event("page.viewed", 2, channel="web", direction="inbound"),
        event("page.viewed", 9, channel="web"),
        event("page.viewed", 20, channel="app"),
    )["web"]
    assert (row["first_at"], row["last_at"]) == (1, 9)
    assert (row["touchpoints"], row["inbound"], row["outbound"], row["undirected"]) == (4, 2, 1, 1)


def test_what_is_no_touchpoint_makes_no_channel() -> None:
    assert channels(event("note.added", 1, channel="web"), event("case.triaged", 2, channel="phone")) == {}


def test_a_touchpoint_on_an_unknown_channel_is_counted_as_unknown() -> None:
    assert only("channel_history", event("page.viewed", 1))["channel"] == ""


def test_assistance_is_that_of_the_registry_and_unknown_without_it() -> None:
    rows = channels(
        event("page.viewed", 1, channel="web"),
        event("page.viewed", 2, channel="phone"),
        event("page.viewed", 3, channel="smoke signals"),
    )
    assert {name: (row["assisted"], row["unassisted"]) for name, row in rows.items()} == {
        "web": (0, 1),
        "phone": (1, 0),
        "smoke signals": (0, 0),
    }


def test_interactions_are_counted_by_how_they_went() -> None:
    row = channels(
        event("interaction.started", 1, channel="chat"),
        event("interaction.started", 2, channel="chat"),
        event("interaction.completed", 3, channel="chat"),
        event("interaction.abandoned", 4, channel="chat"),
    )["chat"]
    assert (row["started"], row["completed"], row["abandoned"]) == (2, 1, 1)


def test_an_outcome_is_counted_once_whether_the_envelope_or_the_interaction_says_it() -> None:
    row = channels(
        event("interaction.completed", 1, channel="chat", data_outcome="answered"),
        event("interaction.completed", 2, channel="chat", data_outcome="answered", outcome="answered"),
        event("campaign.responded", 3, channel="chat", outcome="won"),
    )["chat"]
    assert row["outcomes"] == {"answered": 2, "won": 1}


def test_ratings_are_summed_by_metric_and_scale() -> None:
    def rated(at: int, metric: str, score: float, low: float, high: float, **more: str) -> Event:
        return event(
            "survey.responded", at, channel="email", data_metric=metric, data_score=score,
            data_scale_min=low, data_scale_max=high, **more,
        )  # fmt: skip

    row = channels(
        rated(1, "csat", 4, 1, 5),
        rated(2, "csat", 4.5, 1, 5),
        rated(3, "csat", 9, 0, 10),
        rated(4, "ces", 2, 1, 7),
        rated(5, "ces", 2, 1, 7, data_high_is="bad"),
    )["email"]
    assert row["ratings"] == {"csat|1-5": [2, 8.5], "csat|0-10": [1, 9], "ces|1-7": [1, 2], "ces|7-1": [1, 2]}


def test_consecutive_contacts_on_two_channels_are_a_switch_out_and_in() -> None:
    assert switches(contact(1, "web"), contact(2, "phone"), contact(3, "web")) == {"web": (1, 1), "phone": (1, 1)}


def test_a_contact_after_more_than_seven_days_follows_none() -> None:
    assert switches(contact(0, "web"), contact(7 * DAY, "phone")) == {"web": (0, 1), "phone": (1, 0)}
    assert switches(contact(0, "web"), contact(7 * DAY + 1, "phone")) == {}


def test_contacts_of_the_same_case_follow_each_other_however_long_it_takes() -> None:
    assert switches(contact(0, "web", case_id="c1"), contact(90 * DAY, "phone", case_id="c1"))
    assert not switches(contact(0, "web", case_id="c1"), contact(90 * DAY, "phone", case_id="c2"))
    assert not switches(contact(0, "web"), contact(90 * DAY, "phone"))


def test_a_contact_on_an_unknown_channel_neither_starts_nor_breaks_a_pair() -> None:
    assert switches(contact(1, "web"), contact(2, None), contact(3, "phone")) == {"web": (0, 1), "phone": (1, 0)}
    assert switches(contact(1, None), contact(2, "phone")) == {}


def test_a_touchpoint_that_is_no_contact_is_no_switch() -> None:
    assert switches(contact(1, "web"), event("survey.sent", 2, channel="email"), contact(3, "web")) == {}


def test_a_preference_marks_its_channel_and_the_last_one_counts() -> None:
    web, phone = event("page.viewed", 1, channel="web"), event("page.viewed", 2, channel="phone")
    assert {row["preferred"] for row in channels(web, phone).values()} == {None}
    prefers = event("preference.set", 3, data_preferred_channel="web")
    assert {name: row["preferred"] for name, row in channels(web, phone, prefers).items()} == {"web": 1, "phone": 0}
    changes = event("preference.set", 4, data_preferred_channel="phone")
    assert {name: row["preferred"] for name, row in channels(web, changes, prefers, phone).items()} == {
        "web": 0,
        "phone": 1,
    }


def test_preferring_a_channel_is_not_being_on_it() -> None:
    assert channels(event("preference.set", 1, data_preferred_channel="web")) == {}
