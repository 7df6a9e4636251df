"""Experience metrics: additive counts and sums, each in the period and place it belongs to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ledger.events import VOCABULARY
from ledger.journey.channels import default_channels
from ledger.journey.context import Context
from ledger.projections.driver import Folds
from ledger.schemas.journey import default_journey
from tests.journey.histories import Event, entering, event
from tests.projections.histories import FOLDS, Told, told

MARCH = int(datetime(2024, 3, 15, 12, tzinfo=UTC).timestamp()) * 1_000_000
FIRST_OF_MARCH = (date(2024, 3, 1) - date(1970, 1, 1)).days
FIFTEENTH = FIRST_OF_MARCH + 14


def measured(measure: str, *events: Event, folds: Folds = FOLDS) -> list[Told]:
    return [row for row in told("experience_metrics", *events, folds=folds) if row["measure"] == measure]


def only(measure: str, *events: Event) -> Told:
    (row,) = measured(measure, *events)
    return row


def rated(at: int, score: float = 9, metric: str = "nps", low: float = 0, high: float = 10, **envelope: str) -> Event:
    return event(
        "survey.responded",
        at,
        data_metric=metric,
        data_score=score,
        data_scale_min=low,
        data_scale_max=high,
        **envelope,
    )


def contact(at: int, channel: str | None, **envelope: str) -> Event:
    return event("question.asked", at, data_topic="price", channel=channel, **envelope)


def test_the_period_is_local_to_the_zone_of_the_context() -> None:
    oslo = Folds(Context(default_journey(), default_channels(), VOCABULARY, ZoneInfo("Europe/Oslo")))
    midnight = int(datetime(2024, 2, 29, 23, 30, tzinfo=UTC).timestamp()) * 1_000_000
    assert measured("nps", rated(midnight))[0]["period"] == FIRST_OF_MARCH - 1
    assert measured("nps", rated(midnight), folds=oslo)[0]["period"] == FIRST_OF_MARCH
    assert told("touchpoint_history", rated(midnight), folds=oslo)[0]["period"] == FIRST_OF_MARCH


def test_a_rating_is_a_row_of_its_day_scale_and_score() -> None:
    row = only("nps", entering("use", MARCH - 1), rated(MARCH), rated(MARCH + 1), event("note.added", MARCH + 2))
    assert (row["period"], row["stage"], row["unit"], row["value"]) == (FIFTEENTH, "use", "0-10", "9")
    assert (row["n"], row["total"], row["punctuality"]) == (2, 180_000, "")


def test_scores_and_scales_that_differ_are_never_added() -> None:
    rows = measured(
        "csat", rated(MARCH, 4, "csat", 1, 5), rated(MARCH + 1, 4.5, "csat", 1, 5), rated(MARCH + 2, 4, "csat", 0, 10)
    )
    assert [(row["unit"], row["value"], row["total"]) for row in rows] == [
        ("1-5", "4", 40_000),
        ("1-5", "4.5", 45_000),
        ("0-10", "4", 40_000),
    ]


PROMISED = datetime.fromtimestamp(MARCH / 1_000_000, UTC).isoformat()


def delivered(at: int, case_id: str = "o1", promised_at: str | None = PROMISED) -> Event:
    return event("order.delivered", at, case_id=case_id, data_promised_at=promised_at)


def punctuality(*events: Event) -> str:
    said: str = only("nps", *events)["punctuality"]
    return said


def test_a_rating_is_as_punctual_as_the_delivery_of_its_case() -> None:
    assert punctuality(delivered(MARCH), rated(MARCH + 9, case_id="o1")) == "on_time"
    assert punctuality(delivered(MARCH + 1), rated(MARCH + 9, case_id="o1")) == "late"


def test_a_rating_before_its_delivery_is_attributed_too() -> None:
    assert punctuality(rated(MARCH - 9, case_id="o1"), delivered(MARCH + 1)) == "late"


def test_punctuality_is_unknown_without_a_delivery_a_promise_or_a_case() -> None:
    assert punctuality(rated(MARCH, case_id="o1")) == ""
    assert punctuality(delivered(MARCH, promised_at=None), rated(MARCH + 9, case_id="o1")) == ""
    assert punctuality(delivered(MARCH), rated(MARCH + 9)) == ""
    assert punctuality(delivered(MARCH, "o2"), rated(MARCH + 9, case_id="o1")) == ""


def test_one_late_part_makes_a_delivery_late() -> None:
    later = datetime.fromtimestamp(MARCH / 1_000_000 + 60, UTC).isoformat()
    parts = [delivered(MARCH - 1), delivered(MARCH + 1), delivered(MARCH + 2, promised_at=later)]
    assert punctuality(*parts, rated(MARCH + 9, case_id="o1")) == "late"


def test_ratings_of_several_cases_that_were_alike_are_one_row() -> None:
    row = only("nps", *(rated(MARCH + n, case_id=f"o{n}") for n in range(3)), rated(MARCH + 5))
    assert row["n"] == 4


def test_surveys_sent_are_counted_by_day_and_metric() -> None:
    row = only("survey_sent", event("survey.sent", MARCH, channel="email", data_metric="ces"))
    assert (row["period"], row["unit"], row["channel"], row["n"]) == (FIFTEENTH, "ces", "email", 1)


def test_switching_counts_pairs_in_the_place_of_the_second_contact() -> None:
    rows = measured("switching", contact(MARCH, "web"), contact(MARCH + 1, "web"), contact(MARCH + 2, "phone"))
    assert [(row["period"], row["channel"], row["value"], row["n"]) for row in rows] == [
        (FIRST_OF_MARCH, "web", "same", 1),
        (FIRST_OF_MARCH, "phone", "switched", 1),
    ]


def test_a_switch_tells_the_channel_it_came_from() -> None:
    rows = measured("switching", *(contact(MARCH + n, name) for n, name in enumerate(("web", "phone", "app", "phone"))))
    assert {(row["unit"], row["channel"]): row["n"] for row in rows} == {
        ("web", "phone"): 1,
        ("phone", "app"): 1,
        ("app", "phone"): 1,
    }


def test_a_touchpoint_that_is_no_contact_measures_nothing() -> None:
    assert told("experience_metrics", event("page.viewed", MARCH, channel="web")) == []


def test_contacts_that_stay_on_a_channel_are_one_row_of_their_month_and_place() -> None:
    asked = [contact(MARCH + n, "web", department="sales") for n in range(3)]
    row = only("switching", *asked)
    assert (row["period"], row["stage"], row["channel"], row["department"]) == (
        FIRST_OF_MARCH, "consideration", "web", "sales",
    )  # fmt: skip
    assert (row["unit"], row["value"], row["n"], row["total"]) == ("", "same", 2, 0)


def test_a_contact_on_no_known_channel_is_neither_on_the_same_nor_switched() -> None:
    rows = measured("switching", contact(MARCH, None), contact(MARCH + 1, "web"), contact(MARCH + 2, None))
    assert [(row["channel"], row["unit"], row["value"], row["n"]) for row in rows] == [("", "", "", 2)]


def test_obstacles_are_counted_by_cause_and_opportunities_that_no_channel_supports_are_counted() -> None:
    events = [
        event("obstacle.hit", MARCH, channel="web", data_cause="process", data_step="pay"),
        event("obstacle.hit", MARCH + 1, channel="web", data_cause="process"),
        event("obstacle.hit", MARCH + 2, channel="web"),
        event("opportunity.unsupported", MARCH + 3, channel="web"),
    ]
    assert [(row["value"], row["n"]) for row in measured("obstacle", *events)] == [("process", 2), ("", 1)]
    assert only("unsupported", *events)["n"] == 1


def test_the_messages_of_one_interaction_are_one_contact() -> None:
    assert not measured(
        "switching",
        event("interaction.started", MARCH, channel="chat", interaction_id="i1"),
        event("interaction.completed", MARCH + 1, channel="chat", interaction_id="i1"),
    )


def test_orders_are_summed_by_day_and_currency() -> None:
    rows = measured(
        "order",
        event("order.placed", MARCH, data_value="0.1", data_currency="EUR"),
        event("order.placed", MARCH + 1, data_value="0.2", data_currency="EUR"),
        event("order.placed", MARCH + 2, data_value="7", data_currency="NOK"),
        event("order.placed", MARCH + 3),
    )
    assert [(row["period"], row["unit"], row["n"], row["total"]) for row in rows] == [
        (FIFTEENTH, "EUR", 2, 3_000),
        (FIFTEENTH, "NOK", 1, 70_000),
        (FIFTEENTH, "", 1, 0),
    ]


def test_an_order_is_priced_free_or_of_unknown_value() -> None:
    rows = measured(
        "order",
        event("order.placed", MARCH, data_value="0.00", data_currency="EUR"),
        event("order.placed", MARCH + 1, data_value="7", data_currency="EUR"),
        event("order.placed", MARCH + 2),
    )
    assert [(row["value"], row["n"]) for row in rows] == [("free", 1), ("priced", 1), ("", 1)]


def test_the_pieces_of_orders_are_summed_by_month() -> None:
    orders = [event("order.placed", MARCH + n, data_quantity=n) for n in (0, 2, 3)]
    (row,) = measured("quantity", *orders, event("order.placed", MARCH + 9))
    assert (row["period"], row["n"], row["total"]) == (FIRST_OF_MARCH, 3, 50_000)


def test_payments_are_summed_by_method_and_currency_those_that_failed_apart() -> None:
    told_of = {"data_amount": "5", "data_currency": "EUR", "data_method": "card"}
    settled, failed = event("payment.settled", MARCH, **told_of), event("payment.failed", MARCH + 1, **told_of)
    (row,) = measured("payment", settled, failed)
    assert (row["unit"], row["value"], row["n"], row["total"]) == ("EUR", "card", 1, 50_000)
    (row,) = measured("payment_failed", settled, failed)
    assert (row["unit"], row["value"], row["n"], row["total"]) == ("EUR", "card", 1, 50_000)


def test_feedback_interactions_and_work_are_counted_by_month() -> None:
    events = [
        event("feedback.received", MARCH, data_kind="complaint"),
        event("interaction.completed", MARCH + 1),
        event("interaction.abandoned", MARCH + 2),
        event("work.completed", MARCH + 3, data_minutes=7.5, data_cost="3.25", data_currency="EUR"),
        event("work.completed", MARCH + 4),
    ]
    facts = [
        (row["measure"], row["unit"], row["value"], row["n"], row["total"])
        for row in told("experience_metrics", *events)
    ]
    assert facts == [
        ("switching", "", "", 3, 0),  # contacts on no known channel
        ("feedback", "", "complaint", 1, 0),
        ("interaction", "", "completed", 1, 0),
        ("interaction", "", "abandoned", 1, 0),
        ("work", "EUR", "", 1, 32_500),
        ("minutes", "", "", 1, 75_000),
        ("work", "", "", 1, 0),
    ]
    assert {row["period"] for row in told("experience_metrics", *events)} == {FIRST_OF_MARCH}


def test_the_segments_are_those_at_the_time_of_the_event() -> None:
    rows = measured(
        "obstacle",
        event("obstacle.hit", MARCH),
        event("customer.segment_assigned", MARCH + 1, data_scheme="tier", data_segment="gold"),
        event("obstacle.hit", MARCH + 2),
    )
    assert [row["segments"] for row in rows] == [{}, {"tier": "gold"}]
