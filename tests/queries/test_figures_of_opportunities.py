"""Figures of what customers tried that no channel supports."""

from __future__ import annotations

from typing import Any

from ledger import Ledger
from ledger.metrics.proportions import wilson
from ledger.opening import define
from ledger.schemas.channels import channels_from_toml, channels_to_json
from tests.queries.telling import figures, micros, numbers, only, told, values, write

HOUR = 1 / 24

HOURS = """
[[channels]]
name = "phone"
medium = "telephone"
modality = "digital"
assistance = "assisted"
hours = ["mon-fri 09:00-18:00"]
"""


def missed(customer: str, days: float, tried: str | None = "web", why: str | None = None, /, **more: Any) -> Any:
    own = {f"data_{key}": value for key, value in (("channel", tried), ("reason", why)) if value is not None}
    return told("opportunity.unsupported", customer, days, **own, **more)


def contact(customer: str, days: float, name: str, direction: str | None = "inbound", **more: Any) -> Any:
    way = {} if direction is None else {"direction": direction}
    return told("interaction.started", customer, days, interaction_id=name, **way, **more)


def test_opportunities_are_counted_where_they_were_tried(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        missed("a", 1, "app", "not offered", channel="web"),
        missed("a", 40, None, channel="web", reason="too late"),
        missed("b", 2, None),
    )
    assert only(figures(quick_ledger, "unsupported")).figure.value == 3
    assert values(figures(quick_ledger, "unsupported", by=["channel"]), "channel") == {"app": 1, "web": 1, "unknown": 1}
    assert values(figures(quick_ledger, "unsupported", by=["month", "reason"]), "month", "reason") == {
        ("2024-01", "not offered"): 1,
        ("2024-01", "unknown"): 1,
        ("2024-02", "too late"): 1,
    }
    assert only(figures(quick_ledger, "unsupported", before=micros(2))).figure.value == 1


def test_an_attempt_is_an_inbound_interaction_or_an_opportunity_in_none(ledger: Ledger) -> None:
    write(
        ledger,
        contact("a", 1, "supported", channel="web"),
        contact("a", 2, "missed twice", channel="web"),
        missed("a", 2.1, "app", interaction_id="missed twice"),
        missed("a", 2.2, "app", interaction_id="missed twice"),
        contact("a", 3, "called", "outbound", channel="phone"),
        missed("a", 3.1, "phone", interaction_id="called"),
        contact("a", 4, "either way", None, channel="web"),
        missed("b", 5, "web"),
        # Another customer's interaction of the same name.
        missed("b", 6, "phone", interaction_id="supported"),
    )
    demand = only(figures(ledger, "unsupported_demand")).figure
    assert (demand.numerator, demand.n, demand.value) == (4, 5, 4 / 5)
    assert (demand.low, demand.high) == wilson(4, 5)
    coverage = figures(ledger, "channel_coverage")
    assert values(coverage, "channel") == {"web": 1 / 3, "phone": 0.0}
    assert numbers(coverage, "channel") == {"web": 3, "phone": 2}
    customers = figures(ledger, "unsupported_customers")
    assert {(row.figure.statistic, row.figure.value, row.figure.n) for row in customers} == {
        ("count", 2, 2),
        ("share", 1.0, 2),
    }
    by_channel = figures(ledger, "unsupported_customers", "share", by=["channel"])
    assert values(by_channel, "channel") == {"web": 1.0, "phone": 1.0}


def test_an_opportunity_that_alone_tells_of_an_inbound_interaction_is_one_attempt(quick_ledger: Ledger) -> None:
    write(quick_ledger, missed("a", 1, "app", interaction_id="i", direction="inbound", channel="web"))
    demand = only(figures(quick_ledger, "unsupported_demand", by=["channel"])).figure
    assert (demand.by, demand.numerator, demand.n) == ({"channel": "web"}, 1, 1)


