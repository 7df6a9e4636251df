"""Terminations: every leaving is a row, from the first word of it to the stay, the end or the return."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.journey.histories import DAY, Event, entering, event
from tests.projections.histories import Told, only, told


def leavings(*events: Event) -> list[Told]:
    return told("terminations", *events)


REQUEST = event("termination.requested", 10 * DAY, "ask", data_reason="price", data_voluntary=True)
END = event("contract.terminated", 30 * DAY, "end", data_reason="moved", data_category="market")


def test_without_a_word_of_an_end_nobody_leaves() -> None:
    assert leavings(event("order.placed", 1), event("retention.attempted", 2), event("winback.succeeded", 3)) == []


def test_a_request_that_nothing_followed_is_still_open() -> None:
    row = only("terminations", REQUEST)
    assert (row["requested_at"], row["ended_at"], row["outcome"]) == (10 * DAY, None, "requested")
    assert (row["source"], row["event_id"]) == ("crm", "ask")


def test_an_end_after_the_request_is_the_same_leaving_and_the_first_word_says_why() -> None:
    row = only("terminations", REQUEST, END)
    assert (row["at"], row["requested_at"], row["ended_at"], row["ended_by"]) == (
        10 * DAY, 10 * DAY, 30 * DAY, "terminated",
    )  # fmt: skip
    assert (row["outcome"], row["reason"], row["category"], row["voluntary"]) == (
        "ended", "price", "market", "voluntary",
    )  # fmt: skip


def test_asking_twice_is_one_leaving_and_the_first_asking_tells_when() -> None:
    row = only("terminations", REQUEST, event("termination.requested", 12 * DAY, data_reason="moved"))
    assert (row["requested_at"], row["reason"]) == (10 * DAY, "price")


def test_what_the_first_word_does_not_say_a_later_one_does() -> None:
    row = only("terminations", event("termination.requested", 1), event("contract.terminated", 2, data_voluntary=False))
    assert (row["reason"], row["voluntary"]) == ("", "involuntary")


def test_the_reason_of_the_envelope_counts_where_the_data_give_none() -> None:
    assert only("terminations", event("termination.requested", 1, reason="moved"))["reason"] == "moved"


def test_a_lapse_is_a_way_of_its_own_unless_somebody_said_whose_will_it_was() -> None:
    assert only("terminations", event("contract.lapsed", 1))["voluntary"] == "lapsed"
    asked = event("termination.requested", 1, data_voluntary=True)
    assert only("terminations", asked, event("contract.lapsed", 2))["voluntary"] == "voluntary"
    assert only("terminations", event("contract.terminated", 1))["voluntary"] == ""


@pytest.mark.parametrize("kind", ["contract.renewed", "contract.upgraded", "contract.downgraded", "contract.started",
                                  "order.placed"])  # fmt: skip
def test_who_goes_on_before_an_end_has_stayed_and_who_does_after_it_has_returned(kind: str) -> None:
    stayed = only("terminations", REQUEST, event(kind, 20 * DAY))
    assert (stayed["outcome"], stayed["stayed_at"], stayed["won_at"]) == ("retained", 20 * DAY, None)
    returned = only("terminations", END, event(kind, 40 * DAY))
    assert (returned["outcome"], returned["stayed_at"], returned["won_at"], returned["won_by"]) == (
        "ended", None, 40 * DAY, kind,
    )  # fmt: skip


def test_the_named_return_goes_before_other_signs_of_it() -> None:
    row = only("terminations", END, event("order.placed", 40 * DAY), event("winback.succeeded", 41 * DAY))
    assert (row["won_at"], row["won_by"]) == (41 * DAY, "winback.succeeded")


def test_a_return_without_a_recorded_end_is_no_stay() -> None:
    row = only("terminations", REQUEST, event("winback.succeeded", 20 * DAY))
    assert (row["outcome"], row["stayed_at"], row["won_at"]) == ("won_back", None, 20 * DAY)


def test_a_stage_of_the_won_back_that_is_entered_outright_is_a_return() -> None:
    row = only("terminations", END, entering("win_back", 40 * DAY))
    assert (row["won_at"], row["won_by"]) == (40 * DAY, "stage")


def test_who_has_stayed_is_not_won_back() -> None:
    row = only("terminations", REQUEST, event("contract.renewed", 20 * DAY), event("winback.succeeded", 21 * DAY))
    assert (row["outcome"], row["won_at"]) == ("retained", None)


def test_leaving_again_is_another_leaving_once_the_customer_was_back() -> None:
    rows = leavings(REQUEST, event("contract.renewed", 20 * DAY), event("contract.lapsed", 60 * DAY))
    assert [(row["outcome"], row["at"]) for row in rows] == [("retained", 10 * DAY), ("ended", 60 * DAY)]


def test_an_end_told_twice_is_one_leaving_and_the_first_tells_when() -> None:
    row = only("terminations", END, event("contract.terminated", 33 * DAY), event("contract.lapsed", 35 * DAY))
    assert (row["ended_at"], row["ended_by"]) == (30 * DAY, "terminated")


def test_an_end_in_another_cycle_of_the_journey_is_another_leaving() -> None:
    rows = leavings(END, entering("use", 40 * DAY), event("contract.terminated", 90 * DAY, "again"))
    assert [(row["event_id"], row["cycle"]) for row in rows] == [("end", 1), ("again", 2)]


def test_a_request_that_is_recorded_after_its_end_is_no_earlier_than_it_is() -> None:
    row = only("terminations", event("contract.terminated", 5 * DAY), event("termination.requested", 6 * DAY))
    assert (row["requested_at"], row["ended_at"]) == (6 * DAY, 5 * DAY)


def test_attempts_to_keep_count_from_the_request_to_the_end() -> None:
    attempts = [event("retention.attempted", day * DAY) for day in (5, 12, 15, 31)]
    row = only("terminations", REQUEST, END, *attempts)
    assert (row["attempts"], row["attempted_at"]) == (2, 12 * DAY)


def test_attempts_to_win_back_count_until_the_return() -> None:
    attempts = [event("winback.attempted", day * DAY) for day in (35, 37, 50)]
    row = only("terminations", END, event("order.placed", 40 * DAY), *attempts)
    assert (row["tries"], row["tried_at"]) == (2, 35 * DAY)


def test_the_offer_and_the_campaign_are_those_of_the_first_attempts() -> None:
    row = only(
        "terminations", REQUEST, END,
        event("retention.attempted", 12 * DAY, data_offer="half"),
        event("retention.attempted", 13 * DAY, data_offer="free"),
        event("winback.attempted", 40 * DAY), event("winback.attempted", 41 * DAY, data_campaign="spring"),
    )  # fmt: skip
    assert (row["offer"], row["campaign"]) == ("half", "")


def test_the_first_referral_after_the_end_is_kept_and_one_of_the_same_instant_is_not_after() -> None:
    referrals = [event("referral.made", at) for at in (20 * DAY, 30 * DAY, 45 * DAY, 50 * DAY)]
    assert only("terminations", REQUEST, END, *referrals)["referred_at"] == 45 * DAY


def test_the_stage_is_the_last_one_that_ends_no_journey_even_when_the_event_itself_ends_it() -> None:
    assert only("terminations", entering("use", 1), REQUEST)["stage"] == "use"
    assert only("terminations", entering("use", 1), entering("termination", 2), END)["stage"] == "use"
    assert only("terminations", REQUEST)["stage"] == ""


def test_place_and_segments_are_those_of_the_first_word() -> None:
    segment = event("customer.segment_assigned", 1, data_scheme="tier", data_segment="gold")
    later = event("customer.segment_assigned", 20 * DAY, data_scheme="tier", data_segment="basic")
    asked = event("termination.requested", 10 * DAY, channel="phone", department="service")
    row = only("terminations", segment, asked, later, END)
    assert (row["segments"], row["channel"], row["department"]) == ({"tier": "gold"}, "phone", "service")


def test_the_order_of_arrival_makes_no_difference() -> None:
    events = [REQUEST, END, event("retention.attempted", 12 * DAY), event("winback.succeeded", 50 * DAY)]
    rows = {repr(leavings(*order)) for order in permutations(events)}
    assert len(rows) == 1
