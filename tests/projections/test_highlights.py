"""Highlights: every experience that stood out, with the nearest act of each kind on either side."""

from __future__ import annotations

from tests.journey.histories import DAY, Event, event
from tests.projections.histories import only, told

WOW = event("experience.highlighted", 100 * DAY, "wow", channel="store", department="sales")


def nps(at: int, score: float, high: int = 10, low: int = 0) -> Event:
    return event("survey.responded", at, data_metric="nps", data_score=score, data_scale_min=low, data_scale_max=high)


def test_an_experience_is_a_row_with_its_place_and_since_when_the_customer_is_known() -> None:
    row = only("highlights", event("page.viewed", 7), WOW)
    assert (row["event_id"], row["at"], row["first_at"]) == ("wow", 100 * DAY, 7)
    assert (row["channel"], row["department"], row["stage"]) == ("store", "sales", "awareness")
    assert (row["order_before"], row["order_after"], row["score_after"]) == (None, None, None)


def test_a_segment_valid_from_before_the_customer_came_is_not_since_when_they_are_known() -> None:
    placed = event("customer.segment_assigned", 3, data_scheme="tier", data_segment="gold")
    assert only("highlights", placed, event("page.viewed", 7), WOW)["first_at"] == 7


def test_the_last_act_before_and_the_first_after_are_kept() -> None:
    orders = [event("order.placed", day * DAY) for day in (10, 90, 110, 120)]
    row = only("highlights", WOW, *orders)
    assert (row["order_before"], row["order_after"]) == (90 * DAY, 110 * DAY)


def test_an_act_of_the_very_instant_is_neither_before_nor_after() -> None:
    same = [event("order.placed", 100 * DAY, name) for name in ("a", "b", "zz")]
    row = only("highlights", WOW, *same, event("order.placed", 40 * DAY), event("order.placed", 130 * DAY))
    assert (row["order_before"], row["order_after"]) == (40 * DAY, 130 * DAY)


def test_acts_are_of_their_kinds() -> None:
    row = only(
        "highlights", WOW, event("referral.made", 101 * DAY), event("review.published", 99 * DAY),
        event("contract.upgraded", 102 * DAY), event("contract.renewed", 98 * DAY),
        event("contract.lapsed", 103 * DAY), event("termination.requested", 97 * DAY),
    )  # fmt: skip
    assert (row["advocacy_before"], row["advocacy_after"]) == (99 * DAY, 101 * DAY)
    assert (row["renewal_before"], row["renewal_after"]) == (98 * DAY, 102 * DAY)
    assert (row["leaving_before"], row["leaving_after"]) == (97 * DAY, 103 * DAY)


def test_answers_to_the_nps_question_on_its_scale_are_kept_with_their_scores() -> None:
    csat = event("survey.responded", 99 * DAY, data_metric="csat", data_score=4, data_scale_min=0, data_scale_max=10)
    row = only("highlights", nps(80 * DAY, 0), csat, nps(98 * DAY, 5, high=5, low=1), WOW, nps(105 * DAY, 9))
    assert (row["nps_before"], row["score_before"]) == (80 * DAY, 0)
    assert (row["nps_after"], row["score_after"]) == (105 * DAY, 9)


def test_each_of_several_experiences_has_its_own_neighbours() -> None:
    again = event("experience.highlighted", 200 * DAY, "again")
    rows = told("highlights", WOW, again, event("order.placed", 150 * DAY), event("order.placed", 250 * DAY))
    assert [(row["order_before"], row["order_after"]) for row in rows] == [
        (None, 150 * DAY), (150 * DAY, 250 * DAY),
    ]  # fmt: skip


def test_two_experiences_without_an_act_between_them_share_the_next_one() -> None:
    rows = told(
        "highlights", WOW, event("experience.highlighted", 101 * DAY, "again"), event("order.placed", 102 * DAY)
    )
    assert [row["order_after"] for row in rows] == [102 * DAY, 102 * DAY]