def test_attempts_are_of_the_window_in_which_they_began(ledger: Ledger) -> None:
    write(
        ledger,
        contact("a", 1, "i", department="sales"),
        missed("a", 10, interaction_id="i"),
        contact("a", 11, "j"),
        missed("a", 12),
    )
    late = only(figures(ledger, "unsupported_demand", since=micros(5))).figure
    assert (late.numerator, late.n) == (1, 2)
    by_month = only(figures(ledger, "unsupported_demand", by=["month"])).figure
    assert (by_month.numerator, by_month.n) == (2, 3)
    kept = only(figures(ledger, "unsupported_demand", where={"department": "sales"})).figure
    assert (kept.numerator, kept.n) == (1, 1)


def test_reasons_are_ranked_and_those_not_told_are_left_out(quick_ledger: Ledger) -> None:
    write(quick_ledger, *(missed(f"c{n}", n, "web", reason) for n, reason in enumerate(("x", "y", "y", "z", None))))
    shares = figures(quick_ledger, "unsupported_reasons", "share")
    assert [(row.figure.by["rank"], row.figure.by["reason"], row.figure.value) for row in shares] == [
        (1, "y", 2 / 4),
        (2, "x", 1 / 4),
        (3, "z", 1 / 4),
    ]
    assert shares[0].figure.excluded == {"no_reason": 1}
    top = figures(quick_ledger, "unsupported_reasons", "count", top=1)
    assert [(row.figure.value, row.figure.n) for row in top] == [(2, 4)]


def test_opportunities_outside_opening_hours_are_told_where_hours_are_known(quick_ledger: Ledger) -> None:
    registry = channels_to_json(channels_from_toml(HOURS))
    url = str(quick_ledger.store.engine.url)
    define(url, {"channels": registry})
    with Ledger.open(url) as ledger:
        write(
            ledger,
            missed("a", 0 + 9 * HOUR, "phone"),  # Monday, 2024-01-01, 09:00 UTC
            missed("a", 0 + 17.5 * HOUR, "phone", "late"),
            missed("a", 0 + 18 * HOUR, "phone", "late"),
            missed("a", 5.5, "phone"),  # Saturday
            missed("a", 0.5, "web"),
            missed("a", 0.5, "phone", time_precision="date", occurred_at="2024-01-01"),
        )
        figure = only(figures(ledger, "out_of_hours")).figure
        assert (figure.value, figure.n, figure.excluded) == (2 / 4, 4, {"unknown_hours": 2})
        assert values(figures(ledger, "out_of_hours", by=["reason"]), "reason") == {"late": 1 / 2, "unknown": 1 / 2}
        # An hour ahead, half past five is after closing.
        assert only(figures(ledger, "out_of_hours", zone="Europe/Berlin")).figure.numerator == 3


def test_without_opportunities_nothing_is_divided(ledger: Ledger) -> None:
    write(ledger, told("page.viewed", "a", 1))
    assert only(figures(ledger, "unsupported")).figure.value == 0
    for name in ("unsupported_demand", "out_of_hours"):
        assert [(row.figure.value, row.figure.n) for row in figures(ledger, name)] == [(None, 0)]
    assert figures(ledger, "channel_coverage") == []
    assert figures(ledger, "unsupported_reasons") == []
    assert values(figures(ledger, "unsupported_customers", "share")) == {(): None}


def test_opportunities_are_split_by_the_segment_of_their_time(quick_ledger: Ledger) -> None:
    write(
        quick_ledger,
        told("customer.segment_assigned", "a", 0, data_scheme="tier", data_segment="gold"),
        contact("a", 1, "i"),
        told("customer.segment_assigned", "a", 2, data_scheme="tier", data_segment="basic"),
        missed("a", 3, interaction_id="i"),
        missed("a", 4),
    )
    demand = figures(quick_ledger, "unsupported_demand", by=["segment:tier"])
    assert values(demand, "segment:tier") == {"gold": 1.0, "basic": 1.0}
    assert values(figures(quick_ledger, "unsupported", by=["segment:tier"]), "segment:tier") == {"basic": 2}
