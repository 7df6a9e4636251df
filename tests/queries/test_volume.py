"""How much there is of everything, each measure with the splits it has."""

from __future__ import annotations

from ledger import Ledger
from tests.queries.telling import figures, iso, micros, numbers, only, ordered, rated, told, values, write


def test_events_are_those_that_stand(ledger: Ledger) -> None:
    write(
        ledger,
        told("page.viewed", "a", 1, channel="web", touchpoint_id="home"),
        told("page.viewed", "a", 40, "wrong", outcome="bounced"),
        told("order.placed", "b", 3, outcome="paid"),
        build=False,
    )
    write(ledger)
    (row,) = figures(ledger, "volume", measure="events")
    assert (row.figure.value, row.from_, row.to) == (3, iso(1), iso(40))
    assert numbers(figures(ledger, "volume", by=["type"]), "type") == {"order.placed": 1, "page.viewed": 2}
    write(ledger, told("event.retracted", "a", 9, data_source="test", data_event_id="wrong"))
    (row,) = figures(ledger, "volume", measure="events")
    assert (row.figure.value, row.from_, row.to) == (2, iso(1), iso(3))
    assert numbers(figures(ledger, "volume", by=["type"]), "type") == {"order.placed": 1, "page.viewed": 1}
    assert numbers(figures(ledger, "volume", by=["touchpoint"]), "touchpoint") == {"home": 1, "unknown": 1}
    events = figures(ledger, "volume", by=["outcome"], measure="events")
    assert numbers(events, "outcome") == {"paid": 1, "unknown": 1}
    (row,) = figures(ledger, "volume", where={"type": "order.placed"})
    assert (row.from_, row.to) == (iso(3), iso(3))


def test_customers_are_counted_by_stage_segment_and_when_first_seen(ledger: Ledger) -> None:
    write(
        ledger,
        told("page.viewed", "a", 1),
        told("customer.segment_assigned", "a", 2, data_scheme="tier", data_segment="gold"),
        ordered("b", 40),
    )
    assert numbers(figures(ledger, "volume", measure="customers", by=["stage"]), "stage") == {
        "awareness": 1,
        "purchase": 1,
    }
    by_month = figures(ledger, "volume", measure="customers", by=["month"])
    assert numbers(by_month, "month") == {"2024-01": 1, "2024-02": 1}
    by_tier = figures(ledger, "volume", measure="customers", by=["segment:tier"])
    assert numbers(by_tier, "segment:tier") == {"gold": 1, "unknown": 1}
    assert only(figures(ledger, "volume", measure="customers", since=micros(2))).figure.n == 1


def test_orders_pieces_and_payments_are_counted_and_summed(ledger: Ledger) -> None:
    write(
        ledger,
        ordered("a", 1, "10", "EUR", data_quantity=3),
        ordered("a", 1, "0", "EUR", data_quantity=1),
        ordered("a", 1, "7", "NOK"),
        told("payment.settled", "a", 2, data_amount="10", data_currency="EUR", data_method="card"),
        told("payment.failed", "a", 2, data_amount="7", data_currency="NOK", data_method="card"),
    )
    assert numbers(figures(ledger, "volume", "count", measure="orders", by=["kind"]), "kind") == {
        "free": 1,
        "priced": 2,
    }
    assert values(figures(ledger, "volume", "sum", measure="orders"), "currency") == {"EUR": 10.0, "NOK": 7.0}
    assert only(figures(ledger, "volume", "sum", measure="orders", currency="NOK")).figure.value == 7.0
    quantity = only(figures(ledger, "volume", "sum", measure="quantity")).figure
    assert (quantity.value, quantity.n, quantity.unit) == (4.0, 2, "pieces")
    assert numbers(figures(ledger, "volume", "count", measure="payments"), "measure") == {"payments": 2}
    assert values(figures(ledger, "volume", "sum", measure="payments", by=["kind"]), "kind") == {"card": 10.0}
    assert values(figures(ledger, "volume", "sum", measure="payments_failed"), "currency") == {"NOK": 7.0}


def test_cases_feedback_interactions_and_work_are_counted(ledger: Ledger) -> None:
    write(
        ledger,
        told("case.opened", "a", 1, case_id="k", channel="phone"),
        told("feedback.received", "a", 2, data_kind="complaint"),
        told("interaction.completed", "a", 2),
        told("work.completed", "a", 3, data_minutes=7.5, data_cost="3", data_currency="EUR"),
        told("survey.sent", "a", 3, data_metric="nps"),
        rated("a", 4, 9),
    )
    cases = figures(ledger, "volume", measure="cases")
    assert numbers(cases, "kind") == {"case": 1, "feedback": 1}
    assert numbers(figures(ledger, "volume", measure="cases", kind="case", by=["channel"]), "channel") == {"phone": 1}
    assert numbers(figures(ledger, "volume", measure="feedback", by=["kind"]), "kind") == {"complaint": 1}
    assert numbers(figures(ledger, "volume", measure="surveys_sent", by=["kind"]), "kind") == {"nps": 1}
    interactions = figures(ledger, "volume", measure="interactions", by=["outcome"])
    assert numbers(interactions, "outcome") == {"completed": 1}
    assert only(figures(ledger, "volume", "sum", measure="minutes")).figure.value == 7.5
    assert values(figures(ledger, "volume", "sum", measure="work"), "currency") == {"EUR": 3.0}


def test_a_measure_of_which_there_is_none_is_told_only_when_asked_for(ledger: Ledger) -> None:
    write(ledger, told("page.viewed", "a", 1))
    assert {row.figure.by["measure"] for row in figures(ledger, "volume")} == {"events", "customers", "touchpoints"}
    assert only(figures(ledger, "volume", "count", measure="work")).figure.value == 0
